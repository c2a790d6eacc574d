"""Which initialization for which network: what to write, why, and the code to paste.

The words and the code are in `advice.toml`. An architecture says what is between the layers,
an activation what follows each; tests run every piece of code and hold its weights to the law. The
book's decision tables are made of the same words.
"""

import functools
import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from string import Template

from netinit._checks import arguments

FRAMEWORKS = {"pytorch": "PyTorch", "keras": "Keras", "jax": "JAX, Flax", "netinit": "NumPy"}
KINDS = {
    "activation": "dense or convolution, then",
    "architecture": "the network",
    "case": "the layer",
}
# An author and a year, as in "He et al., 2015": the key of the book's bibliography in two groups.
SOURCE = re.compile(r"([A-Z]\w+)(?: et al\.| & \w+), (\d{4})")


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What to do about one network.

    Parameters
    ----------
    recommendation, reason : str
        Plain words; what is between backticks is code.
    code : str
        Python that makes such a model, or its arrays, and draws its weights so.
    """

    recommendation: str
    reason: str
    code: str


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One row of a decision table.

    Parameters
    ----------
    kind : a key of `KINDS`
        What the row is about: the activation that follows a layer, what is between the layers,
        or a layer that needs something else.
    network, start, reason : str
        Plain words; what is between backticks is code.
    """

    kind: str
    network: str
    start: str
    reason: str


def advise(architecture: str, activation: str = "relu", framework: str = "netinit") -> Advice:
    """The recommended initialization, why, and the code for it.

    Parameters
    ----------
    architecture : a key of `architectures()`
    activation : a key of `activations()`
        Of the hidden layers; an LSTM and a transformer are advised alike whatever it is.
    framework : a key of `FRAMEWORKS`

    Examples
    --------
    >>> advise("dense", "selu").recommendation
    'Hidden weights: LeCun, variance `1/fan_in`. Biases: 0. Output weights: variance `1/fan_in`.'
    """
    table = _table()
    arguments.choice(architecture, table["architectures"], "architecture")
    arguments.choice(activation, table["activations"], "activation")
    arguments.choice(framework, FRAMEWORKS, "framework")
    network, follows = table["architectures"][architecture], table["activations"][activation]
    words = {"scheme": follows["scheme"], "reason": follows["reason"]}
    code = {"draw": follows["draw"][framework], "phi": follows["phi"][framework]}
    return Advice(
        recommendation=Template(network["recommendation"]).substitute(words),
        reason=Template(network["reason"]).substitute(words),
        code=_without_idle_import(Template(network["code"][framework].strip()).substitute(code)),
    )


def architectures() -> dict[str, str]:
    """What is advised about, and its name in words.

    >>> list(architectures())
    ['dense', 'convolution', 'residual', 'normalized', 'recurrent', 'transformer']
    """
    return {key: entry["label"] for key, entry in _table()["architectures"].items()}


def activations() -> dict[str, str]:
    """The activations that are advised about, and their names in words.

    >>> activations()["silu"]
    'SiLU'
    """
    return {key: entry["label"] for key, entry in _table()["activations"].items()}


def decisions() -> tuple[Decision, ...]:
    """Every row of the decision tables: by activation, by architecture, then the special layers.

    >>> decisions()[0].start
    'He, variance `2/fan_in`: `he_normal()`'
    """
    table = _table()
    found = [
        Decision(
            kind="activation",
            network=entry["label"],
            start=f"{entry['scheme']}: `{_call(entry['draw']['netinit'])}`",
            reason=entry["reason"],
        )
        for entry in table["activations"].values()
    ]
    found += [
        Decision(
            kind="architecture",
            network=entry["label"],
            start=Template(entry["recommendation"]).substitute(scheme="by the activation"),
            reason=Template(entry["reason"]).substitute(reason="").strip(),
        )
        for entry in table["architectures"].values()
    ]
    found += [
        Decision(kind="case", network=case["layer"], start=case["start"], reason=case["reason"])
        for case in table["cases"]
    ]
    return tuple(found)


def decision_table(kind: str, *, references: str = "references.md") -> str:
    """The rows of one kind as a table in Markdown, each source linked to the page `references`.

    >>> print(decision_table("activation").splitlines()[0])
    | dense or convolution, then | start with | because |
    """
    arguments.choice(kind, KINDS, "kind")

    def linked(source: re.Match) -> str:
        return f"[{source[0]}]({references}#{source[1].lower()}{source[2]})"

    lines = [f"| {KINDS[kind]} | start with | because |", "|---|---|---|"]
    for row in decisions():
        if row.kind == kind:
            lines.append(f"| {row.network} | {row.start} | {SOURCE.sub(linked, row.reason)} |")
    return "\n".join(lines)


@functools.cache
def _table() -> dict[str, dict]:
    return tomllib.loads(
        resources.files("netinit.initializers").joinpath("advice.toml").read_text("utf-8")
    )


def _without_idle_import(code: str) -> str:
    """The code without the import of `partial` where only other schemes need it."""
    line = "from functools import partial\n\n"
    return code if "partial(" in code else code.replace(line, "")


def _call(draw: str) -> str:
    """A scheme, as the code for NumPy names it, as a call."""
    configured = re.fullmatch(r"partial\(ni\.(\w+), (.+)\)", draw)
    return f"{configured[1]}({configured[2]})" if configured else f"{draw.removeprefix('ni.')}()"
