"""Keywords that a scheme does not take: the error names the function and says what to write."""

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping

_SLOPE = "negative_slope=, for a leaky ReLU, of he_normal or he_uniform"
_GAIN = "variance_scaling(shape, scale=gain**2, ...)"
_ACTIVATION = "variance_scaling(shape, scale=netinit.gain(activation)**2, ...)"
_SEED = "rng=, a seed or a Generator"
_STD = "normal, uniform or truncated_normal, which take std="
_DISTRIBUTION = "variance_scaling, which takes distribution=, or the scheme of that name"
_AXES = "in_axis= and out_axis=, or layout="
# What other libraries, and other schemes of this one, call a keyword: what to write instead.
_INSTEAD = {
    "a": _SLOPE,
    "negative_slope": _SLOPE,
    "gain": _GAIN,
    "scale": _GAIN,
    "nonlinearity": _ACTIVATION,
    "activation": _ACTIVATION,
    **dict.fromkeys(["seed", "key", "generator", "random_state"], _SEED),
    **dict.fromkeys(["std", "stddev", "bound"], _STD),
    "distribution": _DISTRIBUTION,
    "mode": "variance_scaling, he_normal or he_uniform, which take mode=",
    **dict.fromkeys(["input_axes", "output_axes", "column_axis"], _AXES),
    "stride": "leave it out, the stride of a convolution changes nothing about these weights",
}


def known(
    options: Mapping[str, object], function: Callable[..., object], allowed: Iterable[str]
) -> None:
    """Refuse any of the `options` that is not among those `allowed`.

    Raises
    ------
    TypeError
        It names `function` and the other names it has in its module.
    """
    unknown = [name for name in options if name not in allowed]
    if unknown:
        raise TypeError(_message(unknown[0], function, allowed))


def _message(keyword: str, function: Callable[..., object], allowed: Iterable[str]) -> str:
    explicit = [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    names = [*dict.fromkeys([*explicit, *allowed])]
    near = difflib.get_close_matches(keyword.lower(), names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    if keyword in _INSTEAD:
        hint = f" Instead: {_INSTEAD[keyword]}."
    return f"{_called(function)} takes no keyword {keyword!r}.{hint} Allowed: {', '.join(names)}"


def _called(function: Callable[..., object]) -> str:
    """The function's name, and its other names: the caller may have used one of them."""
    own = function.__name__
    module = vars(inspect.getmodule(function))
    others = [name for name, value in module.items() if value is function and name != own]
    return f"{own}()" + "".join(f", also called {other}()," for other in others)
