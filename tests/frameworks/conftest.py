"""What the frameworks read when they are imported."""

import atexit
import os
import shutil
import tempfile

# Keras writes its settings into the home folder unless it is given another.
os.environ["KERAS_HOME"] = tempfile.mkdtemp()
atexit.register(shutil.rmtree, os.environ["KERAS_HOME"], ignore_errors=True)
os.environ["KERAS_BACKEND"] = "torch"
os.environ["KERAS_TORCH_DEVICE"] = "cpu"  # it would take a GPU by itself
os.environ["JAX_PLATFORMS"] = "cpu"

from operators import import_torchvision  # noqa: E402 (transformers imports torchvision)

import_torchvision()
