"""The law that a tensor's values were drawn from, read off the values."""

import numpy as np
import torch

from netinit.initializers.fans import Fans
from netinit.initializers.fans import fans as fans_of_shape
from netinit.reading.law import ROUNDING, Law, read

__all__ = ["Law", "law"]


def law(tensor: torch.Tensor, *, fans: Fans | None = None) -> Law:
    """The law that the values of a tensor were drawn from, as far as they tell.

    Parameters
    ----------
    tensor : Tensor
        A parameter of any shape and dtype; one that is sharded is gathered.
    fans : Fans, optional
        Those of the operation that uses it (`netinit.fans`). By default, those of a dense layer or
        convolution of that shape.

    Raises
    ------
    TypeError
        If it is no tensor.
    ValueError
        If it is on the meta device, and so has no values.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> print(law(torch.nn.Linear(256, 400).weight))
    uniform, std 0.0361, variance 1/(3 fan_in) with fan_in 256: PyTorch's default
    >>> print(law(torch.zeros(3)))
    all 0
    """
    values = values_of(tensor)
    if fans is None and values.ndim >= 2:
        fans = fans_of_shape(values.shape)
    return read(values, fans, rounding_of(tensor))


def law_of(tensor: torch.Tensor, fans: Fans | None) -> Law:
    """As `law`, but without fans no rule is looked for."""
    return read(values_of(tensor), fans, rounding_of(tensor))


def values_of(tensor: torch.Tensor) -> np.ndarray:
    """All values of a tensor, as real numbers of at least 32 bits; in its memory if that can be."""
    if not isinstance(tensor, torch.Tensor):
        raise TypeError(f"tensor must be a torch.Tensor, not {type(tensor).__name__}")
    if tensor.is_meta:
        raise ValueError("a tensor on the meta device has no values")
    if hasattr(tensor, "full_tensor"):
        tensor = tensor.full_tensor()
    values = tensor.detach().cpu()
    if values.is_complex():
        values = torch.view_as_real(values.resolve_conj())
    return (values if values.dtype == torch.float64 else values.float()).numpy()


def rounding_of(tensor: torch.Tensor) -> float:
    """The relative error that the dtype of a tensor makes in a standard deviation."""
    return ROUNDING.get(str(tensor.dtype).removeprefix("torch."), 0.0)
