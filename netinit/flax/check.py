"""What one forward and one backward pass show of a Flax model before its first step."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from netinit.flax.laws import NORMS, Parameters, dotted, findings_of
from netinit.flax.laws import parameters as parameters_of
from netinit.judging import batches, signal
from netinit.judging.loss import Constants
from netinit.judging.signal import COLUMNS, Layer, Seen
from netinit.reading.arrays import laws_of
from netinit.reporting.report import Report

__all__ = ["check"]

Loss = Callable[..., jax.Array]
_WEIGHTS = ("kernel", "embedding", "scale")


def check(
    model: nnx.Module, batch: object, *, loss: Loss | None = None, target: object = None
) -> Report:
    """What one forward and one backward pass over a batch say about a model's start.

    It runs on a copy of the model, without dropout and with the statistics of the batch in batch
    normalization; the model itself and its streams of random numbers are not touched.

    Parameters
    ----------
    model : flax.nnx.Module
    batch : array, tuple or mapping
        Real data, as the model takes it: its only argument, a pair (inputs, target), or its
        keywords. At least 32 entries let more be said.
    loss : callable, optional
        ``loss(output, target)``, or ``loss(output)`` without a target; a scalar. By default cross
        entropy of logits for whole-numbered targets, and the mean squared error for others.
    target : array, optional

    Returns
    -------
    Report
        A row for each layer of Flax that ran, with the laws of its kernel; facts about the loss;
        findings. What only steps could decide is a warning. If the model cannot be run, one
        finding, NOT-RUN, says why.

    Raises
    ------
    TypeError
        If the model is no module of Flax NNX, or the loss cannot be called.
    """
    known = Parameters(model)
    if loss is not None and not callable(loss):
        raise TypeError(f"loss must be a function of output and target, not {loss!r}")
    args, keywords, target = batches.split(batch, target)
    reason = _obstacle(known, (args, keywords, target))
    if reason:
        return Report("Check", COLUMNS, [], [batches.not_run(reason)])
    try:
        seen = _examine(model, known, args, keywords, target, loss)
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        reason = f"{type(error).__name__}: {lines[0]}"
        return Report("Check", COLUMNS, [], [batches.not_run(reason)])
    return signal.report(seen)


def _obstacle(known: Parameters, given: object) -> str:
    """What keeps a model from being run, in words; empty if nothing does."""
    if not known.shapes:
        return "the model has no parameter of real numbers"
    if known.abstract:
        return f"{known.abstract[0]} is abstract, without values"
    for leaf in jax.tree.leaves(given):
        values = np.asarray(leaf)
        if np.issubdtype(values.dtype, np.floating) and not np.isfinite(values).all():
            return "the batch has entries that are NaN or infinite"
    return ""


def _examine(
    model: nnx.Module,
    known: Parameters,
    args: tuple,
    keywords: dict,
    target: object,
    loss: Loss | None,
) -> Seen:
    layers, output = _run(_copy(model), args, keywords)
    of_output = _loss_of(loss, output, target)
    laws = laws_of(known.arrays, known.fans, known.dtypes)
    first, gradients, constants = None, {}, None
    if of_output is not None:
        first, gradients = _gradients(model, args, keywords, of_output)
        constants = _constants(of_output, output, target)
    weights = {dotted(path): np.asarray(value) for path, value in parameters_of(model)}
    said = findings_of(known, laws)
    return Seen(
        layers, np.asarray(output, np.float32), first, constants, weights, gradients, laws,
        known.fans, said,
    )  # fmt: skip


def _copy(model: nnx.Module) -> nnx.Module:
    """A copy of a model in training mode, without dropout."""
    copy = nnx.clone(model)
    copy.train()
    for _, module in nnx.iter_modules(copy):
        if hasattr(module, "deterministic"):
            module.deterministic = True
    return copy


def _run(model: nnx.Module, args: tuple, keywords: dict) -> tuple[list[Layer], jax.Array]:
    """The layers that have parameters, in the order in which they ran, and the output.

    The layers of the model, which must be a copy, take note of what they make from then on.
    """
    weights = {dotted(path) for path, _ in parameters_of(model)}
    layers: dict[str, Layer] = {}
    for path, module in list(nnx.iter_modules(model)):
        names = [dotted((*path, name)) for name in _WEIGHTS]
        weight = next((name for name in names if name in weights), "")
        if weight:
            note = partial(_note, layers, dotted(path) or "model", type(module), weight)
            object.__setattr__(module, "__class__", _noting(type(module), note))
    output = _main(model(*args, **keywords))
    return list(layers.values()), output


def _noting(kind: type, note: Callable[[object], None]) -> type:
    """A kind of layer that says what it makes."""

    def call(self: nnx.Module, *args: object, **keywords: object) -> object:
        made = kind.__call__(self, *args, **keywords)
        note(made)
        return made

    return type(kind.__name__, (kind,), {"__call__": call})


def _note(layers: dict[str, Layer], name: str, kind: type, weight: str, made: object) -> None:
    made = made[0] if isinstance(made, tuple) else made
    if name not in layers and isinstance(made, jax.Array) and made.ndim:
        values = np.asarray(made, np.float32)
        normalizes = issubclass(kind, NORMS)
        layers[name] = Layer(name, kind.__name__, values, weight, normalizes=normalizes)


def _main(answer: object) -> jax.Array:
    """The first array of real numbers in what a model returned."""
    arrays = [leaf for leaf in jax.tree.leaves(answer) if hasattr(leaf, "dtype")]
    real = [leaf for leaf in arrays if jnp.issubdtype(leaf.dtype, jnp.floating) and leaf.ndim]
    if not real:
        raise ValueError("the model returned no array of real numbers")
    return real[0]


def _loss_of(
    loss: Loss | None, output: jax.Array, target: object
) -> Callable[[jax.Array], jax.Array] | None:
    """The loss as a function of the output; None if there is none."""
    if loss is not None:
        return loss if target is None else lambda answer: loss(answer, target)
    if target is None:
        return None
    wanted = jnp.asarray(target)
    if batches.is_classes(target):
        if wanted.shape != output.shape[:-1]:
            raise ValueError(
                f"targets of shape {wanted.shape} do not fit the output's {output.shape}"
            )
        low, high, classes = int(wanted.min()), int(wanted.max()), output.shape[-1]
        if not 0 <= low <= high < classes:
            raise ValueError(f"targets run from {low} to {high}, but there are {classes} classes")
        return lambda answer: (
            -jnp.take_along_axis(
                jax.nn.log_softmax(answer.astype(jnp.float32)), wanted[..., None], -1
            ).mean()
        )
    if wanted.size != output.size:
        raise ValueError(f"a target of shape {wanted.shape} does not fit {output.shape}")
    return lambda answer: jnp.square(answer.reshape(wanted.shape) - wanted).mean()


def _gradients(
    model: nnx.Module, args: tuple, keywords: dict, of_output: Callable
) -> tuple[float, dict[str, np.ndarray]]:
    def loss(module: nnx.Module) -> jax.Array:
        value = of_output(_main(module(*args, **keywords)))
        if jnp.shape(value) != ():
            raise ValueError(f"the loss must be one number, not of shape {jnp.shape(value)}")
        return value

    value, slopes = nnx.value_and_grad(loss)(_copy(model))
    flat = nnx.to_flat_state(slopes)
    return float(value), {dotted(path): np.asarray(each.get_value()) for path, each in flat}


def _constants(of_output: Callable, output: jax.Array, target: object) -> Constants:
    sloped = jax.jit(jax.value_and_grad(of_output))

    def function(answer: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = sloped(jnp.asarray(answer, output.dtype))
        return float(value), np.asarray(slope, np.float64)

    return batches.constants(function, output.shape, target)
