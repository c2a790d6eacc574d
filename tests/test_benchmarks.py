"""The benchmark writes its table between the README's markers and nowhere else."""

import importlib
import threading
import time
import types
from pathlib import Path

import numpy as np
import pytest
from project import ROOT

from benchmarks import alternatives, draws, laboratory, laboratory_page, live, page, speed

# Running `python -m benchmarks` sets threads and starts again; importing its parts does neither.
report = importlib.import_module("benchmarks.__main__")


def test_the_readme_has_one_place_for_the_table():
    text = (ROOT / "README.md").read_text("utf-8")
    assert text.count(report.START) == text.count(report.END) == 1
    assert text.index(report.START) < text.index(report.END)


def test_a_new_table_replaces_the_old_one_and_leaves_the_rest(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{report.START}\nold\n{report.END}\nafter\n")
    report.write(report.table([("a page", "3 kB", "target 4 kB")]), readme)
    text = readme.read_text()
    assert text.startswith(f"before\n{report.START}\n| what |")
    assert text.endswith(f"| a page | 3 kB | target 4 kB |\n{report.END}\nafter\n")


@pytest.mark.parametrize("name", draws.SHAPES)
def test_the_plain_numpy_draws_follow_the_same_laws_as_netinits(name):
    shape = (300, 200)
    mine, other = alternatives.netinit_draws(shape)[name](), alternatives.numpy_draws(shape)[name]()
    assert mine.shape == other.shape == shape
    assert mine.dtype == other.dtype == np.float32
    assert mine.std() == pytest.approx(other.std(), rel=0.02)


def test_the_time_over_that_of_another_is_the_median_of_pairs(monkeypatch):
    """On a clock that only the works move; netinit is slow once, both are slow in one round."""
    clock = [0.0]
    monkeypatch.setattr(draws, "time", types.SimpleNamespace(perf_counter=lambda: clock[0]))

    def work(*milliseconds):  # of the calls, two in each round, the first round being a warm-up
        calls = iter(milliseconds)

        def run():
            clock[0] += next(calls) / 1000

        return run

    works = {
        "netinit": work(9, 9, 4, 4, 70, 90, 40, 40, 4, 4, 3, 5),
        "torch": work(9, 9, 1, 1, 1, 1, 10, 10, 1, 1, 1, 1),
    }
    assert draws.compare(works, 5, 2) == pytest.approx({"ms": 4.0, "torch": 4.0})


RECORDS = [
    {"draw": "normal", "shape": [4096, 4096], "ms": 45.678, "torch": 0.714, "numpy": 0.3},
    {"draw": "orthogonal", "shape": [64, 64], "ms": 0.2, "torch": 1.4, "numpy": 1.0},
]
RESULT = {
    "draws": RECORDS,
    "orthogonality": {"netinit": 2.3e-7, "torch": 8.1e-7},
    "memory": {"allocated": 0.016, "resident": 0.021},
    "versions": {"torch": "2.13.0", "numpy": "2.4.6"},
}


def test_the_table_of_draws_shows_each_ratio_beside_its_target():
    lines = speed.draw_table({1: RESULT, 2: RESULT}).splitlines()
    assert lines[0] == "| draw, float32 | threads | ms | / torch.nn.init | / plain NumPy | target |"
    assert lines[2:] == [
        "| `normal`, 4096 × 4096 | 1 | 45.7 | 0.71 | 0.30 | ≤ 0.8 |",
        "| `orthogonal`, 64 × 64 | 1 | 0.2 | 1.40 | 1.00 | ≤ 1.3 |",
        "| `normal`, 4096 × 4096 | 2 | 45.7 | 0.71 | 0.30 | ≤ 0.65 |",
    ]


def test_the_notes_name_versions_orthogonality_and_memory():
    text = speed.notes(RESULT)
    assert "With PyTorch 2.13.0, NumPy 2.4.6." in text
    assert "2.3e-07 by netinit, 8.1e-07 by PyTorch" in text
    assert "1.6 %" in text
    alone = RESULT | {"versions": {"numpy": "2.4.6"}, "orthogonality": {"netinit": 2.3e-7}}
    assert "no PyTorch: `make test-frameworks` installs it" in speed.notes(alone)


def test_a_large_normal_is_measured_to_need_little_memory():
    assert 0 < draws.memory()["allocated"] < 0.05


def test_what_is_timed_is_timed_in_an_interpreter_of_its_own(monkeypatch):
    # The frameworks' environment, where there is one, is another test's business.
    monkeypatch.setattr(speed, "FRAMEWORKS", ROOT / "no-such-environment")
    result = speed.measure(1, ["numpy"], "--small", "--rounds", "1")
    assert {record["draw"] for record in result["draws"]} == set(draws.SHAPES)
    assert all(record["ms"] > 0 < record["numpy"] for record in result["draws"])


def test_the_laboratory_is_measured_where_there_is_deno(monkeypatch):
    pytest.importorskip("deno")
    pytest.importorskip("sklearn")
    assert laboratory.steps_per_second(rounds=1, steps=2) > 0
    monkeypatch.setattr(laboratory, "steps_per_second", lambda: 123.4)
    ((what, value, beside),) = laboratory.rows()
    assert "digits" in what
    assert (value, beside) == ("123", "target 100")
    monkeypatch.setattr(laboratory.importlib.util, "find_spec", lambda name: None)
    assert laboratory.rows() == []


def test_the_rows_of_the_laboratorys_page_say_what_was_measured():
    grown = {"JSHeapUsedSize": 250_000, "Nodes": 0, "JSEventListeners": -2}
    rates = laboratory_page.Rates(drawn=59.7, measured=31.2, updates=118.2, work=3.94, empty=60.1)
    rows = laboratory_page.told((61_200, 128_400), [412.0, 1804.0], rates, grown, 3)
    assert [value for _, value, _ in rows] == [
        "61 kB",
        "128 kB",
        "0.41 s",
        "1.80 s",
        "60, 31 of them with new measures of the layers, and 118 steps",
        "3.9 ms",
        "+0.25 MB, +0 nodes, -2 listeners",
    ]
    assert rows[4][2] == "target 60; an empty page 60"
    assert rows[-1][0] == "kept after 3 minutes of play"


def test_the_bundle_of_the_laboratory_and_the_engine_are_weighed(tmp_path, monkeypatch):
    static = tmp_path / "_static"
    monkeypatch.setattr(page, "SITE", tmp_path)
    assert live.rows() == []
    with pytest.raises(SystemExit, match="make book"):
        laboratory_page.bundle(tmp_path)
    (static / "engine").mkdir(parents=True)
    (static / "engine" / "python.zip").write_bytes(bytes(2_000_000))
    (static / "laboratory.js").write_bytes(bytes(range(256)))
    (static / "other.js").write_bytes(bytes(range(256)))
    assert 256 <= laboratory_page.bundle(tmp_path) < 300
    ((_, value, beside),) = live.rows()
    assert (value, beside) == ("2.0 MB", "gzipped 0.0 MB")


def test_a_thread_tells_the_seconds_it_had_of_a_processor():
    own = Path(f"/proc/self/task/{threading.get_native_id()}")
    if not own.is_dir():
        pytest.skip("only Linux tells")
    before, start = live.processor_seconds(own), time.thread_time()
    while time.thread_time() < start + 0.2:
        pass
    spent = time.thread_time() - start
    assert live.processor_seconds(own) - before == pytest.approx(spent, abs=0.05)
