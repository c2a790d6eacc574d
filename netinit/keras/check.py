"""What one forward and one backward pass show of a Keras model before its first step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import keras
import numpy as np

from netinit.judging import batches, signal
from netinit.judging.signal import COLUMNS, Layer, Seen
from netinit.keras.gradients import BACKENDS, Run, sloped
from netinit.keras.laws import NORMS, Weights, array_of, findings_of
from netinit.reading.arrays import laws_of
from netinit.reporting.report import Report

__all__ = ["check"]

Loss = Callable[..., object]
_PROBABILITIES = {"softmax": keras.ops.softmax, "sigmoid": keras.ops.sigmoid}


def check(
    model: keras.Model, batch: object, *, loss: Loss | str | None = None, target: object = None
) -> Report:
    """What one forward and one backward pass over a batch say about a model's start.

    It runs in training mode without dropout; the variables of the model, the states of its random
    generators and of its statistics among them, are as before afterwards.

    Parameters
    ----------
    model : keras.Model
        Built, with JAX or PyTorch as the backend.
    batch : array, tuple or mapping
        Real data: the inputs, a pair (inputs, target), or inputs by name. At least 32 entries let
        more be said.
    loss : callable or str, optional
        A loss of Keras or its name, such as "mse"; else ``loss(output, target)``, a scalar. By
        default the one that the model was compiled with; else cross entropy for whole-numbered
        targets, and the mean squared error for others.
    target : array, optional

    Returns
    -------
    Report
        A row for each layer that ran, with the law of its kernel; facts about the loss; findings.
        What only steps could decide is a warning. If the model cannot be run, one finding, NOT-RUN,
        says why. If the output is one of probabilities, the constants that its loss is compared
        with are what the last activation makes of constants.

    Raises
    ------
    TypeError
        If the model is no layer of Keras, or the loss cannot be called.
    """
    known = Weights(model)
    if loss is not None and not isinstance(loss, str) and not callable(loss):
        raise TypeError(f"loss must be a loss of Keras or a function, not {loss!r}")
    inputs, target = _parts(batch, target)
    reason = _obstacle(known, (inputs, target))
    if reason:
        return Report("Check", COLUMNS, [], [batches.not_run(reason)])
    try:
        with _untouched(model):
            seen = _examine(model, known, inputs, target, loss)
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        reason = f"{type(error).__name__}: {lines[0]}"
        return Report("Check", COLUMNS, [], [batches.not_run(reason)])
    return signal.report(seen)


def _parts(batch: object, target: object) -> tuple[object, object]:
    """Inputs and target of a batch."""
    if isinstance(batch, Mapping) or target is not None:
        return batch, target
    args, _, target = batches.split(batch, target)
    return (args[0] if len(args) == 1 else list(args)), target


def _obstacle(known: Weights, given: object) -> str:
    """What keeps a model from being run, in words; empty if nothing does."""
    backend = keras.backend.backend()
    if backend not in BACKENDS:
        return f"gradients are measured with {' or '.join(BACKENDS)} as the backend, not {backend}"
    if known.unbuilt and not known.variables:
        return f"{known.unbuilt[0]} is not built: it has no weights yet"
    if not known.variables:
        return "the model has no trainable weight"
    for leaf in keras.tree.flatten(given):
        values = np.asarray(leaf if leaf is not None else 0)
        if np.issubdtype(values.dtype, np.floating) and not np.isfinite(values).all():
            return "the batch has entries that are NaN or infinite"
    return ""


@contextmanager
def _untouched(model: keras.Model) -> Iterator[None]:
    """Within this dropout is off; afterwards all variables are as they were."""
    kept = [(v, np.copy(array_of(v))) for v in model.variables]
    rates = [(layer, layer.rate) for layer in model._flatten_layers() if hasattr(layer, "rate")]
    try:
        for layer, _ in rates:
            layer.rate = 0.0
        yield
    finally:
        for layer, rate in rates:
            layer.rate = rate
        for variable, value in kept:
            if not np.array_equal(array_of(variable), value):
                variable.assign(value)


def _examine(
    model: keras.Model, known: Weights, inputs: object, target: object, loss: Loss | str | None
) -> Seen:
    layers, last, run = _run(model, known, inputs)
    of_output = _loss_of(model, loss, run.output, target, last)
    laws = laws_of(known.arrays, known.fans, known.dtypes)
    value, gradients, constants = None, {}, None
    if of_output is not None:
        value, gradients = run.gradients(of_output)
        link = _PROBABILITIES.get(last, lambda scores: scores)
        of_constant = sloped(lambda scores: of_output(link(scores)))
        constants = batches.constants(of_constant, tuple(run.output.shape), target)
    weights = {n: array_of(v) for n, v in known.variables.items()}
    output = np.asarray(array_of(run.output), np.float32)
    said = findings_of(known, laws)
    return Seen(layers, output, value, constants, weights, gradients, laws, known.fans, said)


def _run(model: keras.Model, known: Weights, inputs: object) -> tuple[list[Layer], str, Run]:
    """The layers that ran, in order; the name of the last activation; and the pass itself."""
    weights = {id(owner): name for name, owner in reversed(known.owners.items())}
    layers: dict[str, Layer] = {}
    last = [""]
    with _noting(model, partial(_note, layers, weights, last)):
        run = Run(model, known.variables, inputs)
    return list(layers.values()), last[0], run


@contextmanager
def _noting(model: keras.Model, note: Callable) -> Iterator[None]:
    """Within this each layer says what it makes."""
    inner = [layer for layer in model._flatten_layers() if not list(layer._layers)]
    for layer in inner:
        layer.__dict__["call"] = partial(_call, layer, layer.call, note)
    try:
        yield
    finally:
        for layer in inner:
            del layer.__dict__["call"]


def _call(layer: keras.Layer, call: Callable, note: Callable, *args: object, **given: object):
    made = call(*args, **given)
    note(layer, made)
    return made


def _note(
    layers: dict[str, Layer], weights: dict[int, str], last: list[str], layer: keras.Layer,
    made: object,
) -> None:  # fmt: skip
    activation = getattr(layer, "activation", None)
    name = getattr(activation, "__name__", "") or type(layer).__name__.lower()
    last[0] = name
    made = made[0] if isinstance(made, tuple | list) else made
    path = layer.path or layer.name
    if path in layers or not keras.ops.is_tensor(made) or not len(made.shape):
        return
    rectified = name == "relu"
    if id(layer) not in weights and not rectified:
        return
    values = np.asarray(array_of(made), np.float32)
    kind, norm = type(layer).__name__, isinstance(layer, NORMS)
    layers[path] = Layer(path, kind, values, weights.get(id(layer), ""), rectified, norm)


def _loss_of(
    model: keras.Model, loss: Loss | str | None, output: object, target: object, last: str
) -> Callable[[object], object] | None:
    """The loss as a function of the output; None if there is none."""
    if target is None:
        return None if loss is None or isinstance(loss, str) else loss
    wanted = keras.ops.convert_to_tensor(np.asarray(target))
    compiled = getattr(model, "loss", None) if getattr(model, "compiled", False) else None
    loss = loss if loss is not None else compiled
    if loss is None:
        loss = _default(target, output, last)
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    if isinstance(loss, keras.losses.Loss) or getattr(loss, "__module__", "").startswith("keras."):
        return lambda answer: keras.ops.mean(loss(wanted, answer))
    return lambda answer: loss(answer, wanted)


def _default(target: object, output: object, last: str) -> keras.losses.Loss:
    if not batches.is_classes(target):
        return keras.losses.MeanSquaredError()
    wanted, shape = np.asarray(target), tuple(output.shape)
    if wanted.shape not in (shape[:-1], (*shape[:-1], 1)):
        raise ValueError(f"targets of shape {wanted.shape} do not fit the output's {shape}")
    if not 0 <= wanted.min() <= wanted.max() < shape[-1]:
        raise ValueError(
            f"targets run from {wanted.min()} to {wanted.max()}, but there are {shape[-1]} classes"
        )
    return keras.losses.SparseCategoricalCrossentropy(from_logits=last != "softmax")
