"""Which initialization for which network: what to write, why, and the code to paste.

The words and the code are in `advice.toml` and `layers.toml`. An architecture says what is between
the layers, an activation what follows each; some layers need something else. Tests run every piece
of code and hold its weights to the law. The book's decision tables are made of the same words.
"""

import functools
import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from string import Template

from netinit._checks import arguments

FRAMEWORKS = {
    "pytorch": "PyTorch",
    "keras": "Keras",
    "nnx": "Flax NNX",
    "jax": "Flax Linen",
    "netinit": "NumPy",
}
KINDS = {
    "activation": "dense or convolution, then",
    "architecture": "the network",
    "case": "the layer",
}
# Authors and a year, as in "He et al., 2015"; the key of "van Laarhoven" is without its "van".
SOURCE = re.compile(r"(?:van )?([A-Z]\w+)(?: et al\.| & \w+)?, (\d{4})")
# The sources whose key in the bibliography is not that of the first author and the year.
KEYS = {"Zhang & Sennrich, 2019": "zhang2019rms"}


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What to do about one network.

    Parameters
    ----------
    recommendation, condition, reason : str
        What to do, where it holds, and why, in plain words; what is between backticks is code.
    code : str
        Python that makes such a model, or its arrays, and draws its weights so.
    """

    recommendation: str
    condition: str
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
    network, start, condition, reason : str
        Plain words; what is between backticks is code.
    """

    kind: str
    network: str
    start: str
    condition: str
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
        condition=" ".join([network["condition"], _of_activation(network, follows)]).strip(),
        reason=Template(network["reason"]).substitute(words),
        code=_without_idle_import(Template(network["code"][framework].strip()).substitute(code)),
    )


def advise_layer(layer: str, framework: str = "netinit") -> Advice:
    """The recommended initialization of a layer that needs something else, why, and the code.

    Parameters
    ----------
    layer : a key of `layers()`
    framework : a key of `FRAMEWORKS` but "jax"
        Flax Linen's layers take the same initializers as those of Flax NNX.

    Examples
    --------
    >>> print(advise_layer("controlnet").code)
    import netinit as ni
    <BLANKLINE>
    add = ni.zeros((64, 64, 1, 1))
    """
    known, frameworks = layers(), [key for key in FRAMEWORKS if key != "jax"]
    arguments.choice(layer, known, "layer")
    arguments.choice(framework, frameworks, "framework")
    entry = _layers()[layer]
    return Advice(
        recommendation=entry["start"],
        condition=entry["condition"],
        reason=entry["reason"],
        code=entry["code"][framework].strip(),
    )


def layers() -> dict[str, str]:
    """The layers that need something else, and their names in words.

    >>> layers()["lora"]
    'low-rank addition to trained weights (LoRA)'
    """
    return {key: entry["label"] for key, entry in _layers().items()}


def architectures() -> dict[str, str]:
    """What is advised about, and its name in words.

    >>> list(architectures())
    ['dense', 'convolution', 'residual', 'residual_adam', 'normalized', 'recurrent', 'transformer']
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
            condition=entry["condition"],
            reason=entry["reason"],
        )
        for entry in table["activations"].values()
    ]
    found += [
        Decision(
            kind="architecture",
            network=entry["label"],
            start=Template(entry["recommendation"]).substitute(scheme="by the activation"),
            condition=entry["condition"],
            reason=Template(entry["reason"]).substitute(reason="").strip(),
        )
        for entry in table["architectures"].values()
    ]
    found += [
        Decision(
            kind="case",
            network=entry["label"],
            start=entry["start"],
            condition=entry["condition"],
            reason=entry["reason"],
        )
        for entry in _layers().values()
    ]
    return tuple(found)


def decision_table(kind: str, *, references: str = "references.md") -> str:
    """The rows of one kind as a table in Markdown, each source linked to the page `references`.

    >>> print(decision_table("activation").splitlines()[0])
    | dense or convolution, then | start with | where | because |
    """
    arguments.choice(kind, KINDS, "kind")

    def linked(source: re.Match) -> str:
        return f"[{source[0]}]({references}#{key_of(source)})"

    lines = [f"| {KINDS[kind]} | start with | where | because |", "|---|---|---|---|"]
    for row in decisions():
        if row.kind == kind:
            where, why = (SOURCE.sub(linked, words) for words in (row.condition, row.reason))
            lines.append(f"| {row.network} | {row.start} | {where} | {why} |")
    return "\n".join(lines)


def key_of(source: re.Match) -> str:
    """The key in the bibliography of a source that `SOURCE` found."""
    return KEYS.get(source[0], f"{source[1].lower()}{source[2]}")


def _table() -> dict[str, dict]:
    return _read("advice.toml")


def _layers() -> dict[str, dict]:
    return _read("layers.toml")["layers"]


@functools.cache
def _read(name: str) -> dict[str, dict]:
    text = resources.files("netinit.initializers").joinpath(name).read_text("utf-8")
    return tomllib.loads(text)


def _of_activation(network: dict, follows: dict) -> str:
    """Where the activation's scheme holds, if the architecture uses that scheme."""
    return follows["condition"] if "$scheme" in network["recommendation"] else ""


def _without_idle_import(code: str) -> str:
    """The code without the import of `partial` where only other schemes need it."""
    line = "from functools import partial\n\n"
    return code if "partial(" in code else code.replace(line, "")


def _call(draw: str) -> str:
    """A scheme, as the code for NumPy names it, as a call."""
    configured = re.fullmatch(r"partial\(ni\.(\w+), (.+)\)", draw)
    return f"{configured[1]}({configured[2]})" if configured else f"{draw.removeprefix('ni.')}()"
