"""A limit is one entry: options, words and the guide's table follow from it."""

import re
from dataclasses import fields

import pytest

from assignments import __main__ as command
from assignments.running.limits import Limits, default_text, meaning, option, resources
from tests.project import ROOT

GUIDE = ROOT / "assignments" / "guide.md"
HEAD = "| limit on | default | option |\n|---|---|---|\n"


def test_the_guide_has_a_row_for_each_limit():
    """After a change of `Limits`, put the rows that this test expects into the guide."""
    rows = [f"| {meaning(f).of} | {default_text(f)} | `{option(f)}` |" for f in fields(Limits)]
    table = GUIDE.read_text("utf-8").partition(HEAD)[2].partition("\n\n")[0]
    assert table.splitlines() == rows


@pytest.mark.parametrize("limit", fields(Limits), ids=lambda limit: limit.name)
def test_each_limit_is_an_option_with_its_meaning(limit, capsys):
    arguments = ["grade", "ps1", "in", "--roster", "roster.csv"]
    given = command._parser().parse_args([*arguments, option(limit), "7"])
    assert getattr(given, limit.name) == 7
    assert getattr(command._parser().parse_args(arguments), limit.name) == limit.default
    with pytest.raises(SystemExit):
        command.main(["grade", "--help"])
    told = re.sub(r"\s+", " ", capsys.readouterr().out)
    assert f"limit on {meaning(limit).of} (default: {default_text(limit)})" in told


def test_resources_are_in_the_systems_units():
    limits = Limits(seconds=10, memory_mb=3, processes=5, files_mb=2)
    assert resources(limits, {"seconds", "memory_mb", "processes", "files_mb", "output_mb"}) == {
        "RLIMIT_CPU": 20,
        "RLIMIT_AS": 3_000_000,
        "RLIMIT_NPROC": 5,
        "RLIMIT_FSIZE": 2_000_000,
    }
    assert resources(limits, {"memory_mb", "output_mb"}) == {"RLIMIT_AS": 3_000_000}
