"""The laws that the weights of a Keras model were drawn from."""

from __future__ import annotations

import math
from collections.abc import Iterator

import keras
import numpy as np
from keras import layers as kinds

from netinit.initializers.fans import Fans
from netinit.initializers.fans import fans as fans_of_shape
from netinit.reading import judgment, tables
from netinit.reading.arrays import laws_of, units_first, values_of
from netinit.reading.law import Law
from netinit.reporting.findings import Finding, found
from netinit.reporting.report import Report

__all__ = ["laws", "laws_by_name"]

NORMS = (
    *(kinds.BatchNormalization, kinds.LayerNormalization, kinds.GroupNormalization),
    *(kinds.RMSNormalization, kinds.UnitNormalization),
)
_GATES = {"LSTMCell": 4, "GRUCell": 3, "SimpleRNNCell": 1}
_TRANSPOSED = (kinds.Conv1DTranspose, kinds.Conv2DTranspose, kinds.Conv3DTranspose)
_DEPTHWISE = (kinds.DepthwiseConv1D, kinds.DepthwiseConv2D)
_SEPARABLE = (kinds.SeparableConv1D, kinds.SeparableConv2D)
_CONVOLUTIONS = (kinds.Conv1D, kinds.Conv2D, kinds.Conv3D, *_TRANSPOSED, *_DEPTHWISE, *_SEPARABLE)


class Weights:
    """What is known of the trainable weights of a model, by their paths.

    Attributes
    ----------
    arrays : dict of str to ndarray
        The units along axis 0, as in PyTorch.
    variables : dict of str to keras.Variable
    shapes : dict of str to tuple
        In Keras's own order of axes.
    dtypes : dict of str to str
    fans, assumed : dict of str to Fans
        The true ones, None where there is no fan; and those that Keras counts.
    owners : dict of str to Layer
    unbuilt : list of str
        Layers that have no weights yet.
    """

    def __init__(self, model: keras.Model) -> None:
        if not isinstance(model, keras.Layer):
            raise TypeError(f"model must be a keras.Model, not {type(model).__name__}")
        self.arrays: dict[str, np.ndarray] = {}
        self.variables: dict[str, keras.Variable] = {}
        self.fans: dict[str, Fans | None] = {}
        self.assumed: dict[str, Fans] = {}
        self.owners: dict[str, keras.Layer] = {}
        self.unbuilt: list[str] = []
        everything = list(_layers(model))
        self.normed = any(isinstance(layer, NORMS) for layer in everything)
        for layer in everything:
            if not layer.built:
                self.unbuilt.append(layer.path or layer.name)
            for variable in _own(layer):
                self._add(layer, variable)
        self.shapes = {name: tuple(v.shape) for name, v in self.variables.items()}
        self.dtypes = {name: str(v.dtype) for name, v in self.variables.items()}

    def _add(self, layer: keras.Layer, variable: keras.Variable) -> None:
        name = variable.path
        if name in self.variables:  # a layer that is used in two places
            return
        values = values_of(array_of(variable))
        if "bias" in variable.name:  # that of several heads has an axis for them
            values = values.reshape(-1)
        if values.ndim >= 2:
            self.assumed[name] = _counted(values.shape)
            values, options = _in_order(values, layer, variable.name)
            self.fans[name] = None if options is None else fans_of_shape(values.shape, **options)
        self.arrays[name], self.variables[name], self.owners[name] = values, variable, layer


def array_of(tensor: object) -> np.ndarray:
    """The values of a variable, or of a tensor of the backend."""
    value = tensor.value if isinstance(tensor, keras.Variable) else tensor
    if hasattr(value, "detach"):  # Keras's own way to NumPy warns with PyTorch and a new NumPy
        value = value.detach().cpu()
        value = value.float() if str(value.dtype) == "torch.bfloat16" else value
        return value.numpy()
    return np.asarray(value)


def _layers(layer: keras.Layer) -> Iterator[keras.Layer]:
    yield layer
    for inner in layer._layers:
        yield from _layers(inner)


def _own(layer: keras.Layer) -> list[keras.Variable]:
    """The trainable variables that a layer holds itself."""
    inside = {id(v) for inner in layer._layers for v in inner.trainable_variables}
    real = [v for v in layer.trainable_variables if keras.backend.is_float_dtype(v.dtype)]
    return [variable for variable in real if id(variable) not in inside]


