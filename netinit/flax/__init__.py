"""Checks of a Flax model's start: the laws of its parameters, and what a batch shows.

For models of Flax NNX. `import netinit` needs NumPy alone; this package needs Flax, and rich to
print a report: ``pip install flax rich``.

Of what `netinit.torch` does this is a part. There is no trace of where values came from, and no
trial: what only a few steps could decide is a warning here. The operations are those of Flax's own
layers, not functions on bare parameters; activations are not told apart, so that dead and saturated
units, residual streams, attention and twins are not judged.
"""

try:
    import flax as _flax  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "flax":
        raise
    raise ModuleNotFoundError(
        "netinit.flax needs Flax, which is not installed: pip install flax rich", name="flax"
    ) from None

from netinit.flax.check import check
from netinit.flax.laws import laws, laws_by_name

__all__ = ["check", "laws", "laws_by_name"]
