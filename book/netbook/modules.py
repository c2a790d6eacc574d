"""The modules that reference pages describe, though the book has none of the frameworks.

`netinit.torch` and its like import a framework at their top. For their pages stand-ins take the
place of it: names, docstrings and signatures are those of the source, which needs no framework.
"""

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import FunctionType, ModuleType

# The packages that need a framework, and what they import of others.
FRAMEWORKS = {
    "torch": ("torch", "lightning", "transformers"),
    "flax": ("flax", "jax"),
    "keras": ("keras",),
}


class StandIn(type):
    """A class that stands for anything of a framework: a base, a type, a decorator."""

    def __getattr__(cls, name: str) -> type:
        return stand_in(name)

    def __call__(cls, *args: object, **kwargs: object) -> object:
        """What a decorator gets, which stays as it is; else the stand-in again."""
        if len(args) == 1 and isinstance(args[0], FunctionType):
            return args[0]
        return cls

    def __or__(cls, other: object) -> type:
        return cls

    __ror__ = __or__


def stand_in(name: str) -> type:
    """Something of that name."""
    if name.startswith("__"):
        raise AttributeError(name)
    return StandIn(name, (), {})


class Finder(MetaPathFinder, Loader):
    """Finds modules of frameworks, all of whose names are stand-ins."""

    def __init__(self, frameworks: Sequence[str]) -> None:
        self.frameworks = frameworks

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The module, if it is one of a framework."""
        if name.partition(".")[0] not in self.frameworks:
            return None
        return ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """A module in which every name is a stand-in."""
        module = ModuleType(spec.name)
        module.__getattr__, module.__file__ = stand_in, f"{spec.name}/__init__.py"
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is run."""


@contextmanager
def standing_in(frameworks: Sequence[str]) -> Iterator[None]:
    """Within this the modules of frameworks are stand-ins; afterwards they are as they were."""

    def there() -> dict[str, ModuleType]:
        return {n: m for n, m in sys.modules.items() if n.partition(".")[0] in frameworks}

    finder, kept = Finder(frameworks), there()
    for name in kept:
        del sys.modules[name]
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in there():
            del sys.modules[name]
        sys.modules.update(kept)


@cache
def load(page: str) -> ModuleType:
    """The module ``netinit.page``; one that needs a framework, with stand-ins for it.

    It stays among the modules of this process, which should only read it.
    """
    with standing_in(FRAMEWORKS.get(page.partition(".")[0], ())):
        return importlib.import_module(f"netinit.{page}")
