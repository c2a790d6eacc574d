"""Run every check of the project, in order: ``python -m tests`` (what ``make test`` calls).

The long steps run side by side, as many as there are processors; their output is shown when they
end.

A run that passed leaves a fingerprint of everything it depended on: the files of the project, the
interpreter, the installed packages, the programs and variables that the tests use. While none of
it changes, a second run says so and stops; ``--force`` runs it anyway.
"""

import argparse
import functools
import hashlib
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.browser import chromium
from tests.project import ROOT, files

sys.path.insert(0, str(ROOT / "book"))

from netbook.frameworks import torch_notebooks

PASSED = ROOT / "_build" / "tests-passed"
ONE = {"OPENBLAS_NUM_THREADS": "1"}
# An idle BLAS thread spins for a while: on a busy machine that slows small networks down tenfold.
CALM = {"OPENBLAS_THREAD_TIMEOUT": "4"}
ANSWERS = ("tests/assignments/test_answers.py", "--ignore=tests/assignments/test_answers.py")
ELSEWHERE = ("--ignore=tests/assignments", "--ignore=tests/browser")
PROGRAMS = (*chromium.NAMES, "bwrap", "setpriv", "epubcheck", "node", "configurable-http-proxy")
VARIABLES = ("CHROMIUM", "CI", "NETINIT_ENGINE_FILES", "OPENBLAS_CORETYPE")


@dataclass(frozen=True)
class Step:
    """One command of the run, with what it adds to the environment."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)


def python(*arguments: str) -> tuple[str, ...]:
    """Return a command that runs this interpreter."""
    return (sys.executable, *arguments)


def chapters(name: str, **environment: str) -> Step:
    """Return the step that runs all chapters and compares every output with the stored one."""
    sanitize = str(ROOT / "tests" / "nbval_sanitize.cfg")
    # The limit, in seconds of a cell, is against hanging: a machine may be busy.
    how = ("--nbval", "--nbval-sanitize-with", sanitize, "--nbval-cell-timeout", "3600")
    left_out = [f"--ignore={path}" for path in torch_notebooks(ROOT)]  # make test-frameworks
    command = python("-m", "pytest", *how, "chapters", "reference", *left_out, "-q")
    return Step(f"chapters, {name}", command, environment)


def second_kernel() -> str:
    """Return a BLAS kernel other than the one this machine chooses by itself, but not a newer one.

    A newer kernel may use instructions that the processor does not have.
    """
    import numpy  # noqa: F401 (loads the library that is asked about)
    import threadpoolctl

    chosen = {str(pool.get("architecture", "")).lower() for pool in threadpoolctl.threadpool_info()}
    if platform.machine().lower() in {"arm64", "aarch64"}:
        return "ARMV8"
    if chosen & {"skylakex", "cooperlake", "sapphirerapids"}:
        return "Haswell"
    return "Sandybridge" if chosen & {"haswell", "zen"} else "Nehalem"


def deno() -> list[list[Step]]:
    """Return the checks of JavaScript and style sheets; none where deno is not to be had."""
    if platform.system() == "Windows" and platform.machine() == "ARM64":
        return []
    cache = {"DENO_DIR": str(ROOT / "_build" / "deno"), "DENO_NO_UPDATE_CHECK": "1"}
    return [
        [Step("deno lint", python("-m", "deno", "lint"), cache)],
        [Step("deno fmt", python("-m", "deno", "fmt", "--check"), cache)],
    ]


def steps() -> list[list[Step]]:
    """Return the checks, the quickest first; those of a list run side by side."""
    # The doctests of these run where the frameworks are: make test-frameworks.
    elsewhere = (f"--ignore=netinit/{name}" for name in ("torch", "flax", "keras"))
    hub = "--ignore=assignments/hub"  # configuration, which only its programs can read
    modules = ("netinit", "assignments", *elsewhere, hub)
    return [
        [Step("ruff check", python("-m", "ruff", "check", "."))],
        [Step("ruff format", python("-m", "ruff", "format", "--check", "."))],
        *deno(),
        [Step("book", python("book/build.py"))],
        [
            # It takes long, so it starts first. Its limits of time count the processor's, and what
            # a busy machine held up is graded again: load failed no test in two runs on two
            # processors that thirty programs wanted.
            Step("classroom", python("-m", "pytest", "tests/assignments", ANSWERS[1], "-q"), ONE),
            Step("pages", python("-m", "pytest", "tests/browser", "-q"), ONE),
            chapters("own kernel, one thread", OPENBLAS_NUM_THREADS="1"),
            Step("tests", python("-m", "pytest", "tests", *ELSEWHERE, "-q"), ONE),
            Step("answers", python("-m", "pytest", ANSWERS[0], "-q"), ONE),
            Step("doctests", python("-m", "pytest", "--doctest-modules", *modules, "-q"), ONE),
        ],
    ]


def nightly_steps() -> list[list[Step]]:
    """Return what is slow and nearly the same as a check of every run."""
    kernel = second_kernel()
    blas = {"OPENBLAS_NUM_THREADS": "2", "OPENBLAS_CORETYPE": kernel}
    marked = python("-m", "pytest", "tests", "-m", "nightly", "-q")
    return [
        [Step("book", python("book/build.py"))],
        [chapters(f"{kernel} kernel, two threads", **blas), Step("marked", marked, ONE)],
    ]


def fingerprint() -> str:
    """Return the fingerprint of what the outcome depends on, except for the programs."""
    installed = sorted(f"{d.name}=={d.version}" for d in importlib.metadata.distributions())
    digest = hashlib.sha256("\n".join([sys.version, platform.platform(), *installed]).encode())
    for path in files():
        digest.update(f"\0{path.relative_to(ROOT).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def programs() -> str:
    """Return a line for each program and variable that decides which tests run, and how."""
    found = [f"{name}={os.environ[name]}" for name in VARIABLES if name in os.environ]
    for name in PROGRAMS:
        if path := shutil.which(name):
            found.append(f"{path} {Path(path).stat().st_mtime_ns}")
    return "\n".join(found)


def run(step: Step, *, alone: bool) -> bool:
    """Run one step in the project's folder; say how long it took."""
    if alone:
        print(f"\n{step.name}", flush=True)
    start = time.monotonic()
    result = subprocess.run(
        step.command,
        cwd=ROOT,
        env={**os.environ, **CALM, **step.environment},
        stdout=None if alone else subprocess.PIPE,
        stderr=None if alone else subprocess.STDOUT,
    )
    word = "ok" if result.returncode == 0 else f"FAILED ({result.returncode})"
    told = "" if alone else f"\n{step.name}\n{result.stdout.decode(errors='replace')}"
    print(f"{told}{step.name}: {word}, {time.monotonic() - start:.0f} s", flush=True)
    return result.returncode == 0


