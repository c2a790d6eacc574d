"""What a student's code cannot do: each limit is met by a program that goes against it."""

import os
import shutil
import subprocess
import sys
import tempfile
import types
from dataclasses import fields, replace
from pathlib import Path

import pytest

import netinit
from assignments.running import isolation
from assignments.running.limits import Limits, resources

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
            command, env=box.environment(), capture_output=True, text=True, timeout=600
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
    here, sources = isolation.PROJECT / "assignments", isolation.PROJECT / "assignments/source"
    assert sources.is_dir()
    assert run(f"import os; print(os.path.exists({str(sources)!r}))") == "False\n"
    assert run(f"import os; print(os.listdir({str(here)!r}))") == "['running']\n"
    assert run(f"import os; print(os.listdir({str(FOLDER)!r}))") == "['limited.py']\n"


def test_the_home_is_empty(run):
    assert run("import os; print(os.listdir())") == "[]\n"


WRITE = """
import os
for place in {places!r}:
    try:
        open(os.path.join(place, "written-by-a-test"), "w").close()
        print(place, "writable", sep="\\t")
    except OSError as error:
        print(place, error.strerror, sep="\\t")
"""


def written(run, places):
    """What a program behind the walls is told when it makes a file in each place."""
    told = run(WRITE.format(places=[str(place) for place in places]))
    return dict(line.split("\t") for line in told.splitlines())


def test_only_three_places_can_be_written(run, tmp_path):
    code = (sys.prefix, sys.base_prefix, Path(netinit.__file__).parent, FOLDER)
    parents = {parent for path in map(Path, code) for parent in path.parents}
    closed = {"/", "/dev", "/usr", *map(str, [*code, *parents])} - set(isolation.WRITABLE)
    closed |= {str(tmp_path), str(tmp_path / "shared")}
    told = written(run, [*closed, *isolation.WRITABLE])
    assert {place: what for place, what in told.items() if what != "Read-only file system"} == (
        dict.fromkeys(isolation.WRITABLE, "writable")
    )


@pytest.fixture(params=["/tmp", "/dev/shm", "/usr/local/src", "/var/tmp"])
def elsewhere(request, monkeypatch):
    """Let a copy of the project in another place be the one that grades."""
    if not os.access(request.param, os.W_OK):
        pytest.skip(f"{request.param} cannot be written by this user")
    with tempfile.TemporaryDirectory(dir=request.param) as folder:
        Path(folder).chmod(0o755)
        project = Path(folder) / "mé folder" / ("long " * 25).strip()
        shutil.copytree(Path(netinit.__file__).parent, project / "netinit")
        (project / "assignments" / "source").mkdir(parents=True)
        shutil.copy(isolation.LIMITED, project / "assignments")
        monkeypatch.setattr(isolation, "PROJECT", project)
        monkeypatch.setattr(isolation, "LIMITED", project / "assignments" / "limited.py")
        package = types.SimpleNamespace(__file__=str(project / "netinit" / "__init__.py"))
        monkeypatch.setattr(isolation, "netinit", package)
        yield project


def test_the_walls_are_the_same_wherever_the_project_is(elsewhere, run):
    assert run("import netinit; print(netinit.__file__)") == f"{elsewhere}/netinit/__init__.py\n"
    assert run(f"import os; print(sorted(os.listdir({str(elsewhere)!r})))") == (
        "['assignments', 'netinit']\n"
    )
    assert run(f"import os; print(os.listdir({str(elsewhere / 'assignments')!r}))") == (
        "['limited.py']\n"
    )
    inside = [elsewhere, *elsewhere.parents, elsewhere / "netinit", elsewhere / "assignments"]
    closed = [place for place in inside if str(place) not in isolation.WRITABLE]
    assert set(written(run, closed).values()) == {"Read-only file system"}


BECOME_ROOT = """
import errno, os
print(os.getuid())
try:
    os.setuid(0)
except OSError as error:
    print(errno.errorcode[error.errno])
print(os.getuid())
print(*[line for line in open("/proc/self/status").read().splitlines() if "CapEff" in line])
"""


def test_the_grader_reaches_what_a_program_makes_and_nothing_lies_outside(walls, tmp_path):
    tmp_path.chmod(0o711)
    code = f"open({isolation.INSIDE!r}, 'w').write('here'); print(1, flush=True); input()"
    command = walls.command(["-c", code], tmp_path)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=walls.environment(), **pipes) as program:
        assert program.stdout.readline() == b"1\n"
        found = isolation.reached(program.pid, isolation.INSIDE)
        assert Path(found).read_text() == "here"
        assert isolation.reached(program.pid, f"{isolation.TEMPORARY}/none") is None
        assert not Path(isolation.INSIDE).exists()
        program.stdin.close()
    assert isolation.reached(program.pid, isolation.INSIDE) is None


def test_it_is_not_root(run):
    user, refused, left, rights = run(BECOME_ROOT).splitlines()
    assert user == left != "0"
    # Root is a user the kernel may not become, or one that its namespace does not have.
    assert refused in ("EPERM", "EINVAL")
    assert rights == "CapEff:\t0000000000000000"


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


def test_each_resource_that_is_limited_is_set(run):
    numbers = resources(Limits(), {limit.name for limit in fields(Limits)})
    told = run(f"import resource as r; print([r.getrlimit(getattr(r, n)) for n in {[*numbers]}])")
    assert told == f"{[(number, number) for number in numbers.values()]}\n"


def test_processes_are_limited_only_for_a_user_who_has_no_others(walls):
    bare = replace(walls, bubblewrap=None, set_user=None)
    limits = "a limit on the number of processes and threads"
    assert limits in bare.missing()
    assert limits not in walls.missing()
    assert "RLIMIT_NPROC" in " ".join(walls.command(["-c", ""], Path("/nowhere/s")))
    assert "RLIMIT_NPROC" not in " ".join(bare.command(["-c", ""], Path("/nowhere/s")))


def test_what_is_not_enforced_is_named(walls):
    bare = replace(walls, bubblewrap=None)
    assert isolation.works(bare)
    assert bare.sockets(Path("/x")) == "/x/k"
    assert "no network" in bare.missing()
    assert "no files but its own" in bare.missing()
    assert not walls.missing()
