"""Limits of time count the notebook's own work: a busy machine changes no points."""

import os
import signal
import subprocess
import sys
import time

import pytest

from assignments.grading import autograde
from assignments.running import meter
from assignments.running.limits import Limits
from assignments.running.meter import ASLEEP, Meter
from tests.assignments.hostile import by_name, right_notebook
from tests.assignments.test_grading import handed_in, points, put, quick, run  # noqa: F401

BURN = "import time\nwhile time.process_time() < {}: pass"
WORKS = """import time
def double(x):
    end = time.process_time() + {}
    while time.process_time() < end:
        pass
    return 2 * x"""


def test_the_time_of_processes_below_counts_whether_they_have_ended_or_not():
    below = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN.format(0.5)!r}])"
    program = [sys.executable, "-c", f"{below}; print(1, flush=True); input()"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        started.stdout.readline()
        # The system rounds each of four times down, to hundredths of a second on Linux.
        assert meter.used(started.pid) >= 0.45
        started.stdin.close()
    assert meter.used(started.pid) == 0


@pytest.fixture
def clocks(monkeypatch):
    """The clock, the processor's time of a notebook, and the idle time, as a test wants them."""
    now = {"clock": 0.0, "used": 0.0, "idle": 0.0, "wanting": 0.5, "asleep": 0}
    monkeypatch.setattr(meter.time, "monotonic", lambda: now["clock"])
    monkeypatch.setattr(meter, "used", lambda process: now["used"])
    monkeypatch.setattr(meter, "_idle", lambda: now["idle"])
    monkeypatch.setattr(meter, "asleep", lambda process: now["asleep"])
    monkeypatch.setattr(meter, "_wanting", lambda: now["wanting"])
    return now


@pytest.mark.parametrize(
    ("clock", "used", "idle", "beyond", "held_up"),
    [
        (10, 10, 10, False, False),
        (11, 11, 11, True, False),  # it had a processor to itself
        (44, 11, 0, True, True),  # it had a quarter of one
        (59, 1, 0, False, True),
        (61, 1, 0, True, True),  # it may have waited or not
        (61, 1, 60, True, False),  # it slept, while a processor was free
    ],
)
def test_what_counts_is_the_processor_and_the_clock_only_far_later(
    clocks, clock, used, idle, beyond, held_up
):
    one = Meter(1)
    clocks |= {"clock": clock, "used": used, "idle": idle}
    assert one.beyond(10) == beyond
    assert one.held_up() == held_up


def test_the_clock_runs_slower_while_many_programs_want_the_processor(clocks):
    one = Meter(1)
    clocks |= {"clock": 100, "wanting": 4.0}
    assert not one.beyond(10)
    clocks |= {"clock": 134, "wanting": 1.0}
    assert not one.beyond(10)
    clocks["clock"] = 136
    assert one.beyond(10)


def test_what_waits_for_no_processor_has_less_time(clocks):
    one = Meter(1)
    clocks |= {"clock": 19, "wanting": 8.0, "asleep": 1}
    assert not one.beyond(10)
    clocks["clock"] = 21
    assert one.beyond(10)
    assert not one.held_up()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a process waits for")
def test_whether_a_process_is_asleep_is_seen_with_its_threads_and_children():
    spin = "while True: pass"
    thread = f"import threading; threading.Thread(target=lambda: exec({spin!r})).start()"
    child = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {spin!r}])"
    for code, sleeps in [("", True), (spin, False), (thread, False), (child, False)]:
        text = f"print(1, flush=True)\n{code}\nimport time\ntime.sleep(1000)"
        program = [sys.executable, "-c", text]
        pipes = {"stdout": subprocess.PIPE, "start_new_session": True}
        with subprocess.Popen(program, **pipes) as started:
            started.stdout.readline()
            seen = [meter.asleep(started.pid) for _ in range(20) if not time.sleep(0.05)]
            os.killpg(started.pid, signal.SIGKILL)
        assert seen[-1] == sleeps
    assert not meter.asleep(started.pid)


def test_a_notebook_that_was_held_up_is_graded_again_alone(small, handed_in, quick, monkeypatch):  # noqa: F811
    """The grader is replaced by one that says so the first time it sees a notebook, or always."""
    seen = handed_in.parent / "seen"
    seen.mkdir()
    real = autograde.autograde

    def grader(name, notebook, *rest):
        source = by_name(notebook, "double").source
        (seen / f"{len(list(seen.iterdir()))}-{source[-1]}").touch()
        graded = real(name, notebook, *rest)
        first = len(list(seen.glob(f"*-{source[-1]}"))) == 1
        if (source[-1] == "1" and first) or source[-1] == "2":
            graded.held_up = True
        if source[-1] == "1" and first:
            graded.scores = {n: autograde.Score(0.0, s.out_of) for n, s in graded.scores.items()}
        return graded

    for n in range(3):
        notebook = right_notebook(small)
        by_name(notebook, "double").source += f"  # {n}"
        put(handed_in, f"s{n}", notebook)
    monkeypatch.setattr(autograde, "autograde", grader)
    results, graded, _ = run(small, handed_in)
    assert sorted(path.name[2:] for path in seen.iterdir()) == ["0", "1", "1", "2", "2"]
    assert graded == ["s0", "s1", "s2"]
    assert [points(results[f"s{n}"]) for n in range(3)] == [6.0, 6.0, 6.0]
    alone = "graded a second time, alone: the first time the machine was too busy"
    assert [results[f"s{n}"].notes for n in range(3)] == [[], [alone], [alone]]
    assert [results[f"s{n}"].status for n in range(3)] == ["graded", "graded", "check"]
    assert "a second time" in results["s2"].doubts[0]
    assert run(small, handed_in)[0]["s1"].notes == [alone]  # remembered


def test_what_sleeps_ends_too(walls, small, handed_in):  # noqa: F811
    notebook = right_notebook(small)
    sleeps = "import time\ndef double(x):\n    time.sleep(1000)"
    by_name(notebook, "double").source = sleeps
    by_name(notebook, "double-hidden").source = ""
    result, events = autograde.execute(notebook, walls_with(walls, cell_seconds=1))
    told = f"waited for longer than {ASLEEP} s"
    assert events == [f"a cell {told}"]
    assert by_name(result, "double-visible").outputs[0].evalue == f"the cell {told}"
    assert not by_name(result, "add_up-visible").outputs


def walls_with(walls, **limits):
    from dataclasses import replace

    return replace(walls, limits=replace(walls.limits, **limits))


@pytest.mark.nightly
def test_the_points_are_the_same_on_a_busy_machine(walls, small, handed_in):  # noqa: F811
    """A busy machine makes the work take longer by the clock than the limit allows."""
    for name, seconds in [("s0", 0.01), ("s1", 2), ("s2", 12)]:
        notebook = right_notebook(small)
        by_name(notebook, "double").source = WORKS.format(seconds)
        put(handed_in, name, notebook)
    limits, found = Limits(cell_seconds=5), []
    for load in (1, 8):
        spin = [sys.executable, "-c", "while True: pass"]
        spinning = [subprocess.Popen(spin) for _ in range(load)]
        try:
            results, graded, _ = run(small, handed_in, limits=limits, key=str(load), jobs=2)
        finally:
            for each in spinning:
                each.kill()
                each.wait()
        assert graded == ["s0", "s1", "s2"]
        found.append([points(results[name]) for name in graded])
    assert found == [[6.0, 6.0, 2.0]] * 2
