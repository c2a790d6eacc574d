"""The laws of all parameters of a model, and of two models beside each other."""

from collections.abc import Mapping

from torch import nn

from netinit.initializers.fans import Fans
from netinit.initializers.fans import fans as fans_of_shape
from netinit.reading import judgment, tables
from netinit.reading.law import Law
from netinit.reporting.findings import Finding
from netinit.reporting.report import Report
from netinit.torch.names import unwrapped
from netinit.torch.reading.law import law_of, values_of
from netinit.torch.reading.layers import fans_of_modules

__all__ = ["diff", "laws", "laws_by_name"]

_NORMS = ("norm", "bn")  # in the name of a module's class


def laws_by_name(
    model: nn.Module, *, fans: Mapping[str, Fans | None] | None = None
) -> dict[str, Law]:
    """The law of each parameter of a model; one that is tied has its first name.

    Parameters
    ----------
    model : Module
    fans : mapping of names to Fans, optional
        The true fans of parameters, where they are known better than from the type of the module.
        None stands for a parameter that has no fan. What neither knows has the fans of a dense
        layer or convolution of its shape.

    Raises
    ------
    TypeError
        If the model is no module.
    ValueError
        If a name of `fans` is no parameter.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, not {type(model).__name__}")
    model = unwrapped(model)
    parameters = dict(model.named_parameters())
    known = fans_of_modules(model) | dict(fans or {})
    unknown = set(fans or ()) - set(dict(model.named_parameters(remove_duplicate=False)))
    if unknown:
        raise ValueError(f"fans has names that are no parameters: {', '.join(sorted(unknown))}")
    laws = {}
    for name, parameter in parameters.items():
        shape = tuple(parameter.shape)
        usual = fans_of_shape(shape) if len(shape) >= 2 and name not in known else None
        laws[name] = (
            Law("meta", parameter.numel())
            if parameter.is_meta
            else law_of(parameter, known.get(name, usual))
        )
    return laws


def laws(model: nn.Module, *, fans: Mapping[str, Fans | None] | None = None) -> Report:
    """Which law each parameter of a model was drawn from, and what is wrong with its values.

    A row stands for all parameters whose names differ by numbers alone, and that have one shape
    and one law. It is found by the name of any of them.

    Parameters
    ----------
    model, fans
        As for `laws_by_name`.

    Examples
    --------
    >>> import torch
    >>> _ = torch.manual_seed(0)
    >>> report = laws(nn.Sequential(nn.Linear(256, 400), nn.ReLU(), nn.Linear(400, 10)))
    >>> report["2.weight"]["law"]
    "uniform, std 0.0289, variance 1/(3 fan_in) with fan_in 400: PyTorch's default"
    """
    read = laws_by_name(model, fans=fans)
    model = unwrapped(model)
    known = fans_of_modules(model) | dict(fans or {})
    shapes = {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}
    return tables.laws(shapes, read, findings_of(model, read, known))


def findings_of(
    model: nn.Module, read: Mapping[str, Law], fans: Mapping[str, Fans | None]
) -> list[Finding]:
    """What is wrong with the values of a model's parameters, whatever it does with them."""
    parameters = dict(model.named_parameters())
    return judgment.findings(
        {name: values_of(p) for name, p in parameters.items() if not p.is_meta},
        {name: tuple(p.shape) for name, p in parameters.items()},
        read,
        fans,
        normed=any(mark in type(m).__name__.lower() for m in model.modules() for mark in _NORMS),
    )


def diff(
    first: nn.Module, second: nn.Module, *, fans: Mapping[str, Fans | None] | None = None
) -> Report:
    """The parameters that two models drew from different laws, or that one of them lacks.

    Two standard deviations differ if chance does not explain it, at the number of values there is.

    Parameters
    ----------
    first, second : Module
        Such as a model as it was and as it is, or one built directly and one built on the meta
        device.
    fans
        As for `laws_by_name`, of both.

    Examples
    --------
    >>> import torch
    >>> _ = torch.manual_seed(0)
    >>> a, b = nn.Linear(100, 300), nn.Linear(100, 300)
    >>> _ = nn.init.normal_(b.weight, std=0.02)
    >>> [finding.where for finding in diff(a, b).findings]
    ['weight']
    """
    return tables.differences(laws_by_name(first, fans=fans), laws_by_name(second, fans=fans))
