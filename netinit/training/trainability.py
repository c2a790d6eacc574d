"""Which networks train: a grid of optimizers, depths and weight scales, many networks per cell."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from os import PathLike

import numpy as np
import numpy.typing as npt

from netinit import activations
from netinit._checks import arguments, arrays
from netinit.activations import Activation
from netinit.datasets import Dataset
from netinit.initializers import variance_scaling
from netinit.network import MLP, Network, init_mlp
from netinit.network.protocol import check_network
from netinit.training.loop import train
from netinit.training.optimizers import Optimizer

Array = npt.NDArray[np.floating]
Draw = Callable[[int, float, list[int]], Network]


@dataclass(frozen=True, eq=False)
class TrainabilityMap:
    """Learning curves over a grid of optimizers, depths and weight scales.

    Parameters
    ----------
    optimizers : list of str
        Their names.
    hidden_layers : integer array of shape (depths,)
    gains : array of shape (gains,)
        Standard deviation of the weights times sqrt(fan_in); He is sqrt(2).
    steps : integer array of shape (evaluations,)
        Updates made before each evaluation.
    loss, accuracy : float32 arrays of shape (optimizers, depths, gains, networks, evaluations)
        Training loss and test accuracy; NaN once the loss was not finite.
    """

    optimizers: list[str]
    hidden_layers: npt.NDArray[np.integer]
    gains: Array
    steps: npt.NDArray[np.integer]
    loss: npt.NDArray[np.float32]
    accuracy: npt.NDArray[np.float32]

    def save(self, path: str | PathLike) -> None:
        """Write a compressed ``.npz``: the same bytes for the same map."""
        np.savez_compressed(path, **asdict(self))

    @classmethod
    def load(cls, path: str | PathLike) -> "TrainabilityMap":
        """Read what `save` wrote."""
        with np.load(path) as stored:
            fields = dict(stored)
        return cls(**fields | {"optimizers": fields["optimizers"].tolist()})


def trainability_map(
    data: Dataset,
    *,
    optimizers: Mapping[str, Optimizer],
    hidden_layers: Sequence[int],
    gains: npt.ArrayLike,
    networks: int,
    rng: arguments.Seed,
    draw: Draw | None = None,
    activation: str | Activation = "relu",
    width: int = 64,
    steps: int = 300,
    batch_size: int = 32,
    evaluate_every: int = 25,
) -> TrainabilityMap:
    """Train the networks of every cell of a grid, the networks of one cell together.

    All cells start from the same standard normal draws, times their own scale, and see the
    examples in the same orders, one each; the first networks are the same whatever `networks`.

    The cells go through ``joblib.Parallel``, so the caller chooses where they run: here one after
    the other; inside ``joblib.parallel_config(n_jobs=-1)`` on all processors; inside
    ``joblib.parallel_config(backend="dask")`` on the cluster of the current Dask client.

    Parameters
    ----------
    data : Dataset
    optimizers : mapping of names to SGD, Momentum or Adam
    hidden_layers : sequence of int
    gains : array of shape (gains,)
        Of all weights, the last layer's too: variance gain^2 / fan_in; He is sqrt(2).
    networks : int
        Networks per cell.
    rng : seed or Generator
        Of the weights and of the order of the examples.
    draw : callable
        Other networks than perceptrons: ``draw(depth, gain, seeds)`` gives the stack of networks
        of one cell, one for each of the seeds; `hidden_layers` then is whatever it takes for depth.
    activation, width
        Of the perceptrons, where `draw` is not given.

    Examples
    --------
    >>> from netinit.datasets import moons
    >>> from netinit.training import SGD
    >>> grid = {"optimizers": {"sgd": SGD(0.1)}, "hidden_layers": [1, 2], "gains": [0.5, 1.4]}
    >>> found = trainability_map(moons(64, rng=0), **grid, networks=3, steps=50, rng=1)
    >>> found.accuracy.shape, found.steps
    ((1, 2, 2, 3, 3), array([ 0, 25, 50]))
    """
    from joblib import Parallel, delayed

    names, depths = list(optimizers), _depths(hidden_layers)
    if not names:
        raise ValueError("optimizers must name at least one")
    gains = arrays.nonnegative(gains, "gains")
    if gains.ndim != 1 or not gains.size:
        raise ValueError(f"gains must be a row of numbers, at least one, not {gains!r}")
    networks = arguments.positive(networks, "networks")
    if draw is None:
        classes = 1 + max(int(data.y_train.max()), int(data.y_test.max()))
        record, inputs = activations.get(activation), data.x_train.shape[1]
        draw = partial(_perceptrons, activation=record, inputs=inputs, width=width, classes=classes)
    elif not callable(draw):
        raise TypeError(f"draw must be a callable (depth, gain, seeds), not {draw!r}")
    seeds = arguments.generator(rng).integers(2**63, size=(networks, 2))
    budget = {"steps": steps, "batch_size": batch_size, "evaluate_every": evaluate_every}
    cell = partial(_cell, data, seeds, draw, **budget)
    jobs = [
        delayed(cell)(optimizer, int(depth), float(gain))
        for optimizer in optimizers.values()
        for depth in depths
        for gain in gains
    ]
    results = Parallel()(jobs)
    curves = np.stack([curve for _, curve in results])
    curves = curves.reshape(len(names), len(depths), len(gains), *curves.shape[1:])
    loss, accuracy = curves[..., 0, :, :], curves[..., 1, :, :]
    return TrainabilityMap(names, depths, gains, results[0][0], loss, accuracy)


def _cell(
    data: Dataset,
    seeds: npt.NDArray[np.integer],
    draw: Draw,
    optimizer: Optimizer,
    depth: int,
    gain: float,
    **budget: int,
) -> tuple[npt.NDArray[np.integer], npt.NDArray[np.float32]]:
    """Steps of the evaluations, and (2, networks, evaluations) losses and test accuracies."""
    nets = draw(depth, gain, seeds[:, 0].tolist())
    check_network(nets)
    if nets.stack_shape != (len(seeds),):
        raise ValueError(f"draw must give one network a seed, {len(seeds)}, not {nets.stack_shape}")
    history = train(
        nets, data.x_train, data.y_train, optimizer=optimizer, rng=list(seeds[:, 1]),
        x_test=data.x_test, y_test=data.y_test, **budget,
    )  # fmt: skip
    return history.steps, np.stack([history.loss, history.accuracy]).astype(np.float32)


def _perceptrons(
    depth: int,
    gain: float,
    seeds: list[int],
    *,
    activation: Activation,
    inputs: int,
    width: int,
    classes: int,
) -> MLP:
    """Perceptrons of so many hidden layers, all weights of variance gain^2 / fan_in."""
    widths, scheme = [inputs, *[width] * depth, classes], partial(variance_scaling, scale=gain**2)
    return init_mlp(widths, scheme, activation=activation, seeds=seeds)


def _depths(hidden_layers: Sequence[int]) -> npt.NDArray[np.integer]:
    depths = [arguments.size(depth, "each of hidden_layers") for depth in hidden_layers]
    if not depths:
        raise ValueError("hidden_layers must name at least one depth")
    return np.array(depths)