def _in_order(kernel: np.ndarray, layer: keras.Layer, name: str) -> tuple[np.ndarray, dict | None]:
    """The kernel in PyTorch's order of axes, and the keywords of `netinit.fans`; None for none."""
    if isinstance(layer, kinds.Embedding):
        return kernel, None
    if isinstance(layer, kinds.EinsumDense):
        return _einsum(kernel, layer.equation)
    if type(layer).__name__ in _GATES:
        return units_first(kernel), {"splits": _GATES[type(layer).__name__]}
    if isinstance(layer, _CONVOLUTIONS):
        return _convolution(kernel, layer, name)
    return units_first(kernel), {}


def _convolution(kernel: np.ndarray, layer: keras.Layer, name: str) -> tuple[np.ndarray, dict]:
    strides = layer.strides if isinstance(layer.strides, tuple) else (layer.strides,)
    options: dict = {"stride": strides} if max(strides) > 1 else {}
    if isinstance(layer, _TRANSPOSED):  # (..., outputs, inputs)
        return units_first(kernel), options | {"transposed": True}
    if name == "pointwise_kernel":
        return units_first(kernel), {}
    if isinstance(layer, (*_DEPTHWISE, *_SEPARABLE)):  # (..., channels, multiplier)
        channels = kernel.shape[-2]
        turned = kernel.reshape(*kernel.shape[:-2], 1, -1)
        return units_first(turned), options | {"groups": channels}
    return units_first(kernel), options | {"groups": layer.groups}


def _einsum(kernel: np.ndarray, equation: str) -> tuple[np.ndarray, dict | None]:
    """The kernel of an EinsumDense as a matrix: made letters by summed ones."""
    given, _, result = equation.replace(" ", "").partition("->")
    data, letters = given.split(",")
    summed = [i for i, letter in enumerate(letters) if letter not in result]
    made = [i for i, letter in enumerate(letters) if letter in result and letter not in data]
    if len(summed) + len(made) < len(letters):  # a matrix for each entry of a batch
        return kernel, None
    rows = math.prod(kernel.shape[i] for i in made)
    return kernel.transpose(*made, *summed).reshape(rows, -1), {}


def _counted(shape: tuple[int, ...]) -> Fans:
    """The fans as Keras counts them: the last two axes times the others."""
    taps = math.prod(shape[:-2])
    return Fans(shape[-2] * taps, shape[-1] * taps)


def laws_by_name(model: keras.Model) -> dict[str, Law]:
    """The law of each trainable weight of a model, by its path in Keras.

    Parameters
    ----------
    model : keras.Model or keras.Layer

    Raises
    ------
    TypeError
        If it is neither.
    """
    known = Weights(model)
    return laws_of(known.arrays, known.fans, known.dtypes)


def laws(model: keras.Model) -> Report:
    """Which law each trainable weight of a model was drawn from, and what is wrong with its values.

    A layer that is not built has no weights yet, and is found NEVER-WRITTEN.

    Parameters
    ----------
    model : keras.Model or keras.Layer

    Raises
    ------
    TypeError
        If it is neither.

    Examples
    --------
    >>> keras.utils.set_random_seed(0)
    >>> model = keras.Sequential([keras.Input((256,)), kinds.Dense(400, name="hidden")], name="m")
    >>> laws(model)["m/hidden/kernel"]["law"]
    'uniform, std 0.0552, variance 2/(fan_in + fan_out) with fan_in 256 and fan_out 400: Xavier'
    """
    known = Weights(model)
    read = laws_of(known.arrays, known.fans, known.dtypes)
    return tables.laws(known.shapes, read, findings_of(known, read))


def findings_of(known: Weights, read: dict[str, Law]) -> list[Finding]:
    """What is wrong with the values, whatever the model does with them."""
    shapes = {name: values.shape for name, values in known.arrays.items()}
    # Where fans are counted of the whole product, as of several heads, Keras's are not its own.
    convention = judgment.Convention("keras.initializers", "Xavier", "", "", known.assumed)
    said = judgment.findings(
        known.arrays, shapes, read, known.fans, normed=known.normed, convention=convention
    )
    return [*_unbuilt(known.unbuilt), *said]


def _unbuilt(names: list[str]) -> list[Finding]:
    if not names:
        return []
    return [
        found(
            "NEVER-WRITTEN",
            names[0],
            "a layer that is not built",
            "weights",
            "Its weights are made, and drawn, when it first sees an input or is built.",
            "model.build(input_shape), or call it on a batch, then look again",
            count=len(names),
            names=names,
        )
    ]
