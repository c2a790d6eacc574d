"""Run a Python program within limits: ``limited.py RESOURCES -m MODULE ...`` or ``-c CODE``.

RESOURCES is JSON: a number for each constant of the module ``resource`` that is to be limited.

This is the first thing that runs in a sandbox, where nothing else of this package can be seen.
The limits are set here and not by the grader, since they must count only this sandbox's processes.
"""

import json
import os
import runpy
import sys


def limit(resources: dict[str, int]) -> None:
    """Let this process and its children use no more than these numbers of the named resources."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name, value in resources.items():
        resource.setrlimit(getattr(resource, name), (value, value))


def main() -> None:
    """Set the limits, then become the program."""
    limit(json.loads(sys.argv[1]))
    # A kernel that knows its parent's number stops if it cannot see it, as in a sandbox.
    os.environ.pop("JPY_PARENT_PID", None)
    kind, program, *rest = sys.argv[2:]
    sys.argv = [program, *rest]
    if kind == "-m":
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    else:
        exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    main()
