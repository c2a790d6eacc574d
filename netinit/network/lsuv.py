"""Layer-sequential unit variance: weights that a batch of data has scaled, layer by layer.

The rule of Mishkin and Matas (2016): draw orthonormal weights; then for each layer, from the
bottom up, divide the weight by the standard deviation of the layer's output on the batch until the
output's variance is 1 within a tolerance, at most a number of times.

Three things to know beside the paper. The orthonormal weights are Haar's. A layer that misses the
tolerance after its last division is an error here; the paper goes on. And only weights change, as
in the paper; the authors' code for PyTorch also shifts the biases to mean 0.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments, dtypes
from netinit._checks.arguments import Seed, Shape
from netinit.activations import Activation
from netinit.initializers import orthogonal
from netinit.network.drawing import init_mlp
from netinit.network.mlp import MLP
from netinit.network.protocol import Net, check_network

Array = npt.NDArray[np.floating]
Forward = Callable[[list[Array]], Iterable[npt.ArrayLike]]


def lsuv(
    shapes: Sequence[Shape],
    forward: Forward,
    *,
    tolerance: float = 0.1,
    max_steps: int = 10,
    rng: Seed,
    dtype: npt.DTypeLike = np.float32,
) -> list[Array]:
    """Weights under which every layer's output has variance 1 on the caller's data.

    W <- W / sqrt(Var h), layer by layer, from orthonormal W (Mishkin and Matas, 2016).

    Parameters
    ----------
    shapes : sequence of shapes
        Of the weights, from the bottom up, each (fan_out, fan_in) or (out, in, *kernel).
    forward : callable
        From the list of weights to the layers' outputs on a batch, in the same order, before or
        after the activation. A generator is read no further than it must.
    tolerance : float
        How far a variance may be from 1.
    max_steps : int
        Divisions of one weight, at most. One is enough for a layer without biases whose output
        is taken before the activation.
    rng : seed or Generator
        Of the orthonormal weights.

    Returns
    -------
    list of arrays
        The weights.

    Raises
    ------
    ValueError
        If an output is constant or not finite, or there are too few of them.
    RuntimeError
        If a layer does not come to variance 1.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(2.0, 3.0, (500, 8))
    >>> (weight,) = lsuv([(4, 8)], lambda weights: [x @ weights[0].T], rng=0, dtype=np.float64)
    >>> round(float((x @ weight.T).var()), 6)
    1.0
    """
    if not callable(forward):
        raise TypeError(f"forward must be a callable of the list of weights, not {forward!r}")
    limits = _checked_limits(tolerance, max_steps)
    rng = arguments.generator(rng)
    if isinstance(shapes, str) or not np.iterable(shapes):
        raise TypeError(f"shapes must be a sequence of shapes, one per weight, not {shapes!r}")
    weights = [orthogonal(shape, rng=rng, dtype=dtype) for shape in shapes]
    for layer in range(len(weights)):
        _rescale(weights, layer, forward, *limits)
    return weights


def lsuv_mlp(
    widths: Sequence[int],
    x: npt.ArrayLike,
    *,
    activation: str | Activation = "relu",
    tolerance: float = 0.1,
    max_steps: int = 10,
    rng: Seed,
    dtype: npt.DTypeLike = np.float32,
) -> MLP:
    """A network whose pre-activations all have variance 1 on a batch; its biases are zero.

    Parameters
    ----------
    widths : sequence of int
        Number of inputs, then of units in each layer.
    x : array of shape (batch, widths[0])
        The batch, on the scale that training will see.
    activation, tolerance, max_steps, rng, dtype
        As for `init_mlp` and `lsuv`.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(5.0, 3.0, (100, 16))
    >>> net = lsuv_mlp([16, 32, 32, 4], x, activation="tanh", tolerance=1e-3, rng=0)
    >>> [round(float(h.var()), 2) for h in net.forward(x).preactivations]
    [1.0, 1.0, 1.0]
    """
    net = init_mlp(widths, "orthogonal", activation=activation, rng=rng, dtype=dtype)
    return lsuv_network(net, x, tolerance=tolerance, max_steps=max_steps)


def lsuv_network(net: Net, x: npt.ArrayLike, *, tolerance: float = 0.1, max_steps: int = 10) -> Net:
    """Any network, its weights divided until every signal they make has variance 1 on a batch.

    Which signal a weight makes is said by ``net.weight_signals``; other parameters stay as they
    are. The paper starts from orthonormal weights: draw the network with "orthogonal".

    Parameters
    ----------
    net : network
        One network, not a stack.
    x : array of shape (batch, ...)
        The batch, on the scale that training will see.
    tolerance, max_steps
        As for `lsuv`.

    Examples
    --------
    >>> from netinit.network import init_network
    >>> from netinit.network.layers import Dense, Residual
    >>> layers = [Residual([Dense(8, 8), "relu", Dense(8, 8)]), Dense(8, 3)]
    >>> x = np.random.default_rng(0).normal(2.0, 3.0, (50, 8))
    >>> net = lsuv_network(init_network(layers, "orthogonal", rng=0), x, tolerance=1e-3)
    >>> [round(float(net.forward(x).named[name].var()), 2) for name in ("0.branch.0", "1")]
    [1.0, 1.0]
    """
    check_network(net)
    if net.stack_shape:
        raise ValueError("lsuv_network takes one network, not a stack")
    x, made = net.check_inputs(x), net.weight_signals
    if not x.size:
        raise ValueError(f"x must be a batch of at least one example, not empty: {x.shape}")
    if not made:
        raise ValueError("this network has no weight that makes a signal of its own")
    found = dict(net.parameters)

    def forward(weights: list[Array]) -> Iterator[Array]:
        signals = net.replace(found | dict(zip(made, weights, strict=True))).forward(x).named
        return (signals[name] for name in made.values())

    checked = _checked_limits(tolerance, max_steps)
    weights = [found[name] for name in made]
    for layer in range(len(weights)):
        _rescale(weights, layer, forward, *checked)
    return net.replace(found | dict(zip(made, weights, strict=True)))


def _checked_limits(tolerance: float, max_steps: int) -> tuple[float, int]:
    tolerance = arguments.real_number(tolerance, "tolerance", at_least=0)
    return tolerance, arguments.positive(max_steps, "max_steps")


def _rescale(
    weights: list[Array], layer: int, forward: Forward, tolerance: float, max_steps: int
) -> None:
    """Divide one weight, in its place in the list, until its layer's output has variance 1."""
    variance = _variance(weights, layer, forward)
    for _ in range(max_steps):
        if abs(variance - 1) <= tolerance:
            return
        weights[layer] = weights[layer] / weights[layer].dtype.type(np.sqrt(variance))
        variance = _variance(weights, layer, forward)
    if abs(variance - 1) > tolerance:
        raise RuntimeError(
            f"the output of layer {layer + 1} has variance {variance:.3g} after {max_steps} "
            f"divisions, not 1 within {tolerance:g}: allow more steps or a wider tolerance"
        )


