"""Grading over a cluster: the same marks, whatever happens to the workers."""

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from assignments.grading import fingerprint
from assignments.grading.cluster import spread as cluster
from assignments.grading.cluster import worker
from assignments.grading.cluster.station import Answer
from assignments.grading.cluster.worker import Demand
from assignments.grading.graders import AGAIN
from assignments.grading.results import ClusterError, Course, Job, Result
from assignments.people.roster import Student
from assignments.running import isolation
from assignments.running.isolation import PROJECT
from assignments.running.limits import Limits
from tests.assignments.dask_cluster import Cluster, until
from tests.assignments.hostile import by_name, put, right_notebook

KEY = "a secret key of the course 7d1f"
# Whatever can be found in the files that a student's code may read: a test, or the key.
PRIES = """import glob, os
tops = {tops!r}
def double(x):
    words = "HIDDEN" + " TESTS", "secret key of the course" + " 7d1f"
    found = glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline")
    while tops:
        for folder, folders, files in os.walk(tops.pop()):
            folders[:] = [name for name in folders if name not in (".venv", "lib")]
            found += [os.path.join(folder, name) for name in files]
    for name in found:
        try:
            with open(name, "rb") as file:
                text = file.read(3_000_000).decode("utf-8", "replace")
        except OSError:
            continue
        assert not any(word in text for word in words), name
    return 2 * x"""
PLACES = ["/student", "/tmp", "/var", "/home", "/root", "/srv", str(PROJECT)]
SLOW = "import time\ndef double(x):\n    time.sleep(3)\n    return 2 * x  # slow"


def class_of(small, folder):
    """A class of six in `folder`, with its roster and key; return the arguments of ``grade``."""
    for n in range(6):
        notebook = right_notebook(small)
        put(folder / "in" / f"s{n}", notebook)
    changed = {
        "s0": ("double", SLOW),
        "s1": ("add_up", "def add_up(x):\n    return 0"),
        "s2": ("double", "import os\ndef double(x):\n    os._exit(1)"),
        "s3": ("double", PRIES.format(tops=[*PLACES, str(folder)])),
    }
    for name, (task, source) in changed.items():
        notebook = right_notebook(small)
        by_name(notebook, task).source = source
        put(folder / "in" / name, notebook)
    (folder / "in" / "s4" / "ps1.ipynb").write_text("{broken")
    (folder / "roster.csv").write_text("id\n" + "".join(f"s{n}\n" for n in range(6)))
    (folder / "course.key").write_text(KEY)
    given = [str(folder / "in"), "--roster", str(folder / "roster.csv")]
    return [*given, "--key-file", str(folder / "course.key"), "--source", str(small.folder.parent)]


def command(arguments, out, *more):
    run = [sys.executable, "-m", "assignments", "grade", "ps1", *arguments]
    return [*run, "--out", str(out), "--require-isolation", *more]


