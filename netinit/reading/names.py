"""The names of parameters, and what they have in common."""

import re


def pattern(name: str) -> str:
    """The name with a star for each number that a part of it is, or ends in.

    >>> pattern("blocks.3.mlp.0.weight"), pattern("layers.layer_11.fc.weight")
    ('blocks.*.mlp.*.weight', 'layers.layer_*.fc.weight')
    """
    return re.sub(r"(?<=[._-])\d+(?=\.|$)|^\d+(?=\.)", "*", name)
