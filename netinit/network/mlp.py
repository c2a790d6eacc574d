"""The multilayer perceptron: parameters, forward, backward, on plain arrays.

A layer is ``h = a @ W.T + b``, batch first, with W of shape (fan_out, fan_in). Hidden layers apply
the activation, the last layer is linear. Every array may carry leading stack axes: then many
networks of one shape run together, each exactly as it would alone: bit for bit on every OpenBLAS
kernel for processors since 2008. (Older ones sum a float64 dot product in an order that depends on
its address, so there a layer of one unit on a batch of one may differ in the last digit.)
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netinit import activations
from netinit._checks import arrays, dtypes
from netinit.activations import Activation
from netinit.network.protocol import check_output_gradient

Array = npt.NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Signals:
    """What one forward pass leaves behind.

    Parameters
    ----------
    preactivations : list of L arrays of shape (*stack, batch, width)
        h^1 to h^L.
    activations : list of L arrays
        The input of each layer: a^0 = x to a^(L-1).
    """

    preactivations: list[Array]
    activations: list[Array]

    @property
    def output(self) -> Array:
        """The last layer's h^L, which no activation follows."""
        return self.preactivations[-1]

    @property
    def named(self) -> dict[str, Array]:
        """h1, a1, h2, ...: every signal by its name, in the order of computation."""
        hidden = zip(self.preactivations[:-1], self.activations[1:], strict=True)
        pairs = [
            (f"{letter}{n}", signal)
            for n, two in enumerate(hidden, 1)
            for letter, signal in zip("ha", two, strict=True)
        ]
        return dict([*pairs, (f"h{len(self.preactivations)}", self.output)])

    @property
    def attention(self) -> dict[str, Array]:
        """Empty: a multilayer perceptron has no attention weights."""
        return {}


@dataclass(frozen=True, eq=False)
class Gradients:
    """Gradients of a loss, shaped as what they belong to.

    Parameters
    ----------
    weights, biases : lists of L arrays
        Summed over the batch, as the chain rule has it.
    preactivations : list of L arrays of shape (*stack, batch, width)
        delta^l = dLoss/dh^l, one row per input of the batch.
    inputs : array of shape (*stack, batch, fan_in)
    """

    weights: list[Array]
    biases: list[Array]
    preactivations: list[Array]
    inputs: Array

    @property
    def parameters(self) -> dict[str, Array]:
        """W1, b1, W2, ...: as the network's parameters."""
        return _by_name(self.weights, self.biases)

    @property
    def signals(self) -> dict[str, Array]:
        """h1, h2, ...: with respect to the preactivations."""
        return {f"h{n}": delta for n, delta in enumerate(self.preactivations, 1)}


