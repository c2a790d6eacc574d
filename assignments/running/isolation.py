"""Where a student's code runs: which limits this system can enforce, and the command that does it.

On Linux with bubblewrap the kernel sees an empty home, the interpreter and netinit, and nothing
else: no network, no other process, none of the teacher's files. It talks to the grader through
sockets in its own folder for temporary files, which the grader can reach from outside. If the
grader is root, the kernel runs under a user who owns nothing. `limits` says which resources are
limited, and on which systems.
"""

import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, fields, replace
from pathlib import Path

import psutil

import netinit
from assignments.running.limits import MEGABYTE, Limits, Meaning, meaning, resources

try:
    import resource
except ImportError:  # Windows
    resource = None

PROJECT = Path(__file__).resolve().parents[2]
LIMITED = Path(__file__).resolve().parent / "limited.py"
UNPRIVILEGED = 60_001  # a user and a group that own nothing; one more for each kernel at a time
HOME = "/student"
TEMPORARY = "/tmp"  # in a sandbox, where it is that sandbox's own
INSIDE = f"{TEMPORARY}/netinit-kernel"  # the beginning of the sockets' paths in a sandbox
WRITABLE = ("/dev/shm", TEMPORARY, HOME)  # the only places that are, each empty and of limited size
_KEPT = ("OPENBLAS_CORETYPE", "LC_", "SYSTEMROOT", "TMP", "TEMP")
_PLACES = ("HOME", "PATH", "PYTHONPATH", "SYSTEMROOT", "TMP", "TEMP")  # variables that name folders
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store")
_SPACES = tuple(f"--unshare-{name}" for name in ("ipc", "pid", "net", "uts", "cgroup-try"))
_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/etc/fonts", "/etc/alternatives")


@dataclass(frozen=True)
class Sandbox:
    """A way to run a kernel, and what it prevents."""

    limits: Limits
    bubblewrap: str | None  # path of bwrap, where it works
    set_user: str | None  # path of setpriv, if the grader is root

    def enforced(self) -> dict[str, bool]:
        """Each promise to the teacher in words, and whether this system keeps it."""
        inside, set_here = self.bubblewrap is not None, self._limits_enforced()
        return {
            "no network": inside,
            "no files but its own": inside,
            "no other processes in sight": inside,
            "a user without rights": self.set_user is not None or not is_root(),
            **{f"a limit on {meaning(f).of}": f.name in set_here for f in fields(self.limits)},
        }

    def missing(self) -> list[str]:
        """The promises that this system does not keep."""
        return [name for name, holds in self.enforced().items() if not holds]

    def command(self, program: list[str], shared: Path, slot: int = 0) -> list[str]:
        """The command that runs a Python program within the limits.

        Parameters
        ----------
        program : list of str
            The program's arguments to Python: ``["-c", code]`` or ``["-m", module, ...]``.
        shared : Path
            A folder of the grader's that it can read.
        slot : int
            Tells apart the kernels that run at the same time.
        """
        limits = json.dumps(resources(self.limits, self._limits_enforced()))
        walls = [] if self.bubblewrap is None else [self.bubblewrap, *self._walls(shared)]
        user, drop = self.user(slot), []
        if user is not None:
            ids = [f"--reuid={user}", f"--regid={user}", "--clear-groups"]
            drop = [self.set_user, *ids, "--no-new-privs", "--bounding-set=-all"]
        # The walls come first: root may build them from files that the user may not see.
        return [*walls, *drop, sys.executable, "-P", str(LIMITED), limits, *program]

    def user(self, slot: int) -> int | None:
        """The number of the user a kernel runs under; None if it is the grader's own."""
        return None if self.set_user is None else UNPRIVILEGED + slot

    def sockets(self, shared: Path) -> str:
        """Where a kernel makes its sockets: the beginning of their paths, as the kernel sees it."""
        return str(shared / "k") if self.bubblewrap is None else INSIDE

    def _limits_enforced(self) -> set[str]:
        """The names of the limits that can be set here."""
        own_user = self.bubblewrap is not None or self.set_user is not None
        return {f.name for f in fields(self.limits) if _can_be_set(meaning(f), own_user)}

    def _walls(self, shared: Path) -> list[str]:
        """The arguments of bubblewrap."""
        # Root needs no user namespace, in which it would be the owner of its files still.
        walls = ["--die-with-parent", "--new-session", *_SPACES]
        walls += [] if self.set_user else ["--unshare-user"]
        walls += _system()
        walls += ["--proc", "/proc", "--dev", "/dev"]
        for name in WRITABLE:
            size = str(self.limits.files_mb * MEGABYTE)
            walls += ["--size", size, "--perms", "1777", "--tmpfs", name]
        code = {sys.prefix, sys.base_prefix, str(Path(netinit.__file__).parent), str(LIMITED)}
        closed = _closed({*code, str(shared)})
        mounts = [("--tmpfs", name) for name in closed]
        mounts += [("--ro-bind", name) for name in sorted(code)] + [("--ro-bind", str(shared))]
        for kind, name in sorted(mounts, key=lambda mount: len(mount[1])):  # parents first
            for parent in reversed(Path(name).parents):  # else readable by their owner only
                walls += ["--perms", "0755", "--dir", str(parent)]
            walls += ["--perms", "0755", kind, name] if kind == "--tmpfs" else [kind, name, name]
        for name in [*closed, "/dev", "/"]:
            walls += ["--remount-ro", name]
        return [*walls, "--chdir", HOME]

    def variables(self) -> dict[str, str]:
        """The variables of a kernel's environment that can change what a notebook computes."""
        return {n: v for n, v in self.environment().items() if not n.startswith(_PLACES)}

    def environment(self) -> dict[str, str]:
        """The environment of a kernel."""
        # Nothing else: a course key may be among the grader's own variables.
        kept = {n: v for n, v in os.environ.items() if n.startswith(_KEPT)}
        path = os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"])
        home = HOME if self.bubblewrap else tempfile.gettempdir()
        threads = dict.fromkeys(["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"], "1")
        return {
            **kept,
            **threads,
            "HOME": home,
            "PATH": path,
            "LANG": "C.UTF-8",
            "NETINIT_THREADS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(Path(netinit.__file__).parents[1]),  # the grader's netinit, no other
            "PYTHONWARNINGS": "ignore",  # nbgrader gives no points where a warning was printed
        }


