"""Lines that repair what a check found: what to write, and how to carry it out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import nn

from netinit.reporting.findings import Finding
from netinit.reporting.report import Report
from netinit.torch.checking import fan_rules
from netinit.torch.checking.judges.gains import KNOWN, wanted
from netinit.torch.names import plain_name

_UNSUITED = {"COLLAPSE", "GRADIENT", "GAIN", "SATURATED", "NONFINITE"}
_EMBEDDING_STD = 0.02


@dataclass(frozen=True)
class Repair:
    """One line that changes one parameter.

    Parameters
    ----------
    name : str
        Of the parameter.
    function : str
        A function of `torch.nn.init`, or "copy_", "mul_" or "clamp_" of a tensor.
    because : str
        The code of the finding that it answers.
    keyword : str
        What the function calls its argument; empty if it takes none.
    value : float or list of float, optional
        That argument.
    rows : tuple of int, optional
        First of the rows that are meant, and the one after the last, where not all are.
    """

    name: str
    function: str
    because: str
    keyword: str = ""
    value: float | list[float] | None = None
    rows: tuple[int, int] | None = None

    @property
    def line(self) -> str:
        """The line to paste; it takes the model to be named ``model``."""
        place = f"model.get_parameter({self.name!r}).data"
        place += f"[{self.rows[0]}:{self.rows[1]}]" if self.rows else ""
        if self.function == "copy_":
            return f"{place}.copy_(torch.tensor({self.value}))"
        if self.function == "mul_":
            return f"{place}.mul_({self.value!r})"
        if self.function == "clamp_":
            return f"{place}.clamp_({self.value[0]!r}, {self.value[1]!r})"
        keyword = f", {self.keyword}={self.value!r}" if self.keyword else ""
        return f"torch.nn.init.{self.function}({place}{keyword})"

    def apply(self, model: nn.Module) -> None:
        """Do what the line says."""
        target = model.get_parameter(self.name).data
        target = target[self.rows[0] : self.rows[1]] if self.rows else target
        if self.function == "copy_":
            target.copy_(torch.tensor(self.value))
        elif self.function == "mul_":
            target.mul_(self.value)
        elif self.function == "clamp_":
            target.clamp_(*self.value)
        else:
            arguments = {self.keyword: self.value} if self.keyword else {}
            getattr(nn.init, self.function)(target, **arguments)


def repairs(model: nn.Module, report: Report) -> list[Repair]:
    """What answers the findings of a check of the model; at most one line of a kind a parameter."""
    parameters = dict(model.named_parameters())
    found: dict[tuple[str, tuple | None], Repair] = {}
    for codes, answer in _ANSWERS:
        findings = [f for f in report.findings if f.code in codes and f.severity != "info"]
        findings += report.of("GAIN") + report.of("FORGET-BIAS")  # worth a line though only info
        findings = [f for f in findings if f.code in codes]
        for repair in answer(model, parameters, report, findings) if findings else ():
            found[repair.name, repair.rows] = repair
    return list(found.values())


Parameters = dict[str, nn.Parameter]


def _rescaled(
    model: nn.Module, parameters: Parameters, report: Report, findings: list[Finding]
) -> Iterator[Repair]:
    """All weights drawn by what the activations after them want, all biases of these zero."""
    for row in _products(report, parameters):
        if row["then"] in KNOWN or row is report.rows[-1]:
            yield _drawn(row, findings[0].code)
            yield from _zero_bias(row, parameters, findings[0].code)


def _quiet_head(
    model: nn.Module, parameters: Parameters, report: Report, findings: list[Finding]
) -> Iterator[Repair]:
    """An output layer that starts at zero; one that is a table of embeddings too, small."""
    rows = _products(report, parameters, turned=True)
    if not rows:
        return
    name = rows[-1]["parameters"][0]
    tied = any(
        row["kind"] in fan_rules.LOOKUPS and name in row["parameters"] for row in report.rows
    )
    if tied:
        yield Repair(name, "normal_", "LOSS", "std", _EMBEDDING_STD)
    else:
        yield Repair(name, "zeros_", "LOSS")
        yield from _zero_bias(rows[-1], parameters, "LOSS")


def _prior(
    model: nn.Module, parameters: Parameters, report: Report, findings: list[Finding]
) -> Iterator[Repair]:
    """The bias of the output at the best constant answer."""
    values = [float(f"{value:.4g}") for value in findings[0].numbers["bias"]]
    bias = f"{report.rows[-1]['name']}.bias"
    if bias in parameters and parameters[bias].shape == (len(values),):
        yield Repair(bias, "copy_", "LOSS-PRIOR", value=values)


def _remembering(
    model: nn.Module, parameters: Parameters, report: Report, findings: list[Finding]
) -> Iterator[Repair]:
    """The biases of forget gates at 1."""
    for place in findings[0].numbers["names"]:
        module = model.get_submodule("" if place == "model" else place)
        size, prefix = module.hidden_size, "" if place == "model" else f"{place}."
        for name, _ in module.named_parameters(recurse=False):
            if name.startswith("bias_ih"):
                rows = (size, 2 * size)
                yield Repair(prefix + name, "constant_", "FORGET-BIAS", "val", 1.0, rows)


def _first_factor(
    model: nn.Module, parameters: Parameters, report: Report, findings: list[Finding]
) -> Iterator[Repair]:
    """Of several zero weights of one module the first is drawn."""
    begun = set()
    for name in (name for finding in findings for name in finding.numbers["names"]):
        module = name.rpartition(".")[0]
        zero = name in parameters and not parameters[name].detach().any()
        if zero and parameters[name].dim() > 1 and module not in begun:
            begun.add(module)
            yield Repair(name, "kaiming_uniform_", "NO-GRADIENT", "a", math.sqrt(5))


def _own_units(
    model: nn.Module, parameters: Parameters, report: Report, findings: list[Finding]
) -> Iterator[Repair]:
    """Layers whose units are alike, drawn again."""
    places = {finding.where.removesuffix(".weight") for finding in findings}
    for row in _products(report, parameters):
        if row["name"] in places:
            yield _drawn(row, findings[0].code)


def _own_values(
    model: nn.Module, parameters: Parameters, report: Report, findings: list[Finding]
) -> Iterator[Repair]:
    """Copied weights, drawn again at the size that they have."""
    for name in (name for finding in findings for name in finding.numbers.get("names", ())):
        if name in parameters and parameters[name].dim() > 1:
            std = float(f"{parameters[name].detach().float().std().item():.4g}")
            yield Repair(name, "normal_", "CLONES", "std", std)


def _true_fans(
    model: nn.Module, parameters: Parameters, report: Report, findings: list[Finding]
) -> Iterator[Repair]:
    """Weights multiplied so that their rule holds with the true fans."""
    for finding in findings:
        factor = finding.numbers["factor"]
        for name in finding.numbers["names"] if factor else ():
            yield Repair(_named(name, parameters), "mul_", "WRONG-FAN", value=_rounded(factor))


def _within(
    model: nn.Module, parameters: Parameters, report: Report, findings: list[Finding]
) -> Iterator[Repair]:
    """The stray entries cut to where the law of the others ends."""
    for finding in findings:
        bounds = [_rounded(bound) for bound in finding.numbers["within"]]
        yield Repair(_named(finding.where, parameters), "clamp_", "OUTLIERS", value=bounds)


def _damped(
    model: nn.Module, parameters: Parameters, report: Report, findings: list[Finding]
) -> Iterator[Repair]:
    """The last weight of each branch so small that all of them add as much as there was."""
    (finding,) = findings
    growth, additions = float(finding.measured), finding.numbers["additions"]
    factor = _rounded((additions * (growth - 1)) ** -0.5)
    for name in dict.fromkeys(finding.numbers["names"]):
        if name in parameters:
            yield Repair(name, "mul_", "RESIDUAL", value=factor)


def _open_eyed(
    model: nn.Module, parameters: Parameters, report: Report, findings: list[Finding]
) -> Iterator[Repair]:
    """Weights of queries and keys so small that the scores have a standard deviation of 1."""
    for weights, factor in findings[0].numbers["factors"]:
        packed = len(weights) == 1
        for name in weights if math.isfinite(factor) else ():
            if name in parameters:
                rows = _queries_and_keys(name, parameters, report) if packed else None
                yield Repair(name, "mul_", "ATTENTION", value=_rounded(factor), rows=rows)


def _queries_and_keys(name: str, parameters: Parameters, report: Report) -> tuple[int, int] | None:
    """The rows of queries and keys in one weight with the values; None for all of it."""
    row = next((row for row in report.rows if row["parameters"][0] == name), None)
    outputs, inputs = parameters[name].shape[:2]
    thirds = row is not None and row["fan_in"] == inputs and outputs == 3 * row["fan_out"]
    return (0, 2 * outputs // 3) if thirds else None


def _named(name: str, parameters: Parameters) -> str:
    """The parameter of that name, which a wrapper may have changed."""
    if name in parameters:
        return name
    return next((each for each in parameters if plain_name(each) == name), name)


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _living(
    model: nn.Module, parameters: Parameters, report: Report, findings: list[Finding]
) -> Iterator[Repair]:
    """The biases of dead layers at zero."""
    for name in (name for finding in findings for name in finding.numbers["names"]):
        yield from _zero_bias({"name": name}, parameters, "DEAD")


# In this order: of two lines for one parameter the later one counts.
_ANSWERS: tuple[tuple[set[str], Callable[..., Iterator[Repair]]], ...] = (
    (_UNSUITED, _rescaled),
    ({"WRONG-FAN"}, _true_fans),
    ({"OUTLIERS"}, _within),
    ({"RESIDUAL"}, _damped),
    ({"ATTENTION"}, _open_eyed),
    ({"CLONES"}, _own_values),
    ({"TWINS", "CONSTANT"}, _own_units),
    ({"DEAD"}, _living),
    ({"NO-GRADIENT"}, _first_factor),
    ({"FORGET-BIAS"}, _remembering),
    ({"LOSS"}, _quiet_head),
    ({"LOSS-PRIOR"}, _prior),
)


def _products(report: Report, parameters: Parameters, *, turned: bool = False) -> list[dict]:
    """The rows of operations whose weight is one parameter as it is, or perhaps transposed."""
    shapes = {name: [list(p.shape)] for name, p in parameters.items()}
    if turned:
        shapes = {name: [shape, shape[::-1]] for name, (shape,) in shapes.items()}
    return [
        row
        for row in report.rows
        if row["fan_in"]
        and row["kind"] not in fan_rules.LOOKUPS
        and row["shape"] in shapes.get(row["parameters"][0], ())
    ]


def _drawn(row: dict, because: str) -> Repair:
    scaled = wanted(row["then"])[0] if row["then"] in KNOWN else 1.0
    std = float(f"{math.sqrt(scaled / row['fan_in']):.4g}")
    return Repair(row["parameters"][0], "normal_", because, "std", std)


def _zero_bias(row: dict, parameters: Parameters, because: str) -> Iterator[Repair]:
    bias = f"{row['name']}.bias"
    if bias in parameters and parameters[bias].detach().any():
        yield Repair(bias, "zeros_", because)