@dataclass(frozen=True, eq=False)
class MLP:
    """Parameters of a multilayer perceptron, or of a stack of them.

    Parameters
    ----------
    weights : list of L arrays of shape (*stack, fan_out, fan_in)
    biases : list of L arrays of shape (*stack, fan_out)
    activation : str or Activation
        Of the hidden layers.

    Raises
    ------
    ValueError, TypeError
        If the shapes do not follow one another or the dtypes differ.

    Examples
    --------
    >>> net = MLP([np.eye(2), np.ones((1, 2))], [np.zeros(2), np.zeros(1)], "relu")
    >>> net.forward(np.array([[3.0, -4.0]])).output
    array([[3.]])
    """

    weights: list[Array]
    biases: list[Array]
    activation: Activation

    def __post_init__(self) -> None:
        object.__setattr__(self, "activation", activations.get(self.activation))
        object.__setattr__(self, "weights", [np.asarray(w) for w in self.weights])
        object.__setattr__(self, "biases", [np.asarray(b) for b in self.biases])
        _check_parameters(self.weights, self.biases)

    @property
    def depth(self) -> int:
        """Number of weight layers, L."""
        return len(self.weights)

    @property
    def widths(self) -> list[int]:
        """Number of inputs, then of units in each of the L layers."""
        return [self.weights[0].shape[-1], *(w.shape[-2] for w in self.weights)]

    @property
    def stack_shape(self) -> tuple[int, ...]:
        """Shape of the leading axes that number the networks; () for one network."""
        return self.weights[0].shape[:-2]

    @property
    def dtype(self) -> np.dtype:
        """The floating type of every parameter, in which the network computes."""
        return self.weights[0].dtype

    @property
    def parameters(self) -> dict[str, Array]:
        """W1, b1, W2, b2, ...: the same arrays by their names."""
        return _by_name(self.weights, self.biases)

    @property
    def architecture(self) -> str:
        """The activation: all else is in the shapes."""
        return f"a perceptron with {self.activation.name}"

    @property
    def weight_signals(self) -> dict[str, str]:
        """W1 makes h1, and so on."""
        return {f"W{n}": f"h{n}" for n in range(1, self.depth + 1)}

    def replace(self, parameters: Mapping[str, npt.ArrayLike]) -> "MLP":
        """The network with other parameters, all of them, of any one stack shape."""
        if set(parameters) != set(self.parameters):
            wanted = ", ".join(self.parameters)
            raise ValueError(f"parameters must be {wanted}, not {', '.join(parameters)}")
        numbers = range(1, self.depth + 1)
        weights, biases = ([parameters[f"{kind}{n}"] for n in numbers] for kind in "Wb")
        return MLP(weights, biases, self.activation)

    def copy(self) -> "MLP":
        """The same network on arrays of its own."""
        copies = ([p.copy() for p in group] for group in (self.weights, self.biases))
        return MLP(*copies, self.activation)

    def forward(self, x: npt.ArrayLike) -> Signals:
        """All signals for a batch of inputs.

        Parameters
        ----------
        x : array of shape (batch, fan_in), or (*stack, batch, fan_in)
            Without stack axes, every network of the stack sees the same batch.
        """
        signal = self.check_inputs(x)
        preactivations, inputs = [], []
        for weight, bias in zip(self.weights, self.biases, strict=True):
            if preactivations:
                signal = self.activation(preactivations[-1])
            inputs.append(signal)
            preactivations.append(_affine(signal, weight, bias))
        return Signals(preactivations, inputs)

    def __call__(self, x: npt.ArrayLike) -> Array:
        """The output for a batch of inputs, as ``forward(x).output``, keeping nothing else."""
        signal = _affine(self.check_inputs(x), self.weights[0], self.biases[0])
        for weight, bias in zip(self.weights[1:], self.biases[1:], strict=True):
            signal = _affine(self.activation(signal), weight, bias)
        return signal

    def backward(self, signals: Signals, output_gradient: npt.ArrayLike) -> Gradients:
        """Gradients of a loss from its gradient at the output, by the chain rule.

        Parameters
        ----------
        signals : Signals
            Of this network's `forward`.
        output_gradient : array of the shape of ``signals.output``
        """
        delta = check_output_gradient(output_gradient, signals.output)
        deltas = [delta]
        upstream = _times(delta, self.weights[-1])
        for layer in range(self.depth - 2, -1, -1):
            upstream *= self.activation.derivative(signals.preactivations[layer])
            deltas.insert(0, upstream)
            upstream = _times(upstream, self.weights[layer])
        pairs = zip(deltas, signals.activations, strict=True)
        weights = [_times(delta.swapaxes(-1, -2), signal) for delta, signal in pairs]
        return Gradients(weights, [_summed(delta) for delta in deltas], deltas, upstream)

    @property
    def example_axes(self) -> int:
        """One: an example is a row of numbers."""
        return 1

    def check_inputs(self, x: npt.ArrayLike, name: str = "x") -> Array:
        """`x` as (batch, fan_in) or (*stack, batch, fan_in), in the network's dtype."""
        x = arrays.real_array(x, name)
        if (
            x.ndim < 2
            or x.shape[:-2] not in ((), self.stack_shape)
            or x.shape[-1] != self.widths[0]
        ):
            stack = "".join(f"{n}, " for n in self.stack_shape)
            either = f" or ({stack}batch, {self.widths[0]})" if stack else ""
            raise ValueError(f"{name} must be (batch, {self.widths[0]}){either}, not {x.shape}")
        return x.astype(self.dtype, copy=False)


def _by_name(weights: list[Array], biases: list[Array]) -> dict[str, Array]:
    pairs = zip(weights, biases, strict=True)
    return {
        f"{kind}{n}": array
        for n, pair in enumerate(pairs, 1)
        for kind, array in zip("Wb", pair, strict=True)
    }


def _affine(signal: Array, weight: Array, bias: Array) -> Array:
    h = np.matmul(signal, weight.swapaxes(-1, -2))
    h += bias[..., None, :]
    return h.astype(weight.dtype, copy=False)


def _times(a: Array, b: Array) -> Array:
    """The product of matrices in their own dtype; NumPy multiplies bfloat16 in float32."""
    return np.matmul(a, b).astype(a.dtype, copy=False)


def _summed(delta: Array) -> Array:
    """The sum over the batch; that of bfloat16 is taken in float32 and rounded once."""
    wide = np.float32 if dtypes.is_narrow(delta.dtype) else None
    return delta.sum(axis=-2, dtype=wide).astype(delta.dtype, copy=False)


def _check_parameters(weights: list[Array], biases: list[Array]) -> None:
    if not weights or len(weights) != len(biases):
        raise ValueError(
            "a network needs one bias vector per weight matrix, at least one, "
            f"not {len(biases)} for {len(weights)}"
        )
    kinds = sorted({str(p.dtype) for p in [*weights, *biases]})
    if len(kinds) > 1:
        raise TypeError(f"weights and biases must share one floating dtype, not {kinds}")
    dtypes.of_signals(weights[0].dtype, "the dtype of weights and biases")
    stack_shape, fan_in = weights[0].shape[:-2], (weights[0].shape or (0,))[-1]
    for layer, (weight, bias) in enumerate(zip(weights, biases, strict=True), start=1):
        if weight.ndim < 2 or weight.shape[:-2] != stack_shape or weight.shape[-1] != fan_in:
            wanted = f"({''.join(f'{n}, ' for n in stack_shape)}fan_out, {fan_in})"
            raise ValueError(f"the weights of layer {layer} must be {wanted}, not {weight.shape}")
        fan_in = weight.shape[-2]
        if bias.shape != (*stack_shape, fan_in):
            wanted = (*stack_shape, fan_in)
            raise ValueError(f"the biases of layer {layer} must be {wanted}, not {bias.shape}")
