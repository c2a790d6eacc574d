"""What all tests share."""

import importlib.util

# The comparison with PyTorch, Keras and JAX runs in an environment of its own:
# make test-frameworks.
collect_ignore = [] if importlib.util.find_spec("torch") else ["frameworks"]
