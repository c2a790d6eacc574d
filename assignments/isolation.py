"""Where a student's code runs: which limits this system can enforce, and the command that does it.

On Linux with bubblewrap the kernel sees an empty home, the interpreter and netinit, all else is not
there: no network, no other process, no file of the teacher's. It talks to the grader through
sockets in a folder of their own. As root it runs under a user that owns nothing. The number of
processes, the memory of each, the size of its files and its time are limited everywhere but on
Windows, where only time is.
"""

import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import netinit

try:
    import resource
except ImportError:  # Windows
    resource = None

UNPRIVILEGED = 60_001  # a user and a group that own nothing; one more for each kernel at a time
LIMITED = Path(__file__).resolve().parent / "limited.py"
HOME = "/student"
_KEPT = ("OPENBLAS_CORETYPE", "LC_", "SYSTEMROOT", "TMP", "TEMP")
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store")
_SPACES = tuple(f"--unshare-{name}" for name in ("ipc", "pid", "net", "uts", "cgroup-try"))
_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/etc/fonts", "/etc/alternatives")


@dataclass(frozen=True)
class Limits:
    """What one submission may use."""

    cell_seconds: int = 30  # a cell, before it is interrupted
    seconds: int = 300  # the whole notebook
    memory_mb: int = 2048  # of each process
    processes: int = 48  # threads count
    output_mb: float = 1.0  # kept of each cell
    files_mb: int = 64  # of the home, and again of /tmp


@dataclass(frozen=True)
class Sandbox:
    """A way to run a kernel, and what it holds back."""

    limits: Limits
    bubblewrap: str | None  # path of bwrap, where it works
    set_user: str | None  # path of setpriv, if the grader is root

    def enforced(self) -> dict[str, bool]:
        """Each limit, and whether this system enforces it."""
        inside, counted = self.bubblewrap is not None, resource is not None
        return {
            "no network": inside,
            "no files but its own": inside,
            "no other processes in sight": inside,
            "a user without rights": self.set_user is not None or not is_root(),
            "number of processes": counted and hasattr(resource, "RLIMIT_NPROC") and inside,
            "memory": counted and sys.platform == "linux",
            "size of files": counted,
            "time": True,
            "output": True,
        }

    def missing(self) -> list[str]:
        """The limits that this system does not enforce."""
        return [name for name, holds in self.enforced().items() if not holds]

    def command(self, program: list[str], shared: Path, slot: int = 0) -> list[str]:
        """The command that runs a Python program (its arguments) within the limits.

        `shared` is the one folder that it shares with the grader; `slot` tells kernels that run
        at the same time apart.
        """
        limits = json.dumps(asdict(self.limits))
        walls = [] if self.bubblewrap is None else [self.bubblewrap, *self._walls(shared)]
        user, drop = self.user(slot), []
        if user is not None:
            ids = [f"--reuid={user}", f"--regid={user}", "--clear-groups"]
            drop = [self.set_user, *ids, "--no-new-privs", "--bounding-set=-all"]
        # The walls come first: root may build them from files that the user may not see.
        return [*walls, *drop, sys.executable, "-P", str(LIMITED), limits, *program]

    def user(self, slot: int) -> int | None:
        """The user a kernel runs under, if not the grader's own."""
        return None if self.set_user is None else UNPRIVILEGED + slot

    def _walls(self, shared: Path) -> list[str]:
        """The arguments of bubblewrap."""
        # Root needs no user namespace, in which it would be the owner of its files still.
        walls = ["--die-with-parent", "--new-session", *_SPACES]
        walls += [] if self.set_user else ["--unshare-user"]
        for name in _SYSTEM:
            path = Path(name)
            if path.is_symlink():
                walls += ["--symlink", str(path.readlink()), name]
            elif path.exists():
                walls += ["--ro-bind", name, name]
        for name in _FILES:
            walls += ["--ro-bind-try", name, name]
        walls += ["--proc", "/proc", "--dev", "/dev"]
        for name in ("/dev/shm", "/tmp", HOME):
            size = str(self.limits.files_mb * 1_000_000)
            walls += ["--size", size, "--perms", "1777", "--tmpfs", name]
        code = {sys.prefix, sys.base_prefix, str(Path(netinit.__file__).parent), str(LIMITED)}
        binds = [("--ro-bind", name) for name in sorted(code, key=len)] + [("--bind", str(shared))]
        for bind, name in binds:
            for parent in reversed(Path(name).parents):  # else for its owner's eyes only
                walls += ["--perms", "0755", "--dir", str(parent)]
            walls += [bind, name, name]
        return [*walls, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME]

    def environment(self) -> dict[str, str]:
        """The environment of a kernel."""
        # Nothing else: a course key may be among the grader's own.
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
            "PYTHONWARNINGS": "ignore",  # nbgrader gives no points where a warning was printed
        }


def sandbox(limits: Limits) -> Sandbox:
    """The strictest sandbox that works here."""
    set_user = shutil.which("setpriv") if is_root() else None
    strict = Sandbox(limits, shutil.which("bwrap"), set_user)
    candidates = [strict] if strict.bubblewrap else []
    candidates += [replace(strict, bubblewrap=None)]
    return next(filter(works, candidates), Sandbox(limits, None, None))


@functools.cache
def works(candidate: Sandbox) -> bool:
    """Whether a program runs in it: namespaces can be switched off."""
    with tempfile.TemporaryDirectory(prefix="ni-") as folder:
        Path(folder).chmod(0o755)
        command = candidate.command(["-c", "import netinit"], Path(folder))
        try:
            run = subprocess.run(
                command, env=candidate.environment(), capture_output=True, timeout=60
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
    return run.returncode == 0


def is_root() -> bool:
    """Whether this process may do everything."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