def _system() -> list[str]:
    """The arguments of bubblewrap that show the system's own files."""
    shown = []
    for path in map(Path, _SYSTEM):
        if path.is_symlink():
            shown += ["--symlink", str(path.readlink()), str(path)]
        elif path.exists():
            shown += ["--ro-bind", str(path), str(path)]
    for name in _FILES:
        shown += ["--ro-bind-try", name, name]
    return shown


def _closed(names: set[str]) -> list[str]:
    """The folders that are shown empty and read-only, but for what is put into them.

    They are the project's folder, which a system folder may contain, and those parents of `names`
    that would otherwise be made in a writable place, and be writable with it.
    """
    closed = {str(PROJECT)}
    for path in map(Path, names):
        for place in map(Path, WRITABLE):
            if path.is_relative_to(place) and path.parent != place:
                closed.add(str(place / path.relative_to(place).parts[0]))
    return sorted(closed)


def _can_be_set(how: Meaning, own_user: bool) -> bool:
    """Whether a limit holds here; `own_user`: the kernel's user has no other processes."""
    if not how.resource:
        return True  # the grader enforces it
    if how.linux_only and sys.platform != "linux":
        return False
    return hasattr(resource, how.resource) and (own_user or not how.counts_user)


def sandbox(limits: Limits) -> Sandbox:
    """The strictest sandbox that works here."""
    set_user = shutil.which("setpriv") if is_root() else None
    strict = Sandbox(limits, shutil.which("bwrap"), set_user)
    candidates = [strict] if strict.bubblewrap else []
    candidates += [replace(strict, bubblewrap=None)]
    return next(filter(works, candidates), Sandbox(limits, None, None))


@functools.cache
def works(candidate: Sandbox) -> bool:
    """Whether a program runs in it, and can be reached: namespaces can be switched off."""
    with tempfile.TemporaryDirectory(prefix="ni-") as folder:
        Path(folder).chmod(0o711)
        made = INSIDE if candidate.bubblewrap else os.devnull
        program = f"import netinit; open({made!r}, 'w'); print(1, flush=True); input()"
        command = candidate.command(["-c", program], Path(folder))
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        try:
            with subprocess.Popen(command, env=candidate.environment(), **pipes) as run:
                started = run.stdout.readline() == b"1\n"
                seen = candidate.bubblewrap is None or reached(run.pid, made) is not None
                run.stdin.close()
        except OSError:
            return False
    return started and seen


def reached(process: int, name: str) -> str | None:
    """The path by which the grader reaches a file that a program made in its sandbox.

    Parameters
    ----------
    process : int
        The process that runs the command of the sandbox.
    name : str
        The path of the file in the sandbox.

    Returns
    -------
    str or None
        None if there is no such file (yet), or the system does not let the grader see it.
    """
    try:
        within = psutil.Process(process).children(recursive=True)
    except psutil.Error:
        return None
    paths = [f"/proc/{each.pid}/root{name}" for each in within]
    return next(filter(os.path.exists, paths), None)


def is_root() -> bool:
    """Whether this process may do everything."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
