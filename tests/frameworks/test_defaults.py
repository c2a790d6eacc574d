"""The stored table of defaults is what the installed frameworks' layers have."""

import json
import sys

import pytest
import torch
from project import ROOT

sys.path.insert(0, str(ROOT / "book"))

import defaults

import netinit

STORED = json.loads(defaults.STORED.read_text("utf-8"))


@pytest.fixture(scope="module")
def now():
    return defaults.read()


def differences(stored, now):
    """What a table of rows says that another one does not; a std may differ by its chance."""
    known = {(row["layer"], row["parameter"]): row for row in stored}
    found = {(row["layer"], row["parameter"]): row for row in now}
    changed = [
        key
        for key in known.keys() & found.keys()
        if known[key]["law"] != found[key]["law"]
        or found[key]["std"] != pytest.approx(known[key]["std"], rel=0.02)
    ]
    return sorted(changed), sorted(known.keys() ^ found.keys())


@pytest.mark.parametrize("framework", defaults.FRAMEWORKS)
def test_no_default_has_changed(framework, now):
    stored = STORED[framework]
    # If a default did change: make outputs-frameworks, and look at the page's prose.
    assert differences(stored["rows"], now[framework]["rows"]) == ([], [])
    assert stored["version"] == now[framework]["version"]


def test_the_table_stores_each_framework():
    assert STORED.keys() == defaults.FRAMEWORKS.keys()


def test_a_default_that_changes_is_noticed(monkeypatch):
    def reset(self):
        torch.nn.init.normal_(self.weight, std=0.02)

    monkeypatch.setattr(torch.nn.Embedding, "reset_parameters", reset)
    changed, other = differences(STORED["PyTorch"]["rows"], defaults.of_pytorch())
    assert changed == [("Embedding(500, 96)", "weight")]
    assert not other


@pytest.mark.parametrize(
    ("call", "shape", "groups", "least", "most"),
    [
        ("Conv2D(512, 3, groups=4)", (512, 64, 3, 3), 4, 0.32, 0.35),
        ("DepthwiseConv2D(3)", (512, 1, 3, 3), 512, 0.001, 0.01),
    ],
)
def test_grouped_convolutions_of_keras_get_the_share_that_the_page_says(
    call, shape, groups, least, most
):
    fan_in, fan_out = netinit.fans(shape, groups=groups)
    xavier = 2 * fan_in / (fan_in + fan_out)
    (row,) = [r for r in STORED["Keras"]["rows"] if r["layer"] == call and r["scaled"]]
    assert least < row["scaled"] / xavier < most
