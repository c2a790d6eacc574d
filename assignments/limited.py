"""Run a Python program within limits: ``limited.py LIMITS -m MODULE ...`` or ``-c CODE``.

This is the first thing that runs in a sandbox, where nothing else of this package can be seen.
The limits are set here and not by the grader, since they must count this sandbox's processes alone.
"""

import json
import os
import runpy
import sys

MEGABYTE = 1_000_000


def limit(limits: dict) -> None:
    """Let this process and its children use no more."""
    try:
        import resource
    except ImportError:  # Windows
        return
    wanted = {
        "RLIMIT_AS": limits["memory_mb"] * MEGABYTE,
        "RLIMIT_NPROC": limits["processes"],
        "RLIMIT_FSIZE": limits["files_mb"] * MEGABYTE,
        "RLIMIT_CPU": 2 * limits["seconds"],
        "RLIMIT_CORE": 0,
    }
    if sys.platform != "linux":
        del wanted["RLIMIT_AS"], wanted["RLIMIT_NPROC"]  # refused, or of the whole user there
    for name, value in wanted.items():
        resource.setrlimit(getattr(resource, name), (value, value))


def main() -> None:
    """Set the limits, then become the program."""
    limit(json.loads(sys.argv[1]))
    # A kernel that knows its parent's number ends when it cannot see it, as behind a wall.
    os.environ.pop("JPY_PARENT_PID", None)
    kind, program, *rest = sys.argv[2:]
    sys.argv = [program, *rest]
    if kind == "-m":
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    else:
        exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    main()
