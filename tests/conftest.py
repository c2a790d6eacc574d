"""What all tests share."""

import importlib.util

# The comparison with PyTorch, Keras and JAX runs in an environment of its own:
# make test-frameworks.
collect_ignore = [] if importlib.util.find_spec("torch") else ["frameworks"]

if importlib.util.find_spec("hypothesis"):
    from hypothesis import settings

    # By default an example that takes longer than 0.2 seconds fails: on a busy machine any may.
    settings.register_profile("untimed", deadline=None)
    settings.load_profile("untimed")