def run_all(groups: list[list[Step]]) -> list[str]:
    """Run all steps; return the names of those that failed."""
    failed = []
    for group in groups:
        with ThreadPoolExecutor(min(len(group), os.cpu_count() or 1)) as pool:
            passed = pool.map(functools.partial(run, alone=len(group) == 1), group)
            failed += [step.name for step, good in zip(group, passed, strict=True) if not good]
    return failed


def report(groups: list[list[Step]]) -> int:
    """Run all steps and say how many passed; return the exit code."""
    failed = run_all(groups)
    print(f"\n{sum(map(len, groups)) - len(failed)} passed, {len(failed)} failed", flush=True)
    if failed:
        print("Failed: " + "; ".join(failed), file=sys.stderr)
    return int(bool(failed))


def main() -> int:
    """Run what has to be run; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__)
    parser.add_argument("--force", action="store_true", help="run even if nothing has changed")
    parser.add_argument("--nightly", action="store_true", help="run what every run leaves out")
    options, before = parser.parse_args(), fingerprint()
    if options.nightly:
        return report(nightly_steps())
    if (
        not options.force
        and PASSED.is_file()
        and PASSED.read_text("utf-8") == f"{before}\n{programs()}"
    ):
        print("Nothing changed since all tests passed. To run them again: make test FORCE=1")
        return 0
    if report(steps()):
        return 1
    PASSED.parent.mkdir(exist_ok=True)
    # The tests install a browser or a sandbox where one is missing: it counts as there from now on.
    PASSED.write_text(f"{before}\n{programs()}", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
