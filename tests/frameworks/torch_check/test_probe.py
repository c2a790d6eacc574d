"""probe: whether a model has learned more than a constant answer."""

import copy

import pytest
import torch
from nets import GPT, classes, he, perceptron, text
from torch import nn

import netinit.torch as nit


def test_a_collapsed_model_learns_the_best_constant_and_no_more():
    report = nit.probe(perceptron(128, 30, inputs=128), classes(128), steps=60)
    assert not report.ok
    (finding,) = report.of("COLLAPSE")
    best = report.facts["loss of the best constant"]
    assert finding.measured == pytest.approx(best, rel=0.02)
    assert report.facts["learned more"] == "False"


def test_a_healthy_model_learns_more():
    report = nit.probe(lambda: perceptron(64, 6, law=he), classes(), steps=60)
    assert report.ok
    assert report.facts["learned more"] == "True"
    assert [row["step"] for row in report.rows] == [1, 2, 5, 10, 20, 50, 60]
    assert 1e-4 < report.rows[0]["update"] < 0.1


def test_a_tiny_layer_scale_is_cleared():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.branches = nn.ModuleList(perceptron(32, 2, 32, law=he) for _ in range(8))
            self.scales = nn.ParameterList(torch.full((32,), 1e-6) for _ in range(8))
            self.head = nn.Linear(32, 10)

        def forward(self, x):
            for scale, branch in zip(self.scales, self.branches, strict=True):
                x = x + scale * branch(x)
            return self.head(x)

    assert nit.probe(Scaled(), classes(), steps=60).ok


def test_several_batches_and_a_model_as_it_was():
    model = GPT()
    before = copy.deepcopy(model.state_dict())
    report = nit.probe(model, [text(), text(), text()], steps=9)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert report.facts["steps"] == 9
    assert len({row["loss"] for row in report.rows}) == len(report.rows)


def test_without_a_loss_nothing_is_judged():
    report = nit.probe(perceptron(), classes()[0], steps=3)
    assert report.ok
    assert "learned more" not in report.facts


def test_a_model_that_blows_up_is_told():
    net = perceptron(64, 3, law=he)
    with torch.no_grad():
        net[0].weight *= 1e30
    (finding,) = nit.probe(net, classes(), steps=5).of("LOSS")
    assert finding.severity == "error"


def test_bad_input():
    assert "NOT-RUN" in nit.probe(perceptron(), classes(31)).codes
    with pytest.raises(TypeError, match="model must be a module or build one"):
        nit.probe(3, classes())
    with pytest.raises(TypeError, match="batches must be a batch or many, not int"):
        nit.probe(perceptron(), 3)
    with pytest.raises(ValueError, match="batches must hold at least one"):
        nit.probe(perceptron(), [])
    with pytest.raises(ValueError, match="steps must be at least 1"):
        nit.probe(perceptron(), classes(), steps=0)
