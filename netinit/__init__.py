"""Weight initialization for neural networks, on NumPy alone."""

from netinit import activations, initializers
from netinit.initializers import *
from netinit.initializers import advice
from netinit.network import MLP, init_mlp, lsuv, lsuv_mlp
from netinit.theory import gain, gains, gated_gain, moments, unit_gain

__all__ = [
    "MLP",
    "activations",
    "advice",
    "gain",
    "gains",
    "gated_gain",
    "init_mlp",
    "initializers",
    "lsuv",
    "lsuv_mlp",
    "moments",
    "unit_gain",
]
__all__ += initializers.__all__


def __getattr__(name: str) -> str:
    """Look up ``__version__`` in the metadata of the installed package."""
    if name == "__version__":
        from importlib.metadata import version

        return version("netinit")
    raise AttributeError(f"module 'netinit' has no attribute {name!r}")
