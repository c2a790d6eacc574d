"""The coordinate check: how far the first steps move each signal, by the width of the network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments
from netinit.network.protocol import Network, check_network
from netinit.training.loop import train
from netinit.training.optimizers import Optimizer

__all__ = ["CoordinateCheck", "coordinate_check", "movement"]

Array = npt.NDArray[np.floating]
Optimizers = Optimizer | Mapping[str, Optimizer]


@dataclass(frozen=True, eq=False)
class CoordinateCheck:
    """How far each signal moved in networks of several widths.

    Parameters
    ----------
    widths : integer array of shape (widths,)
    movement : dict of arrays of shape (widths, *stack)
        Of each signal, by its name: the root mean square of its change; see `movement`.
    """

    widths: npt.NDArray[np.integer]
    movement: dict[str, Array]

    @property
    def slopes(self) -> dict[str, Array]:
        """The power of the width in each movement, shape (*stack,): fitted to the logarithms.

        0 where the width does not matter, 1 where twice the width moves the signal twice as far.
        Not finite where a signal does not move, or training diverged, at some width.
        """
        centered = np.log(self.widths) - np.log(self.widths).mean()
        weights = centered / np.square(centered).sum()
        with np.errstate(divide="ignore", invalid="ignore"):
            return {name: np.tensordot(weights, np.log(m), 1) for name, m in self.movement.items()}


def movement(
    net: Network,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    optimizer: Optimizers,
    steps: int = 1,
    loss: str = "softmax_cross_entropy",
) -> dict[str, Array]:
    """How far the first steps of training move each signal of a network.

    Parameters
    ----------
    net : network, or a stack of networks
        It is not changed.
    x, y : arrays
        One batch, as `train` takes it: all steps are on the whole of it.
    optimizer, loss
        As `train` takes them.
    steps : int

    Returns
    -------
    dict of arrays of shape (*stack,)
        For each signal of ``net.forward(x).named``, the root mean square of its change over the
        batch and its units; NaN where the training diverged.
    """
    check_network(net)
    settings = {"optimizer": optimizer, "steps": steps, "loss": loss, "rng": 0}
    history = train(
        net, x, y, batch_size=len(np.asarray(x)), evaluate_every=max(steps, 1), **settings
    )
    before = net.forward(x).named
    with np.errstate(all="ignore"):
        after = history.net.forward(x).named
    axes = len(net.stack_shape)
    return {
        name: np.where(history.diverged, np.nan, _root_mean_square(after[name], signal, axes))
        for name, signal in before.items()
    }


def coordinate_check(
    build: Callable[[int], tuple[Network, Optimizers]],
    widths: Sequence[int],
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    steps: int = 1,
    loss: str = "softmax_cross_entropy",
) -> CoordinateCheck:
    """How far the first steps move each signal, in networks of several widths.

    The test of a parametrization that Yang et al. (2022) call the coordinate check: under maximal
    update the movement of every signal keeps its size as the width grows.

    Parameters
    ----------
    build : callable
        From a width to a network (or a stack) of that width and the optimizer to train it with:
        one for all parameters, or a mapping of their names to optimizers. The networks must have
        signals of the same names.
    widths : sequence of int
        Two or more different ones.
    x, y, steps, loss
        As `movement` takes them.

    Examples
    --------
    >>> from netinit.network import init_mlp
    >>> from netinit.training import SGD
    >>> x = np.random.default_rng(0).standard_normal((32, 8))
    >>> def build(width):
    ...     return init_mlp([8, width, 2], "lecun_normal", seeds=range(5)), SGD(0.01)
    >>> check = coordinate_check(build, [64, 256, 1024], x, (x[:, 0] > 0).astype(int))
    >>> {name: float(np.median(slope).round(1)) for name, slope in check.slopes.items()}
    {'h1': -0.5, 'a1': -0.5, 'h2': 0.9}
    """
    sizes = [arguments.positive(width, "widths") for width in widths]
    if len(set(sizes)) != len(sizes) or len(sizes) < 2:
        raise ValueError(f"widths must be two or more different sizes, not {list(widths)}")
    moved = []
    for width in sizes:
        net, optimizer = build(width)
        moved.append(movement(net, x, y, optimizer=optimizer, steps=steps, loss=loss))
    if any(set(each) != set(moved[0]) for each in moved):
        raise ValueError("build must return networks with signals of the same names at every width")
    return CoordinateCheck(
        np.array(sizes), {name: np.stack([each[name] for each in moved]) for name in moved[0]}
    )


def _root_mean_square(after: Array, before: Array, stack_axes: int) -> Array:
    """Of the difference, over all axes that do not number networks."""
    with np.errstate(all="ignore"):
        change = np.asarray(after, float) - np.asarray(before, float)
        return np.sqrt(np.square(change).mean(axis=tuple(range(stack_axes, change.ndim))))
