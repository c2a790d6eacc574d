"""The laws that the parameters of a Flax model were drawn from."""

from __future__ import annotations

import math
from collections.abc import Iterator

import jax
import numpy as np
from flax import nnx

from netinit.initializers.fans import Fans
from netinit.initializers.fans import fans as fans_of_shape
from netinit.reading import judgment, tables
from netinit.reading.arrays import laws_of, units_first, values_of
from netinit.reading.law import Law
from netinit.reporting.findings import Finding, found
from netinit.reporting.report import Report

__all__ = ["laws", "laws_by_name"]

NORMS = (nnx.BatchNorm, nnx.LayerNorm, nnx.RMSNorm, nnx.GroupNorm, nnx.InstanceNorm)
# The layers of a cell whose outputs are those of several gates side by side.
_GATES = {nnx.OptimizedLSTMCell: 4, nnx.GRUCell: 3}


class Parameters:
    """What is known of the parameters of a model, by name.

    Attributes
    ----------
    arrays : dict of str to ndarray
        Those with values, the units along axis 0, as in PyTorch.
    shapes : dict of str to tuple
        In Flax's own order of axes, of all.
    dtypes : dict of str to str
    fans, assumed : dict of str to Fans
        The true ones, None where there is no fan; and those that Flax counts.
    abstract : list of str
        Those without values.
    """

    def __init__(self, model: nnx.Module) -> None:
        if not isinstance(model, nnx.Module):
            raise TypeError(f"model must be a flax.nnx.Module, not {type(model).__name__}")
        self.arrays: dict[str, np.ndarray] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.dtypes: dict[str, str] = {}
        self.fans: dict[str, Fans | None] = {}
        self.assumed: dict[str, Fans] = {}
        self.abstract: list[str] = []
        owners = {path: module for path, module in nnx.iter_modules(model)}
        self.normed = any(isinstance(module, NORMS) for module in owners.values())
        for path, value in parameters(model):
            self._add(path, value, owners.get(path[:-1]), owners.get(path[:-2]))

    def _add(
        self, path: tuple, value: object, owner: nnx.Module | None, above: nnx.Module | None
    ) -> None:
        name = dotted(path)
        self.shapes[name], self.dtypes[name] = tuple(value.shape), str(value.dtype)
        if isinstance(value, jax.ShapeDtypeStruct):
            self.abstract.append(name)
            return
        values = values_of(value)
        if path[-1] == "bias":  # that of several heads has an axis for them
            values = values.reshape(-1)
        if values.ndim >= 2:
            values, options = _in_order(values, owner)
            if options is not None:
                gates = next((n for kind, n in _GATES.items() if isinstance(above, kind)), 1)
                options |= {"splits": gates} if gates > 1 else {}
                self.fans[name] = fans_of_shape(values.shape, **options)
                self.assumed[name] = _counted(values.shape, options)
            else:
                self.fans[name] = None
        self.arrays[name] = values


def parameters(model: nnx.Module) -> Iterator[tuple[tuple, object]]:
    """The path and the array of each parameter of real or complex numbers."""
    for path, variable in nnx.to_flat_state(nnx.state(model, nnx.Param)):
        value = variable.get_value()
        if hasattr(value, "dtype") and jax.numpy.issubdtype(value.dtype, jax.numpy.inexact):
            yield path, value


def dotted(path: tuple) -> str:
    """A path as a name: ``layers.0.kernel``."""
    return ".".join(map(str, path))


def _in_order(kernel: np.ndarray, owner: nnx.Module | None) -> tuple[np.ndarray, dict | None]:
    """The kernel in PyTorch's order of axes, and the keywords of `netinit.fans`; None for none."""
    if isinstance(owner, nnx.Embed):
        return kernel, None
    if isinstance(owner, nnx.LinearGeneral):
        axes = owner.axis if isinstance(owner.axis, tuple) else (owner.axis,)
        if getattr(owner, "batch_axis", None):
            return kernel, None
        inputs = math.prod(kernel.shape[: len(axes)])
        return kernel.reshape(inputs, -1).T, {}
    if isinstance(owner, nnx.Conv):
        groups, strides = owner.feature_group_count, owner.strides
        return units_first(kernel), {"groups": groups} | _stride(strides, kernel.ndim - 2)
    if isinstance(owner, nnx.ConvTranspose):
        turned = kernel if owner.transpose_kernel else np.swapaxes(kernel, -1, -2)
        options = {"transposed": True} | _stride(owner.strides, kernel.ndim - 2)
        return units_first(turned), options
    if isinstance(owner, nnx.Einsum):
        return kernel, None
    return units_first(kernel), {}


def _stride(strides: int | tuple[int, ...] | None, axes: int) -> dict:
    given = strides if isinstance(strides, tuple) else (strides or 1,) * axes
    return {"stride": given} if max(given, default=1) > 1 else {}


def _counted(shape: tuple[int, ...], options: dict) -> Fans:
    """The fans as `jax.nn.initializers` counts them: inputs and outputs times the kernel."""
    taps = math.prod(shape[2:])
    inputs, outputs = shape[1] * taps, shape[0] * taps
    return Fans(outputs, inputs) if options.get("transposed") else Fans(inputs, outputs)


def laws_by_name(model: nnx.Module) -> dict[str, Law]:
    """The law of each parameter of a model, by its path with dots.

    Parameters
    ----------
    model : flax.nnx.Module
        It may be abstract, as `nnx.eval_shape` makes it: those parameters have no values.

    Raises
    ------
    TypeError
        If the model is no module of Flax NNX.
    """
    return _read(Parameters(model))


def _read(known: Parameters) -> dict[str, Law]:
    read = laws_of(known.arrays, known.fans, known.dtypes)
    return {
        name: read.get(name) or Law("meta", math.prod(shape))
        for name, shape in known.shapes.items()
    }


def laws(model: nnx.Module) -> Report:
    """Which law each parameter of a model was drawn from, and what is wrong with its values.

    A row stands for all parameters whose paths differ by numbers alone, and that have one shape and
    one law. A parameter without values, as in an abstract model, is found NEVER-WRITTEN.

    Parameters
    ----------
    model : flax.nnx.Module

    Raises
    ------
    TypeError
        If the model is no module of Flax NNX.

    Examples
    --------
    >>> report = laws(nnx.Linear(256, 400, rngs=nnx.Rngs(0)))
    >>> report["kernel"]["law"]
    'normal cut at 2 std, std 0.0627, variance 1/fan_in with fan_in 256: LeCun'
    """
    known = Parameters(model)
    read = _read(known)
    return tables.laws(known.shapes, read, findings_of(known, read))


def findings_of(known: Parameters, read: dict[str, Law]) -> list[Finding]:
    """What is wrong with the values, whatever the model does with them."""
    shapes = {name: known.arrays[name].shape for name in known.arrays}
    convention = judgment.Convention("jax.nn.initializers", "LeCun", "", "", known.assumed)
    there = {name: read[name] for name in known.arrays}
    said = judgment.findings(
        known.arrays, shapes, there, known.fans, normed=known.normed, convention=convention
    )
    return [*_never_written(known.abstract), *said]


def _never_written(names: list[str]) -> list[Finding]:
    if not names:
        return []
    return [
        found(
            "NEVER-WRITTEN",
            names[0],
            "a shape without values",
            "values",
            "The model was built abstractly, and nothing gave this parameter its values.",
            "nnx.update(model, state) with the state that was loaded, or build it with nnx.jit",
            count=len(names),
            names=names,
        )
    ]
