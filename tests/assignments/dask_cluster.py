"""A Dask scheduler and workers on this machine, in processes of their own, for tests."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from assignments.running.isolation import PROJECT

START = 300  # seconds, after which a process is taken to hang
LOCAL = ("--host", "127.0.0.1", "--no-dashboard")


class Cluster:
    """A scheduler, and workers that are added and killed; a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.processes = folder, {}
        self.file = folder / "scheduler.json"

    def __enter__(self) -> "Cluster":
        self._start("scheduler", "--port", "0", "--scheduler-file", str(self.file))
        told = until(lambda: self.file.is_file() and self.file.read_text("utf-8"), "the scheduler")
        self.address = json.loads(told)["address"]
        return self

    def __exit__(self, *error: object) -> None:
        for name in reversed(list(self.processes)):
            self.end(name)

    def add(self, name: str, *options: str) -> None:
        """Start a worker of one thread, with a folder for temporary files of its own."""
        self.temporary(name).mkdir(parents=True)
        own = ["--no-nanny", "--nthreads", "1", "--name", name]
        own += ["--local-directory", str(self.folder / name)]
        self._start("worker", self.address, *own, *options, name=name)

    def temporary(self, name: str) -> Path:
        """Where a worker's programs keep temporary files."""
        return self.folder / name / "tmp"

    def grades(self, name: str, words: str) -> bool:
        """Whether a worker's station has a kernel that runs a notebook with some words now."""
        texts = map(_read, self.temporary(name).glob("ni-station-*/rebuilt.ipynb"))
        return any(words in text for text in texts) and len(self.family(name)) >= 3

    def family(self, name: str) -> list[psutil.Process]:
        """What a worker has started, and what that has started."""
        return psutil.Process(self.processes[name].pid).children(recursive=True)

    def kill(self, name: str) -> None:
        """End the worker's process at once, and see that all that it started ends too."""
        family = self.family(name)
        process = self.processes.pop(name)
        process.kill()
        process.wait(START)
        assert psutil.wait_procs(family, START)[1] == [], "what it started is still there"

    def end(self, name: str) -> None:
        """Ask a process to end, and wait."""
        process = self.processes.pop(name)
        process.terminate()
        process.wait(START)

    def _start(self, program: str, *arguments: str, name: str = "scheduler") -> None:
        command = [sys.executable, "-m", "dask", program, *arguments, *LOCAL]
        variables = {"PYTHONPATH": str(PROJECT), "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "error"}
        if name != "scheduler":
            variables["TMPDIR"] = str(self.temporary(name))
        with (self.folder / f"{name}.log").open("w") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=PROJECT, env=os.environ | variables, stdout=log, stderr=log
            )


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""  # it has just been removed


def until(condition: Callable[[], object], what: str) -> object:
    """What a condition gives once it holds."""
    end = time.monotonic() + START
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} took more than {START} s")
