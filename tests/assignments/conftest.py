"""Fixtures for the tests of the classroom."""

import os
import shutil
import signal
import subprocess
import sys

import pytest

from assignments.grading import autograde
from assignments.running import isolation
from assignments.running.limits import Limits
from tests.assignments import mini

HELP = "install bubblewrap (Debian: apt-get install bubblewrap)"


def bubblewrap_can_be_had():
    """Install bubblewrap if this user is root; return whether it is available."""
    if sys.platform != "linux":
        return False
    if not shutil.which("bwrap") and os.geteuid() == 0 and shutil.which("apt-get"):
        install = ["apt-get", "install", "--yes", "--no-install-recommends", "bubblewrap"]
        if subprocess.run(install, capture_output=True).returncode:
            subprocess.run(["apt-get", "update"], capture_output=True)
            subprocess.run(install, capture_output=True)
    return shutil.which("bwrap") is not None


@pytest.fixture(scope="session")
def walls():
    """The strictest sandbox; skips the test if the system has none."""
    if not bubblewrap_can_be_had():
        pytest.skip(f"a student's code is not isolated here: {HELP}")
    isolation.works.cache_clear()
    box = isolation.sandbox(Limits())
    if box.missing():
        pytest.skip(f"not enforced here: {', '.join(box.missing())}")
    return box


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """The small problem set of `mini`."""
    return mini.write(tmp_path_factory.mktemp("mini") / "source")


@pytest.fixture(scope="session", autouse=True)
def gradebooks(tmp_path_factory):
    """nbgrader takes seconds to make a database of tests: each is made once, then copied."""
    made, make = {}, autograde.write_gradebook

    def copied(problem_set, key, path):
        what = (problem_set.name, problem_set.path.read_bytes(), key)
        if what not in made:
            kept = tmp_path_factory.mktemp("gradebook") / "made.db"
            make(problem_set, key, kept)
            made[what] = kept
        shutil.copy(made[what], path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(autograde, "write_gradebook", copied)
        yield


@pytest.fixture
def ctrl_c_is_heeded():
    """What a test starts can be ended by Ctrl-C, even if the tests themselves cannot.

    What a shell puts into the background may ignore Ctrl-C, and so does all that it starts.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
