"""Real architectures at small sizes: few may be accused, and their matrices are seen."""

import os

import pytest
import torch

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
zoo = pytest.importorskip("zoo", exc_type=ImportError)

import netinit.torch as nit  # noqa: E402

# Small inputs make some of these true: one place to attend to, one place to pool.
ERRORS_ALLOWED = 0.05
# Tables of places, scales of channels and the like are added or multiplied, and fan into nothing.
SEEN_AT_LEAST = 0.9


def checked(name):
    torch.manual_seed(0)
    model, batch = zoo.build(name)
    matrices = {each for each, parameter in model.named_parameters() if parameter.dim() > 1}
    return nit.check(model, batch), matrices


def test_there_are_at_least_forty():
    assert len(set(zoo.NAMES)) == len(zoo.NAMES) >= 40


@pytest.mark.filterwarnings("default")  # what transformers says of its own models
def test_few_are_accused_and_most_matrices_are_seen():
    """One test, so that each model is built once wherever tests run side by side."""
    accused, warned, seen, total = {}, {}, 0, 0
    for name in zoo.NAMES:
        report, matrices = checked(name)
        assert "NOT-RUN" not in report.codes, f"{name}: {report}"
        for kind, severity in ((accused, "error"), (warned, "warning")):
            said = [f"{f.code} {f.where}" for f in report.findings if f.severity == severity]
            kind.update({name: said} if said else {})
        used = {each for row in report.rows for each in row["parameters"]}
        seen, total = seen + len(used & matrices), total + len(matrices)
        if name == "GPT2":
            assert used == matrices
        if name in zoo.CAUSAL:
            assert report.facts["loss"] < report.facts["loss of zeros"] + 1, name
    assert len(accused) <= ERRORS_ALLOWED * len(zoo.NAMES), accused
    assert len(warned) <= 2 * ERRORS_ALLOWED * len(zoo.NAMES), warned
    assert seen > SEEN_AT_LEAST * total
