"""Text that controls, panels and errors share: labels, formatted numbers, near misses."""

import difflib
import re
from collections.abc import Iterable

_FORMAT = re.compile(r"d|\.\d{1,2}[efg%]")
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def label_from(name: str) -> str:
    """Label for an identifier.

    >>> label_from("weight_std")
    'weight std'
    """
    return name.replace("_", " ").strip()


def nearest(name: object, known: Iterable[object]) -> str:
    """Tail of an error message: the near miss, if any, and all that is allowed.

    >>> nearest("forwrad", ["forward", "backward"])
    "did you mean 'forward'? Known: 'forward', 'backward'"
    """
    known = list(known)
    spelled = {str(k).lower(): k for k in known}
    close = difflib.get_close_matches(str(name).lower(), spelled, n=1)
    hint = f"did you mean {spelled[close[0]]!r}? " if close else ""
    return f"{hint}Known: {', '.join(map(repr, known)) or 'none'}"


def check_format(spec: str) -> str:
    """Return ``spec`` if browsers can follow it: ``d``, ``.2f``, ``.3g``, ``.1e``, ``.0%``."""
    if isinstance(spec, str) and _FORMAT.fullmatch(spec):
        return spec
    raise ValueError(f"format {spec!r} is not one of 'd', '.2f', '.3g', '.1e', '.0%' or the like")


def number(value: float, spec: str = ".3g") -> str:
    """Text of a number, typeset: a true minus and a power of ten.

    >>> number(-0.5), number(1.3e-7), number(float("nan"))
    ('−0.5', '1.3 × 10⁻⁷', 'not a number')
    """
    if value != value:  # NaN is the only number that differs from itself
        return "not a number"
    if value in (float("inf"), float("-inf")):
        return "∞" if value > 0 else "−∞"
    text = format(round(value), "d") if spec == "d" else format(value, spec)
    mantissa, _, exponent = text.partition("e")
    zero = not mantissa.strip("-0.%")
    mantissa = mantissa.replace("-", "" if zero else "−")
    return f"{mantissa} × 10{superscript(int(exponent))}" if exponent else mantissa


def superscript(exponent: int) -> str:
    """Exponent as superscript characters.

    >>> "10" + superscript(-12)
    '10⁻¹²'
    """
    return str(exponent).translate(_SUPERSCRIPT)
