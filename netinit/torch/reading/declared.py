"""Laws that are declared for the parameters of a model, and the assertion that they hold."""

import functools
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase

import numpy as np
import torch
from torch import nn

from netinit.initializers import registry, sampling, scaling
from netinit.initializers.fans import FanOptions
from netinit.initializers.fans import fans as fans_of_shape
from netinit.reading.law import Law, read
from netinit.reading.sameness import same
from netinit.reporting.findings import found
from netinit.reporting.report import Report
from netinit.reporting.words import counted
from netinit.torch.drawing.draw import draw
from netinit.torch.names import unwrapped
from netinit.torch.reading.law import law_of, values_of
from netinit.torch.reading.layers import options_of

__all__ = ["assert_law", "normal", "truncated_normal", "uniform"]

Initializer = Callable[..., np.ndarray]
Declared = float | str | Initializer


def normal(*, std: float, mean: float = 0.0) -> Initializer:
    """The law of independent normal values, for `assert_law`.

    >>> normal(std=0.5)(3, rng=0).shape
    (3,)
    """
    return functools.partial(sampling.normal, std=std, mean=mean)


def truncated_normal(*, std: float, cut: float = 2.0) -> Initializer:
    """The law of normal values that are cut, for `assert_law`.

    `std` is that of the result, and `cut` counts standard deviations before the cut.

    >>> bool(abs(truncated_normal(std=1.0)(1000, rng=0)).max() < 2.2738)
    True
    """
    return functools.partial(sampling.truncated_normal, std=std, cut=cut)


def uniform(*, bound: float) -> Initializer:
    """The law of uniform values between -bound and bound, for `assert_law`.

    >>> bool(abs(uniform(bound=0.5)(1000, rng=0)).max() < 0.5)
    True
    """
    return functools.partial(sampling.uniform, bound=bound)


def assert_law(model: nn.Module, laws: Mapping[str, Declared]) -> Report:
    """Assert that the parameters of a model were drawn from the laws that are declared for them.

    The kind of a law and its scale are compared, as far as the number of values tells: four
    standard errors on both sides.

    Parameters
    ----------
    model : Module
    laws : mapping
        Patterns of names to laws; the first pattern that fits a name counts, and * stands for any
        characters. A law is a number, for a parameter that holds it everywhere; the name of an
        initializer of netinit, which gets the fans of the layer; or a callable ``(shape, *, rng)``,
        such as `normal(std=0.02)`. A parameter that fits no pattern may have any law.

    Returns
    -------
    Report
        A row for each parameter that was compared.

    Raises
    ------
    AssertionError
        With the table of those that differ.
    ValueError
        If a pattern fits no parameter, a name is unknown, or a parameter has no values.

    Examples
    --------
    >>> import torch
    >>> _ = torch.manual_seed(0)
    >>> layer = nn.Linear(200, 100)
    >>> _ = nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    >>> assert_law(layer, {"*weight": "he_normal"}).ok
    True
    >>> assert_law(layer, {"*weight": "he_normal", "*bias": 0})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    AssertionError: 1 of 2 parameters does not follow its law, as declared...
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, not {type(model).__name__}")
    rows = list(_compared(unwrapped(model), laws))
    wrong = [row for row in rows if not row["agrees"]]
    findings = [
        found(
            "LAW",
            row["name"],
            row["measured"],
            row["declared"],
            f"It does not follow what {row['pattern']!r} declares.",
            "",
        )
        for row in wrong
    ]
    columns = ["name", "measured", "declared"]
    report = Report("Declared laws", columns, wrong or rows, findings)
    if wrong:
        follow = "does not follow its law" if len(wrong) == 1 else "do not follow their laws"
        head = f"{len(wrong)} of {counted(len(rows), 'parameter')} {follow}, as declared"
        raise AssertionError(f"{head}\n\n{report}")
    return report


def _compared(model: nn.Module, laws: Mapping[str, Declared]) -> Iterator[dict]:
    """A row for each parameter that a pattern fits."""
    if not isinstance(laws, Mapping) or not laws:
        raise TypeError("laws must be a mapping of patterns to laws, and not empty")
    options, used = options_of(model), set()
    for name, parameter in model.named_parameters():
        like = next((each for each in laws if fnmatchcase(name, each)), None)
        if like is None:
            continue
        used.add(like)
        if parameter.is_meta:
            raise ValueError(f"{name} is on the meta device: it has no values")
        layer = options.get(name, {} if parameter.ndim >= 2 else None)
        fans = None if layer is None else fans_of_shape(tuple(parameter.shape), **layer)
        measured = law_of(parameter, fans)
        declared = _expected(name, laws[like], parameter, layer)
        yield {
            "name": name,
            "pattern": like,
            "measured": str(measured),
            "declared": _said(laws[like], declared),
            "agrees": same(measured, declared),
        }
    idle = [like for like in laws if like not in used]
    if idle:
        named = ", ".join(map(repr, idle))
        raise ValueError(f"no parameter is left for {named}: check its spelling and its order")


def _expected(
    name: str, declared: Declared, parameter: torch.Tensor, layer: FanOptions | None
) -> Law:
    """The law of values drawn as declared."""
    shape = tuple(parameter.shape)
    if isinstance(declared, int | float) and not isinstance(declared, bool):
        initializer: Initializer = functools.partial(scaling.constant, value=float(declared))
    else:
        initializer = registry.get(declared)
    values = draw(name, initializer, shape, layer, rng=0, dtype=torch.float32)
    fans = None if layer is None else fans_of_shape(shape, **layer)
    # The declared number reaches the model through its dtype, so rounded as that rounds.
    return read(values_of(values.to(parameter.dtype)), fans)


def _said(declared: Declared, expected: Law) -> str:
    if isinstance(declared, str):
        return f"{declared}: {expected}"
    return str(expected)
