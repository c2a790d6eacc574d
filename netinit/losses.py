"""Losses with their gradients, and accuracy: for one batch or a stack of them."""

import numpy as np
import numpy.typing as npt

from netinit._checks import arrays

Array = npt.NDArray[np.floating]


def softmax_cross_entropy(logits: npt.ArrayLike, labels: npt.ArrayLike) -> tuple[Array, Array]:
    """Mean over the batch of -ln softmax(logits)[label], with its gradient.

    Stable for logits of any finite size: the largest is subtracted before the exponential, and
    the logarithm is taken of the sum, never of a probability that may have become 0.

    Parameters
    ----------
    logits : array of shape (*stack, batch, classes)
    labels : integer array of shape (batch,) or (*stack, batch)

    Returns
    -------
    loss : float64 array of shape (*stack,)
    gradient : array of the shape and dtype of `logits`

    Examples
    --------
    >>> loss, gradient = softmax_cross_entropy([[0.0, 0.0]], [1])
    >>> float(loss.round(6)), gradient
    (0.693147, array([[ 0.5, -0.5]]))
    """
    logits = arrays.batch(logits, "logits", "classes")
    labels = _labels(labels, logits.shape)[..., None]
    with np.errstate(over="ignore", invalid="ignore"):
        shifted = logits - logits.max(axis=-1, keepdims=True)
        gradient = np.exp(shifted)
        total = gradient.sum(axis=-1, keepdims=True)
        each = np.log(total) - np.take_along_axis(shifted, labels, axis=-1)
        gradient /= total
        chosen = np.take_along_axis(gradient, labels, axis=-1)
        np.put_along_axis(gradient, labels, chosen - 1, axis=-1)
        gradient /= logits.shape[-2]
        return each[..., 0].mean(axis=-1, dtype=np.float64), gradient


def squared_loss(output: npt.ArrayLike, target: npt.ArrayLike) -> tuple[Array, Array]:
    """Mean over the batch of half the squared distance to the target, with its gradient.

    Parameters
    ----------
    output : array of shape (*stack, batch, outputs)
    target : array of shape (batch, outputs) or (*stack, batch, outputs)

    Returns
    -------
    loss : float64 array of shape (*stack,)
    gradient : array of the shape and dtype of `output`

    Examples
    --------
    >>> loss, gradient = squared_loss([[3.0, 0.0]], [[0.0, 4.0]])
    >>> float(loss), gradient
    (12.5, array([[ 3., -4.]]))
    """
    output = arrays.batch(output, "output", "outputs")
    target = arrays.real_array(target, "target")
    if target.shape not in (output.shape, output.shape[-2:]):
        raise ValueError(
            f"target must have the shape of the output, {output.shape}, not {target.shape}"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        difference = output - target.astype(output.dtype, copy=False)
        # Squared in float64, where no float32 overflows.
        each = np.square(difference, dtype=np.float64).sum(axis=-1) / 2
        return each.mean(axis=-1), difference / output.dtype.type(output.shape[-2])


# By the name that `train`, `hessian` and `sharpness` take.
LOSSES = {"softmax_cross_entropy": softmax_cross_entropy, "squared": squared_loss}


def accuracy(logits: npt.ArrayLike, labels: npt.ArrayLike) -> Array:
    """Fraction of the batch whose largest logit is the label's; the first of equal ones counts.

    A row with a NaN is wrong whatever its label.

    Parameters
    ----------
    logits : array of shape (*stack, batch, classes)
    labels : integer array of shape (batch,) or (*stack, batch)

    Examples
    --------
    >>> float(accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1]))
    0.5
    """
    logits = arrays.batch(logits, "logits", "classes")
    labels = _labels(labels, logits.shape)
    right = (logits.argmax(axis=-1) == labels) & ~np.isnan(logits).any(axis=-1)
    return right.mean(axis=-1)


def _labels(labels: npt.ArrayLike, shape: tuple[int, ...]) -> npt.NDArray[np.integer]:
    """Labels with one axis fewer than the logits of shape `shape`."""
    array = np.asarray(labels)
    if array.dtype.kind not in "iu":
        raise TypeError(f"labels must be integers, one class number per row, not {array.dtype}")
    if array.shape not in (shape[:-1], shape[-2:-1]):
        raise ValueError(f"labels must be {shape[:-1]} or {shape[-2:-1]}, not {array.shape}")
    if array.min() < 0 or array.max() >= shape[-1]:
        raise ValueError(
            f"labels must be from 0 to {shape[-1] - 1} for {shape[-1]} classes, "
            f"not from {array.min()} to {array.max()}"
        )
    return np.broadcast_to(array, shape[:-1])
