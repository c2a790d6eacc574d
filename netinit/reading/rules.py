"""The scale of a law in words: which rule, with which fan, gives a standard deviation."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from netinit.initializers.fans import Fans


class Rule(NamedTuple):
    """A rule that a standard deviation agrees with.

    Parameters
    ----------
    name : str
        Such as "He".
    variance : str
        Its variance in words, such as "2/fan_in".
    mode : {"fan_in", "fan_out", "both", ""}
        Which fans it depends on.
    std : float
        What it gives.
    """

    name: str
    variance: str
    mode: str
    std: float


def rules(fans: Fans) -> Iterator[Rule]:
    """The rules that people use, with what they give for these fans; the most common first."""
    fan_in = fans.fan_in
    if isinstance(fans.fan_out, tuple) or not fan_in or not fans.fan_out:
        return
    fan_out = fans.fan_out
    for name, variance, mode, square in [
        ("He", "2/fan_in", "fan_in", 2 / fan_in),
        ("LeCun", "1/fan_in", "fan_in", 1 / fan_in),
        ("PyTorch's default", "1/(3 fan_in)", "fan_in", 1 / (3 * fan_in)),
        ("He by fan_out", "2/fan_out", "fan_out", 2 / fan_out),
        ("Xavier", "2/(fan_in + fan_out)", "both", 2 / (fan_in + fan_out)),
        ("LeCun by fan_out", "1/fan_out", "fan_out", 1 / fan_out),
    ]:
        yield Rule(name, variance, mode, math.sqrt(square))


def assumed_fans(shape: tuple[int, ...]) -> Fans:
    """The fans as `torch.nn.init` counts them.

    >>> assumed_fans((64, 3, 7, 7))
    Fans(fan_in=147, fan_out=3136)
    """
    taps = math.prod(shape[2:])
    return Fans(shape[1] * taps, shape[0] * taps)


def agreeing(std: float, tolerance: float, fans: Fans | None) -> list[Rule]:
    """The rules that give `std` to within a relative tolerance; a round number comes last."""
    found = [] if fans is None else list(rules(fans))
    found = [rule for rule in found if abs(std / rule.std - 1) <= tolerance]
    number = round_number(std, tolerance)
    if number is not None:
        found.append(Rule(f"std {number:g}", f"{number:g}²", "", number))
    return found


def round_number(std: float, tolerance: float) -> float | None:
    """The number of one digit, or of two, that `std` is within the tolerance, if that says much.

    >>> round_number(0.020013, 0.002), round_number(0.0217, 0.002), round_number(0.02, 0.2)
    (0.02, None, None)
    """
    if tolerance > 0.02:
        return None
    for digits, limit in ((1, 0.02), (2, 0.004)):
        number = float(f"{std:.{digits - 1}e}")
        if tolerance <= limit and abs(std / number - 1) <= tolerance:
            return number
    return None
