"""Of the values of the parameters, by the fans that their operations have."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from netinit.reading.law import Law
from netinit.reporting.findings import Finding
from netinit.torch.checking.observing import Observation
from netinit.torch.checking.operations import parameter_fans
from netinit.torch.names import plain_name
from netinit.torch.reading import laws
from netinit.torch.reading.layers import fans_of_modules


def by_values(model: nn.Module, seen: Observation) -> tuple[dict[str, Law], list[Finding]]:
    """The law of each parameter by name, and what is wrong with the values."""
    fans = parameter_fans(seen.operations, model)
    names = {plain_name(name): name for name, _ in model.named_parameters()}
    known = {names[plain]: each for plain, each in fans.items()}  # in the order of their use
    read = laws.laws_by_name(model, fans=known)
    normed = {name for o in seen.operations if o.normed for name in o.parameters}
    findings = laws.findings_of(
        model, read, known | {n: f for n, f in fans_of_modules(model).items() if n not in known}
    )
    used = {name for o in seen.contractions for name in o.parameters}
    plain = {plain_name(name): law for name, law in read.items()}
    return plain, [_weighed(finding, normed, used) for finding in findings]


def _weighed(finding: Finding, normed: set[str], used: set[str]) -> Finding:
    """A wrong scale does no harm before a norm; what no product reads may be equal by design."""
    names = {plain_name(name) for name in finding.numbers.get("names", [finding.where])}
    harmless = finding.code == "WRONG-FAN" and names <= normed
    if harmless or (finding.code in ("CLONES", "LAW") and not names & used):
        return replace(finding, severity="info")
    return finding
