"""The names of parameters, and what they have in common."""

import re


def pattern(name: str) -> str:
    """The name with a star for each number in it.

    >>> pattern("blocks.3.mlp.0.weight")
    'blocks.*.mlp.*.weight'
    """
    return re.sub(r"(?<=\.)\d+(?=\.|$)|^\d+(?=\.)", "*", name)
