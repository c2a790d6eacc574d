"""Ending what runs when a person presses Ctrl-C: no process and no folder is left behind.

A terminal sends the signal to every process of a command. Those that grade leave it to the one that
started them, which ends them in order.
"""

import multiprocessing
import signal
import sys

PATIENCE = 10  # seconds for a process to remove what it made


def leave_to_parent() -> None:
    """Let this process ignore Ctrl-C, and remove its temporary folders when it is told to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)


def _end(number: int, frame: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: cleaning up takes a moment
    sys.exit(128 + number)


def end_children() -> None:
    """End the processes that this one started; kill those that do not end by themselves."""
    children = multiprocessing.active_children()
    for child in children:
        child.terminate()
    for child in children:
        child.join(PATIENCE)
        if child.is_alive():
            child.kill()
            child.join()
