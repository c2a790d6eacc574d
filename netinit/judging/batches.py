"""A batch as a model takes it, and the best answer that does not look at it."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from netinit.judging.loss import Constants, least
from netinit.reporting.findings import Finding, found

_ENOUGH = 20  # targets for each number of a constant answer, before it counts as known


def split(batch: object, target: object) -> tuple[tuple, dict, object]:
    """Positional arguments, keywords and target of a batch.

    An array is the only argument, a mapping holds keywords; of a pair without a target beside it,
    the second is the target.

    >>> split((1, 2), None), split({"x": 1}, 3)
    (((1,), {}, 2), ((), {'x': 1}, 3))
    """
    if isinstance(batch, Mapping):
        return (), dict(batch), target
    if not isinstance(batch, tuple | list):
        return (batch,), {}, target
    if target is None and len(batch) == 2:
        return (*(batch[0] if isinstance(batch[0], tuple | list) else batch[:1]),), {}, batch[1]
    return tuple(batch), {}, target


def is_classes(target: object) -> bool:
    """Whether a target holds whole-numbered classes."""
    return target is not None and np.issubdtype(np.asarray(target).dtype, np.integer)


def constants(
    function: Callable[[np.ndarray], tuple[float, np.ndarray]],
    shape: tuple[int, ...],
    target: object,
) -> Constants:
    """The losses of constant outputs.

    Parameters
    ----------
    function : callable
        The loss, and its slope, of an output of a shape; both of a whole output.
    shape : tuple of int
        Of the output; its units are along the last axis.
    target : ndarray or None
    """
    length = shape[-1] if len(shape) > 1 else 1
    zero, _ = function(np.zeros(shape, np.float32))

    def of_constant(constant: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = function(np.broadcast_to(constant, (*shape[:-1], length)).reshape(shape))
        return value, slope.reshape(-1, length).sum(0)

    best, place = least(of_constant, np.zeros(length, np.float32))
    targets = math.prod(shape) // length if target is None else np.asarray(target).size
    enough = targets >= _ENOUGH * length
    return Constants(zero, min(best, zero), place.tolist(), enough, is_classes(target))


def not_run(reason: str) -> Finding:
    """The finding that stands alone when a model could not be run."""
    return found(
        "NOT-RUN",
        "model",
        reason,
        "one forward and backward pass",
        "Nothing was measured.",
        "run model(batch) and the loss by themselves",
    )
