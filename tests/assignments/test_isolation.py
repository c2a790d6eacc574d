"""What a student's code cannot do: each limit is met by a program that goes against it."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from assignments import isolation

FOLDER = Path(isolation.__file__).resolve().parent


@pytest.fixture
def run(walls, tmp_path):
    """Run Python code behind the walls; return what it printed."""

    def inside(code, **limits):
        box = replace(walls, limits=replace(walls.limits, **limits))
        shared = tmp_path / "shared"
        shared.mkdir(exist_ok=True)
        tmp_path.chmod(0o711)
        command = box.command(["-c", code], shared)
        result = subprocess.run(
            command, env=box.environment(), capture_output=True, text=True, timeout=60
        )
        return result.stdout + result.stderr

    return inside


def test_netinit_and_numpy_are_there(run):
    assert run("import numpy, netinit; print(netinit.fans((3, 2)).fan_in)") == "2\n"


def test_there_is_no_network(run):
    code = "import socket; socket.create_connection(('127.0.0.1', 9), timeout=5)"
    assert "OSError" in run(code) or "ConnectionRefusedError" in run(code)
    assert "Network is unreachable" in run(code.replace("127.0.0.1", "192.0.2.1"))


def test_a_server_of_this_machine_is_out_of_reach(run):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass  # it answers from here
        told = run(f"import socket; socket.create_connection(('127.0.0.1', {port}), timeout=5)")
    assert "ConnectionRefusedError" in told


def test_the_sources_are_not_there(run):
    root = str(FOLDER.parent)
    told = run(f"import os; print(os.path.exists({root!r} + '/assignments/source'))")
    assert told == "False\n"
    assert run(f"import os; print(sorted(os.listdir({root!r} + '/assignments')))") == (
        "['limited.py']\n"
    )


def test_the_home_is_empty_and_the_rest_cannot_be_written(run):
    assert run("import os; print(os.listdir())") == "[]\n"
    for place in ("/", "/dev", "/usr", sys.prefix, str(FOLDER)):
        assert "OSError" in run(f"open({place!r} + '/x', 'w')") or "Read-only" in run(
            f"open({place!r} + '/x', 'w')"
        )


def test_it_is_not_root(run):
    told = run("import os; print(os.getuid())\ntry: os.setuid(0)\nexcept OSError as e: print(e)")
    assert told.splitlines()[1:] == ["[Errno 1] Operation not permitted"]
    assert told.splitlines()[0] != "0"


def test_other_processes_are_not_in_sight(run):
    told = run("import os; print(len([p for p in os.listdir('/proc') if p.isdigit()]))")
    assert int(told) <= 4


def test_the_course_key_is_not_in_the_environment(run, monkeypatch):
    monkeypatch.setenv("NETINIT_COURSE_KEY", "secret")
    assert "secret" not in run("import os; print(dict(os.environ))")


BOUNDED_FORKS = """
import os, signal, time
children = []
try:
    for _ in range({tries}):
        child = os.fork()
        if child == 0:
            time.sleep(20)
            os._exit(0)
        children.append(child)
except OSError:
    pass
print(len(children))
for child in children:
    os.kill(child, signal.SIGKILL)
"""


def test_the_number_of_processes_is_limited(run):
    told = run(BOUNDED_FORKS.format(tries=40), processes=16)
    assert int(told) < 16


def test_the_memory_is_limited(run):
    assert "MemoryError" in run("bytearray(10**9)", memory_mb=500)
    assert run("print(len(bytearray(10**8)))", memory_mb=500) == "100000000\n"


def test_files_are_limited(run):
    many = "for n in range(9): open(f'{n}', 'wb').write(bytes(10**6))"
    assert "No space left" in run(many, files_mb=5)
    assert "File too large" in run("open('x', 'wb').write(bytes(9 * 10**6))", files_mb=5)
    assert "No space left" in run(many.replace("f'{n}'", "f'/dev/shm/{n}'"), files_mb=5)


def test_what_is_not_enforced_is_named(walls):
    bare = replace(walls, bubblewrap=None)
    assert "no network" in bare.missing()
    assert "no files but its own" in bare.missing()
    assert not walls.missing()
