"""Parameters that hold the same random numbers, though each should have its own."""

import re
from collections.abc import Iterator, Mapping

import torch

from netinit.torch.reporting.findings import Finding, found

_NUMBER = re.compile(r"\d+")
_FEWEST = 16  # values that are not equal by chance, in any dtype


def clones(parameters: Mapping[str, torch.Tensor]) -> Iterator[Finding]:
    """A finding for each module whose parameters are copies of an earlier one's.

    Equal layers of one stack are errors. A copy elsewhere, such as a teacher's of its student, is
    often meant: it is information.
    """
    pairs = _pairs({n: p.detach() for n, p in parameters.items() if p.numel() >= _FEWEST})
    modules: dict[tuple[str, str], list[str]] = {}
    for original, copy in pairs:
        modules.setdefault(_differing(original, copy), []).append(copy)
    for (first, second), names in modules.items():
        stacked = _NUMBER.sub("", first) == _NUMBER.sub("", second)
        which = f"{first}'s" if first else "an earlier one's"
        yield found(
            "CLONES",
            second if len(names) > 1 else names[0],
            f"the values of {', '.join(names[:3])}{' and others' if len(names) > 3 else ''} "
            f"equal {which}",
            "values of its own",
            "Copies start as one function. In a stack they get unlike inputs and drift apart, but "
            "begin without the independence that their scale assumes.",
            f"initialize {second if len(names) > 1 else names[0]} again after it was copied",
            severity="error" if stacked else "info",
            count=len(names),
            names=names,
        )


def _pairs(parameters: Mapping[str, torch.Tensor]) -> Iterator[tuple[str, str]]:
    """The first parameter with some values, and each later one with the same."""
    seen: dict[tuple, list[str]] = {}
    for name, values in parameters.items():
        if values.is_meta or not values.numel():
            continue
        plain = values.full_tensor() if hasattr(values, "full_tensor") else values
        few = plain.flatten()[: 2 * _FEWEST].tolist()
        for first in seen.setdefault((tuple(plain.shape), plain.dtype, *few), []):
            if torch.equal(parameters[first], values):
                yield first, name
                break
        else:
            seen[tuple(plain.shape), plain.dtype, *few].append(name)


def _differing(original: str, copy: str) -> tuple[str, str]:
    """The modules in which two names differ for the first time.

    >>> _differing("layers.0.fc.weight", "layers.2.fc.weight")
    ('layers.0', 'layers.2')
    """
    ours, theirs = original.split("."), copy.split(".")
    same = next(
        (i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), len(ours)
    )
    return ".".join(ours[: same + 1]), ".".join(theirs[: same + 1])
