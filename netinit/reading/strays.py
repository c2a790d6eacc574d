"""The few weights that do not follow the rule that nearly all weights of their form follow.

Networks whose stages have unlike shapes hold few layers that are alike in all, but one rule. A rule
counts with the fans that the operation has and with those that `torch.nn.init` reads off the shape:
which of them is right is the question of WRONG-FAN.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping

from netinit.initializers.fans import Fans
from netinit.reading.law import Law
from netinit.reading.rules import agreeing, assumed_fans
from netinit.reporting.findings import Finding, found

_FEWEST = 8  # weights of one form before their rule is that of the model
_SHARE = 0.9  # of them follow it
_SURE = 0.12  # relative error of a std beyond which it is no evidence
_DRAWN = ("normal", "truncated", "uniform")


def strays(
    shapes: Mapping[str, tuple[int, ...]],
    laws: Mapping[str, Law],
    fans: Mapping[str, Fans | None],
) -> Iterator[Finding]:
    """A finding for each weight of another scale or kind than its form has in this model.

    Forms are convolutions with and without a kernel, depthwise or not, and matrices. ``fans`` names
    the weights in the order of their use. A layer whose name has no like, not even with another
    number, such as a projection between two parts, may have a law of its own.
    """
    weights = [name for name in fans if fans[name] is not None and name in laws]
    classes = shapes[weights[-1]][0] if weights else 0  # heads may have a law of their own
    alike = Counter(map(_without_numbers, weights))
    forms: dict[tuple, list[str]] = {}
    for name in weights[1:]:  # and so may the first layer
        law, repeated = laws[name], alike[_without_numbers(name)] > 1
        read = repeated and law.kind in _DRAWN and law.tolerance < _SURE
        if read and shapes[name][0] != classes:
            forms.setdefault(_form(shapes[name], fans[name]), []).append(name)
    for names in forms.values():
        ruled = {name: _rules(laws[name], shapes[name]) for name in names}
        kinds = {name: set(laws[name].plausible) or set(_DRAWN) for name in names}
        told = set()
        for said in (ruled, kinds):
            usual = _usual(list(said.values()))
            strayed = [n for n in names if usual and usual not in said[n] and n not in told]
            yield from (_stray(name, laws[name], usual, len(names)) for name in strayed)
            told |= set(strayed)


def _without_numbers(name: str) -> str:
    """What layers have in common that are numbered alone.

    >>> _without_numbers("stages.2.conv1.weight"), _without_numbers("fc_2.weight")
    ('stages.conv.weight', 'fc.weight')
    """
    return re.sub(r"[._-]?\d+", "", name)


def _rules(law: Law, shape: tuple[int, ...]) -> set[str]:
    """The names of the rules with a fan that give the scale."""
    among_many = 2 * law.tolerance  # the worst of hundreds of weights is no stray
    found = [agreeing(law.std, among_many, fans) for fans in (law.fans, assumed_fans(shape))]
    return {rule.name for rules in found for rule in rules if rule.mode}


def _form(shape: tuple[int, ...], fans: Fans) -> tuple:
    taps = math.prod(shape[2:])
    return len(shape), taps > 1, fans.fan_in == taps and len(shape) > 2


def _usual(said: list) -> str | None:
    """What nearly all have in common and a few have not, if there is such a thing."""
    counts = Counter(word for words in said for word in words)
    word, count = max(counts.items(), key=lambda pair: pair[1], default=("", 0))
    return word if len(said) >= _FEWEST and _SHARE * len(said) <= count < len(said) else None


def _stray(name: str, law: Law, usual: str, count: int) -> Finding:
    return found(
        "LAW",
        name,
        str(law),
        f"{usual}, like nearly all of the {count} weights of this form",
        "Nearly all weights of this form follow one rule, and this one does not.",
        f"draw {name} like the others, or declare its law with netinit.torch.assert_law",
        severity="warning",
    )
