"""A parameter's values from an initializer of netinit, for the layer that uses it."""

import functools
from collections.abc import Callable, Mapping

import numpy as np
import torch

from netinit._checks.arguments import Seed
from netinit.initializers.fans import FanOptions

# Their arrays have no fan, and they take no keyword that says what the layer is.
_PLAIN = ("netinit.initializers.sampling", "netinit.initializers.biases")
_STRUCTURED = "netinit.initializers.structured"
_CONSTANTS = ("zeros", "ones", "constant")
_DTYPES = {torch.float64: np.float64}  # narrower ones are rounded to once, from float32


def draw(
    name: str,
    initializer: Callable[..., np.ndarray],
    shape: tuple[int, ...],
    options: FanOptions | None,
    *,
    rng: Seed,
    dtype: torch.dtype,
) -> torch.Tensor:
    """The values of one parameter, in float32 or float64, on the processor.

    Raises
    ------
    ValueError
        If the initializer needs a fan and the parameter has none, or returns another shape.
    """
    keywords = _keywords(name, initializer, options)
    wanted = _DTYPES.get(dtype, np.float32)
    try:
        array = np.asarray(initializer(shape, rng=rng, **keywords), dtype=wanted)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from error
    if array.shape != shape:
        raise ValueError(f"{name}: the initializer gave the shape {array.shape}, not {shape}")
    return torch.from_numpy(array)


def _keywords(
    name: str, initializer: Callable[..., np.ndarray], options: FanOptions | None
) -> Mapping[str, object]:
    """What the initializer must know of the layer; nothing if it is not one of netinit's."""
    function = initializer
    while isinstance(function, functools.partial):
        function = function.func
    module = getattr(function, "__module__", "") or ""
    plain = module in _PLAIN or getattr(function, "__name__", "") in _CONSTANTS
    if not module.startswith("netinit.initializers") or plain:
        return {}
    if options is None:
        raise ValueError(
            f"{name} has no fan, so {function.__name__} has no scale for it: give it a std of its "
            'own, such as "normal" with a std'
        )
    if module == _STRUCTURED:
        return {key: value for key, value in options.items() if key != "stride"}
    return options