def _variance(weights: list[Array], layer: int, forward: Forward) -> float:
    """Variance of a layer's output over batch and units, which must be positive and finite."""
    outputs = forward(list(weights))
    if isinstance(outputs, np.ndarray) or hasattr(outputs, "__array__"):
        raise TypeError(
            "forward must give the layers' outputs in a list, one array for each weight; it gave "
            "one array"
        )
    if not np.iterable(outputs):
        raise TypeError(f"forward must give the layers' outputs in a sequence, not {outputs!r}")
    found = list(itertools.islice(outputs, layer, layer + 1))
    if not found:
        raise ValueError(
            f"forward must give an output for each of the {len(weights)} weights, not {layer}"
        )
    output = _wide(found[0])
    with np.errstate(all="ignore"):  # what is not finite is told below
        variance = float(np.var(output)) if output.size else 0.0
    if not np.isfinite(variance) or variance == 0:
        raise ValueError(
            f"the output of layer {layer + 1} has variance {variance} on this batch: it must vary, "
            "and be finite"
        )
    return variance


def _wide(output: npt.ArrayLike) -> npt.NDArray:
    """An output in float64, or complex128, whose variance is E|h - mean|^2."""
    array = np.asarray(output)
    if array.dtype.kind == "c":
        return array.astype(np.complex128)
    if array.dtype.kind not in "iu":
        dtypes.of_weights(array.dtype, "the dtype of each output of forward")
    return array.astype(np.float64)
