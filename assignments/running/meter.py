"""How much of the processor a notebook has used, and whether it could have had more.

Limits of time count the processor's time, which other work on the machine does not change. The
clock is the limit of what waits or hangs; it is far larger, and runs slower the more programs want
each processor. If a limit was reached while the notebook could not run as much as it wanted, that
is not the student's doing.
"""

import time
from pathlib import Path

import psutil

ASLEEP = 2  # a limit on waiting for something else than the machine, as such a multiple
CLOCK = 6  # a limit by the clock, as a multiple of the limit on processor time
FAIR = 0.8  # of a processor; whoever could have had less was held up by the machine


def used(process: int) -> float:
    """The processor time in seconds of a process and all below it, with those that have ended."""
    return sum(map(_own, _below(process)))


def _below(process: int) -> list[psutil.Process]:
    """A process and all below it; nothing if it has ended."""
    try:
        top = psutil.Process(process)
        return [top, *top.children(recursive=True)]
    except psutil.Error:
        return []


def _own(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:  # it has just ended
        return 0.0
    return times.user + times.system + times.children_user + times.children_system


class Meter:
    """The time of a kernel since this meter was made.

    Parameters
    ----------
    process : int
        The process that all of the kernel's processes are below.
    """

    def __init__(self, process: int) -> None:
        self.process, self.clock = process, time.monotonic()
        self.looked, self.fair, self.asleep = self.clock, 0.0, 0.0
        self.before, self.idle, self.most = used(process), _idle(), 0.0

    def elapsed(self) -> float:
        """Seconds by the clock."""
        return time.monotonic() - self.clock

    def seconds(self) -> float:
        """Seconds of the processor; they never fall, even if a process ends."""
        self.most = max(self.most, used(self.process) - self.before)
        return self.most

    def beyond(self, limit: float) -> bool:
        """Whether so many seconds of the processor, or `CLOCK` times as many in all, are over.

        Seconds by the clock count less on a busy machine. `ASLEEP` times as many are over as well
        if no process wanted the processor. Call it often.
        """
        now = time.monotonic()
        self.looked, passed = now, now - self.looked
        self.fair += passed / max(1.0, _wanting())
        self.asleep += passed * asleep(self.process)
        waited = self.fair > CLOCK * limit or self.asleep > ASLEEP * limit
        return waited or self.seconds() > limit

    def held_up(self) -> bool:
        """Whether the machine was too busy to give the notebook a processor of its own."""
        could_have_had = self.most + self.asleep + _idle() - self.idle
        return could_have_had < FAIR * self.elapsed()


def asleep(process: int) -> bool:
    """Whether neither a process nor any below it runs, would run, or waits for a disk.

    False on systems that do not say (other than Linux).
    """
    states = [
        _state(stat)
        for each in _below(process)
        for stat in Path(f"/proc/{each.pid}/task").glob("*/stat")
    ]
    return bool(states) and not {"R", "D"} & set(states)


def _state(stat: Path) -> str:
    try:
        return stat.read_text("utf-8", "replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):  # it has just ended
        return ""


def _wanting() -> float:
    """How many programs want each processor, on average over the last minute."""
    return psutil.getloadavg()[0] / (psutil.cpu_count() or 1)


def _idle() -> float:
    """Seconds that the machine's processors had nothing to do, all of them together."""
    return psutil.cpu_times().idle
