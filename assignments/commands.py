"""What a message calls a command: as the person who reads it starts it."""

import os
import shlex
import sys
from pathlib import Path

VARIABLE = "NETINIT_MAKE"  # the Makefile sets it


def grades_of(problem_set: str) -> Path:
    """The folder of a class's grades, unless ``--out`` names another."""
    return Path("grades") / problem_set


def command(name: str, problem_set: str = "", out: Path | None = None) -> str:
    """A command as it is typed: ``make mark PS=ps1``, or what it is without make.

    Parameters
    ----------
    name : str
        Such as ``mark``.
    problem_set : str, optional
        The problem set it is about.
    out : Path, optional
        The folder of the grades, where it may be another than the usual one.
    """
    usual = out is None or out == grades_of(problem_set)
    options = [] if usual else ["--out", str(out)]
    if os.environ.get(VARIABLE):
        which = [f"PS={problem_set}"] * bool(problem_set)
        which += [f"OPTIONS={shlex.quote(shlex.join(options))}"] * bool(options)
        return " ".join(["make", name, *which])
    which = [problem_set] * bool(problem_set)
    return shlex.join([_python(), "-m", "assignments", name, *which, *options])


def _python() -> str:
    """The interpreter, by a short path if the working directory contains it."""
    here, path = Path.cwd(), Path(sys.executable)
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
