"""Which initialization for which network: what to write, why, and the code to paste.

The words and the code stand in `advice.toml`. An architecture says what stands between the layers,
an activation what follows each; tests run every piece of code and hold its weights to the law.
"""

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from string import Template

from netinit import arguments

FRAMEWORKS = {"pytorch": "PyTorch", "keras": "Keras", "jax": "JAX, Flax", "netinit": "NumPy"}


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What to do about one network.

    Parameters
    ----------
    recommendation, reason : str
        Plain words; what stands between backticks is code.
    code : str
        Python that makes such a model, or its arrays, and draws its weights so.
    """

    recommendation: str
    reason: str
    code: str


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


@functools.cache
def _table() -> dict[str, dict]:
    return tomllib.loads(resources.files("netinit").joinpath("advice.toml").read_text("utf-8"))


def _without_idle_import(code: str) -> str:
    """The code without the import of `partial` where only other schemes need it."""
    line = "from functools import partial\n\n"
    return code if "partial(" in code else code.replace(line, "")