def graded(arguments, out, *more):
    """Run the command; return what it printed."""
    run = command(arguments, out, *more)
    done = subprocess.run(run, cwd=PROJECT, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def environment():
    return os.environ | {"PYTHONPATH": str(PROJECT)}


def written(out):
    """What a teacher and the students get, by name, but for the folder that the report names."""
    pages = [*out.glob("*.csv"), *out.glob("*.html"), *out.glob("feedback/*")]
    here = str(out).encode()
    return {str(path.relative_to(out)): path.read_bytes().replace(here, b"") for path in pages}


def test_a_class_has_the_same_marks_though_a_worker_is_killed(walls, small, tmp_path):
    folder = tmp_path / "a cluster"
    folder.mkdir()
    arguments, far, near = class_of(small, folder), folder / "far", folder / "near"
    with Cluster(folder) as local:
        local.add("first")
        local.add("second")
        killed = while_killing(local, command(arguments, far, "--cluster", local.address))
        (other,) = {"first", "second"} - {killed}
        assert not list(local.temporary(other).glob("ni-station-*")), "tests are left on the disk"
    with (far / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert [rows[f"s{n}"]["total"] for n in range(6)] == ["6", "4", "0", "6", "", "6"]
    assert rows["s3"]["double"] == "4", "it found a secret"
    assert (rows["s0"]["status"], rows["s4"]["status"]) == ("graded", "unreadable")
    graded(arguments, near)
    assert written(far) == written(near)
    results = sorted(far.glob("students/*/result.json"))
    before = [path.stat().st_mtime_ns for path in results]
    graded(arguments, far)  # on this machine, where nothing is new
    assert [path.stat().st_mtime_ns for path in results] == before
    assert len(results) == 5


def while_killing(local, run):
    """Run a command while the worker with the slow answer is killed; return its name."""
    with subprocess.Popen(
        run, cwd=PROJECT, env=environment(), stdout=-1, stderr=-1, text=True
    ) as grading:

        def slow():
            assert grading.poll() is None, grading.stderr.read()
            return [name for name in ("first", "second") if local.grades(name, "# slow")]

        (name,) = until(slow, "the slow answer")
        local.kill(name)
        _, errors = grading.communicate()
    assert grading.returncode == 0, errors
    return name


def test_the_code_that_looks_for_secrets_finds_them_where_there_is_no_sandbox(tmp_path):
    (tmp_path / "course.key").write_text(KEY)
    names = {}
    exec(PRIES.format(tops=[str(tmp_path)]), names)
    with pytest.raises(AssertionError, match=r"course\.key"):
        names["double"](1)


# What the grader does about workers, without any ---------------------------------------------


class Future:
    def __init__(self, address, answer):
        self.address, self.answer = address, answer

    def done(self):
        return self.answer is not None

    def result(self, timeout):
        return self.answer


class Client:
    """A cluster in which a worker ends, and comes back at another address, with some notebooks."""

    def __init__(self, workers=2, threads=1, faults=(), come_back=True):
        self.addresses = {f"tcp://w{n}": threads for n in range(workers)}
        self.faults, self.come_back = dict(faults), come_back
        self.started, self.sent, self.dying = workers, [], set()

    def nthreads(self):
        for address in self.dying & self.addresses.keys():
            threads = self.addresses.pop(address)
            if self.come_back:
                self.addresses[f"tcp://w{self.started}"] = threads
                self.started += 1
        return dict(self.addresses)

    def scheduler_info(self, n_workers):
        return {"workers": {address: {"name": address[6:]} for address in self.addresses}}

    def run(self, function, what, workers, on_error):
        return {address: self.faults.get(address, []) for address in workers}

    def submit(self, function, run, notebook, workers, pure):
        (address,) = workers
        self.sent.append((address, notebook))
        if "kills" in notebook:
            self.dying.add(address)
        if address in self.dying:
            return Future(address, None)
        if "station" in notebook:
            return Future(address, worker.STATION_GONE)
        held_up = "busy" in notebook and [name for _, name in self.sent].count(notebook) == 1
        told = ({"t": (1.0, 1.0)}, [], "{}", None, held_up)
        return Future(address, Answer(told, overdue=False))

    def cancel(self, futures):
        pass


@pytest.fixture
def spread(tmp_path, monkeypatch):
    """A function that grades notebooks of some names with a client that stands for a cluster."""
    monkeypatch.setattr(cluster, "LOOK", 0.0)
    monkeypatch.setattr(cluster, "PATIENCE", 0.05)
    monkeypatch.setattr(cluster.distributed, "wait", lambda *given, **options: None)

    def run(names, client, progress=None):
        jobs = []
        for name in names:
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / "rebuilt.ipynb").write_text(name)
            student = Student(name, name, frozenset([name]))
            jobs.append(Job(Result(student, "graded"), tmp_path / name, "f"))
        demand = Demand("r", "ps1", b"", "p", Limits(), {}, {})
        problems = cluster._Spread(client, demand, jobs, progress).run()
        return {job.result.student.id: job.result for job in jobs}, problems

    return run


def test_a_notebook_that_ends_workers_is_the_status_of_its_student_alone(spread):
    names = ["kills", *(f"s{n}" for n in range(9))]
    client = Client(workers=2, threads=3)
    results, problems = spread(names, client)
    assert problems == []
    assert results["kills"].status == "failed"
    assert "3 workers of the cluster ended" in results["kills"].doubts[0]
    assert {results[name].status for name in names[1:]} == {"graded"}
    *_, last = (sent for sent in client.sent if sent[1] == "kills")
    assert [sent for sent in client.sent if sent[0] == last[0]] == [last], "not alone"


def test_a_station_that_ends_costs_the_others_nothing(spread):
    results, _ = spread(["station", "s1"], Client(workers=1))
    assert [results[name].status for name in ("station", "s1")] == ["failed", "graded"]


def test_what_a_busy_worker_stopped_is_graded_again_alone(spread):
    client = Client(workers=1, threads=3)
    results, problems = spread(["busy", "s1", "s2"], client)
    assert problems == []
    assert [name for _, name in client.sent] == ["busy", "s1", "s2", "busy"]
    assert results["busy"].status == "graded"
    assert results["busy"].notes == [AGAIN]


def test_without_a_worker_the_run_ends_and_what_was_graded_is_kept(spread, tmp_path):
    client = Client(workers=1, come_back=False)
    with pytest.raises(ClusterError, match="no worker is left, 2 notebooks are not graded"):
        spread(["s0", "s1", "kills", "s2"], client)
    assert [(tmp_path / name / "result.json").is_file() for name in ("s0", "s1", "s2")] == [
        *(True, True, False)
    ]


def test_without_a_worker_what_waited_to_be_graded_again_is_not_failed(spread):
    client = Client(workers=1, come_back=False)
    with pytest.raises(ClusterError, match="no worker is left, 2 notebooks are not graded"):
        spread(["busy", "kills"], client)


def test_a_result_is_written_at_once(spread, tmp_path):
    def interrupt(done, total, name):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        spread(["s0", "s1"], Client(workers=1), interrupt)
    assert (tmp_path / "s0" / "result.json").is_file()
    assert not (tmp_path / "s1" / "result.json").exists()


def test_a_worker_that_is_not_fit_is_named(spread):
    faults = {"tcp://w1": ["it is of another version"]}
    with pytest.raises(ClusterError, match=r"w1 \(tcp://w1\) cannot grade: it is of another"):
        spread(["s0"], Client(faults=faults))
    faults = {"tcp://w1": ModuleNotFoundError("No module named 'assignments'")}
    with pytest.raises(ClusterError, match="cannot run this project's code: ModuleNotFound"):
        spread(["s0"], Client(faults=faults))


def test_a_worker_that_comes_later_and_is_not_fit_is_not_used_and_told(spread):
    client = Client(faults={"tcp://w2": ["it is of another version"]})
    results, problems = spread(["kills", "s0", "s1"], client)
    assert len(problems) == 1
    assert "w2 (tcp://w2) cannot grade" in problems[0]
    assert not [address for address, _ in client.sent if address == "tcp://w2"]
    assert results["s1"].status == "graded"


def demand_of(box, **other):
    here = {"enforced": box.enforced(), "variables": box.variables()}
    given = {"run": "r", "problem_set": "ps1", "gradebook": b"", "limits": box.limits} | here
    return Demand(**given | {"programs": fingerprint.programs()} | other)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"programs": "another"}, "other versions of Python, of the packages or of this project"),
        ({"enforced": {"no fire": True}}, "it does not enforce: no fire"),
        ({"enforced": {}}, "it enforces what the machine that starts the run does not"),
        ({"variables": {"LC_ALL": "C"}}, "other variables of the environment: .*LC_ALL"),
    ],
)
def test_a_worker_says_what_it_has_otherwise(monkeypatch, other, told):
    box = isolation.sandbox(Limits())
    monkeypatch.setattr(worker, "_demands", {})
    assert worker.prepare(demand_of(box)) == []
    assert worker.grade("another run", "{}") == worker.UNPREPARED
    assert re.search(told, " ".join(worker.prepare(demand_of(box, **{"run": "bad"} | other))))
    assert "bad" not in worker._demands
    worker.forget("r")
    assert worker._demands == {}


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense"])
def test_an_address_without_a_scheduler_is_said_in_a_line(tmp_path, monkeypatch, address, small):
    monkeypatch.setattr(cluster, "CONNECT", 1)
    (tmp_path / "gradebook.db").write_bytes(b"")
    course = Course(small, "k", tmp_path, cluster=address)
    with pytest.raises(ClusterError, match=f"no Dask scheduler answers at {address}"):
        cluster.run([], Path(tmp_path, "gradebook.db"), course, isolation.sandbox(Limits()), None)
