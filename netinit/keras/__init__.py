"""Checks of a Keras model's start: the laws of its weights, and what a batch shows.

For models of Keras 3. `import netinit` needs NumPy alone; this package needs Keras with a backend,
and rich to print a report: ``pip install keras rich``.

`laws` works with every backend, `check` with JAX and PyTorch: it needs gradients, and TensorFlow's
was not tried. Of what `netinit.torch` does this is a part. There is no trace of where values came
from, and no trial: what only a few steps could decide is a warning here. The operations are Keras's
layers; residual streams, attention, saturated units and twins are not judged.
"""

try:
    import keras as _keras  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "keras":
        raise
    raise ModuleNotFoundError(
        "netinit.keras needs Keras, which is not installed: pip install keras rich", name="keras"
    ) from None

from netinit.keras.check import check
from netinit.keras.laws import laws, laws_by_name

__all__ = ["check", "laws", "laws_by_name"]
