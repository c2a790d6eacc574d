"""The benchmark writes its table between the README's markers and nowhere else."""

import importlib

import pytest
from project import ROOT

from benchmarks import speed

# Running `python -m benchmarks` sets threads and starts again; importing its parts does neither.
report = importlib.import_module("benchmarks.__main__")


def test_the_readme_has_one_place_for_the_table():
    text = (ROOT / "README.md").read_text("utf-8")
    assert text.count(report.START) == text.count(report.END) == 1
    assert text.index(report.START) < text.index(report.END)


def test_a_new_table_replaces_the_old_one_and_leaves_the_rest(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{report.START}\nold\n{report.END}\nafter\n")
    report.write(report.table([("a page", "3 kB", "aim 4 kB")]), readme)
    text = readme.read_text()
    assert text.startswith(f"before\n{report.START}\n| what |")
    assert text.endswith(f"| a page | 3 kB | aim 4 kB |\n{report.END}\nafter\n")


def test_the_plain_numpy_draws_follow_the_same_laws_as_netinits():
    for shape, ours, plain in speed.draws().values():
        mine, other = ours(), plain()
        assert mine.shape == other.shape == shape
        assert mine.dtype == other.dtype
        assert mine.std() == pytest.approx(other.std(), rel=0.01)
