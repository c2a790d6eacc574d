"""fix: lines that repair what was found, proposed or carried out."""

import copy

import pytest
import torch
from nets import classes, he, perceptron, text
from torch import nn

import netinit.torch as nit


def kept(model):
    return copy.deepcopy(model.state_dict())


def same(model, state):
    return all(torch.equal(state[name], value) for name, value in model.state_dict().items())


def test_a_proposal_leaves_the_model_and_the_lines_do_what_was_promised():
    model, batch = perceptron(128, 30, inputs=128), classes(128)
    before = kept(model)
    report = nit.fix(model, batch)
    assert same(model, before)
    assert "COLLAPSE" in report.facts["found before"]
    assert report.ok, str(report)
    for row in report.rows:
        exec(row["line"], {"model": model, "torch": torch})
    assert nit.check(model, batch).ok
    assert not same(model, before)


def test_carried_out_it_is_what_the_lines_say():
    model, batch = perceptron(128, 30, inputs=128), classes(128)
    other = copy.deepcopy(model)
    torch.manual_seed(1)
    rows = nit.fix(model, batch, dry_run=False).rows
    torch.manual_seed(1)
    for row in rows:
        exec(row["line"], {"model": other, "torch": torch})
    assert same(model, other.state_dict())


def test_by_data_the_weights_keep_their_directions():
    model, batch = perceptron(64, 20, law=lambda w: nn.init.normal_(w, std=0.02)), classes()
    first = model[0].weight.detach().clone()
    report = nit.fix(model, batch, method="data", dry_run=False)
    assert len(report.rows) == 20
    torch.testing.assert_close(model[0].weight / model[0].weight.norm(), first / first.norm())
    after = nit.check(model, batch)
    assert [row["output"] for row in after.rows] == pytest.approx([1] * 20, rel=0.6)
    # Of each layer alone, the variance over units and batch is 1.
    x = batch[0]
    for layer in model:
        x = layer(x)
        if isinstance(layer, nn.Linear):
            assert x.var(correction=0).item() == pytest.approx(1, rel=1e-3)


class Language(nn.Module):
    def __init__(self, tied):
        super().__init__()
        self.token, self.norm = nn.Embedding(85, 128), nn.LayerNorm(128)
        self.head = nn.Linear(128, 85, bias=False)
        nn.init.normal_(self.head.weight)
        if tied:
            self.head.weight = self.token.weight

    def forward(self, ids):
        return self.head(self.norm(self.token(ids)))


@pytest.mark.parametrize("tied", [True, False])
def test_a_loud_head(tied):
    report = nit.fix(Language(tied), text(85))
    assert report.facts["found before"].split(", ")[0] == "LOSS"
    assert "LOSS" not in report.codes
    (row,) = report.rows
    assert ("std=0.02" in row["line"]) == tied


class Transposed(Language):
    def forward(self, ids):
        return self.norm(self.token(ids)) @ self.head.weight.T


@pytest.mark.parametrize("tied", [True, False])
def test_a_loud_head_that_is_used_transposed(tied):
    report = nit.fix(Transposed(tied), text(85))
    assert "LOSS" not in report.codes
    assert [row["parameter"] for row in report.rows] == ["token.weight" if tied else "head.weight"]


def test_a_prior():
    x, y = torch.randn(512, 32), (torch.rand(512, 3) < 0.01).float()
    loss = nn.functional.binary_cross_entropy_with_logits
    report = nit.fix(perceptron(64, 2, 3), x, target=y, loss=loss)
    assert "LOSS-PRIOR" in report.facts["found before"]
    assert "LOSS-PRIOR" not in report.codes


def test_forget_gates():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.memory = nn.LSTM(32, 16, 2, batch_first=True, bidirectional=True)
            self.head = nn.Linear(32, 10)

        def forward(self, x):
            return self.head(self.memory(x)[0][:, -1])

    model, batch = Model(), (torch.randn(64, 5, 32), torch.randint(0, 10, (64,)))
    report = nit.fix(model, batch, dry_run=False)
    assert "FORGET-BIAS" not in report.codes
    assert len(report.rows) == 4
    assert model.memory.bias_ih_l1_reverse[16:32].eq(1).all()


def test_two_zero_factors_twins_and_dead_units():
    class LowRank(nn.Module):
        def __init__(self):
            super().__init__()
            self.base = nn.Linear(32, 10).requires_grad_(False)
            self.a, self.b = nn.Parameter(torch.zeros(4, 32)), nn.Parameter(torch.zeros(10, 4))

        def forward(self, x):
            return self.base(x) + x @ self.a.T @ self.b.T

    report = nit.fix(LowRank(), classes())
    assert [row["parameter"] for row in report.rows] == ["a"]
    assert "NO-GRADIENT" not in report.codes

    constant = perceptron(64, 3, law=lambda w: nn.init.constant_(w, 0.1))
    assert nit.fix(constant, classes()).ok

    dead = perceptron(64, 3, law=he)
    with torch.no_grad():
        dead[0].bias -= 100
    report = nit.fix(dead, classes())
    assert "DEAD" not in report.codes
    assert report.ok


def test_nothing_to_do_and_bad_input():
    assert nit.fix(perceptron(64, 4, law=he), classes()).rows == []
    assert "NOT-RUN" in nit.fix(perceptron(), classes(31)).codes
    with pytest.raises(ValueError, match="method 'lsuv' is unknown"):
        nit.fix(perceptron(), classes(), method="lsuv")
    with pytest.raises(TypeError, match="dry_run must be True or False"):
        nit.fix(perceptron(), classes(), dry_run="no")
