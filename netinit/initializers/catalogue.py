"""What every scheme is: its law, what it assumes, where it is from, its names elsewhere.

The records are in `catalogue.toml`. They are the list of names that `get` knows, and the book's
table is made of them. Tests check that each name is a function of the package and that each
reference is an entry of the book's bibliography.
"""

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """One scheme.

    Parameters
    ----------
    name : str
        Of the function in `netinit`.
    aliases : tuple of str
        Its other names.
    elsewhere : tuple of str
        Names that other libraries have for it, which `get` takes too.
    kind : {"draw", "scaling", "structure", "bias", "data"}
        A plain distribution; a special case of `variance_scaling`; a matrix with a structure; a
        bias; or weights that need a batch of data, which `get` does not know.
    formula, latex : str
        The law, as plain text and for a formula in the book.
    assumption : str
        For what it is made.
    reference, citation : str
        Key in the book's bibliography, and the source in words; empty where there is no paper.
    pytorch, keras, jax : str
        The call that draws from the same law, given a tensor `w` in `torch.nn.init`, and in
        `keras.initializers` and `jax.nn.initializers`; empty where there is none.
    beware : str
        What the same name hides elsewhere; empty if nothing.
    """

    name: str
    aliases: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    kind: str
    formula: str
    latex: str
    assumption: str
    reference: str = ""
    citation: str = ""
    pytorch: str = ""
    keras: str = ""
    jax: str = ""
    beware: str = ""


@functools.cache
def catalogue() -> tuple[Scheme, ...]:
    """Every scheme, from plain draws to those that need data.

    >>> [scheme.name for scheme in catalogue() if scheme.kind == "bias"]
    ['log_prior', 'focal_prior', 'lstm_bias', 'chrono_bias']
    """
    text = resources.files("netinit.initializers").joinpath("catalogue.toml").read_text("utf-8")
    records = tomllib.loads(text)["schemes"]
    return tuple(
        Scheme(**{key: tuple(v) if isinstance(v, list) else v for key, v in record.items()})
        for record in records
    )
