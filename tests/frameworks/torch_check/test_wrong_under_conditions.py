"""What people do to models hides no fault: it is named at its layer, and no healthy one is."""

import contextlib
import copy
import re

import pytest
import torch
from nets import GPT, classes, he, text
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrizations
from torch.utils.checkpoint import checkpoint

import netinit.torch as nit


class Net(nn.Module):
    """Four linear layers; `run` calls the middle ones."""

    def __init__(self, run=None):
        super().__init__()
        self.first, self.head, self.run = nn.Linear(32, 64), nn.Linear(64, 10), run
        self.body = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        for layer in (self.first, self.head, *self.body[::2]):
            he(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        x = torch.relu(self.first(x))
        return self.head(self.run(self.body, x) if self.run else self.body(x))


class Named(nn.Module):
    """Takes keywords, and returns its output among others."""

    def __init__(self, net, form):
        super().__init__()
        self.net, self.form = net, form

    def forward(self, pixels, scale):
        logits = self.net(pixels * scale)
        return (logits, pixels) if self.form is tuple else {"logits": logits, "seen": pixels}


@torch.no_grad()
def twins(layer):
    layer.weight[::2] = layer.weight[1::2]


@torch.no_grad()
def dead(layer):
    layer.bias -= 300


@torch.no_grad()
def hole(layer):
    layer.weight[3, 4] = torch.nan


@torch.no_grad()
def stray(layer):
    layer.weight[5, 6] = 30 * layer.weight.std()


FAULTS = {
    "twins": (twins, {"TWINS": "body.2", "CLONES": "body.2.weight"}),
    "dead": (dead, {"DEAD": "body.2"}),
    "hole": (hole, {"NONFINITE": "body.2.weight", "LOSS": "loss"}),
    "stray": (stray, {"OUTLIERS": "body.2.weight"}),
}


def plainly(make, net, spoil):
    spoil(net.body[2])
    return nit.check(net, make())


def compiled(make, net, spoil):
    spoil(net.body[2])
    model = torch.compile(net, backend="eager")
    model(make()[0])
    return nit.check(model, make())


def compiled_in_place(make, net, spoil):
    spoil(net.body[2])
    net.compile(backend="eager")
    net(make()[0])
    return nit.check(net, make())


def compiled_inside(make, net, spoil):
    spoil(net.body[2])
    net.body[2] = torch.compile(net.body[2], backend="eager")
    return nit.check(net, make())


def autocast(make, net, spoil):
    spoil(net.body[2])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return nit.check(net, make())


def narrow(make, net, spoil):
    spoil(net.body[2])
    x, y = make()
    return nit.check(net.bfloat16(), (x.bfloat16(), y))


def checkpointed(reentrant):
    def check(make, net, spoil):
        spoil(net.body[2])
        net.run = lambda body, x: checkpoint(body, x, use_reentrant=reentrant)
        return nit.check(net, make())

    return check


def parametrized(norm):
    def check(make, net, spoil):
        spoil(net.body[2])
        for layer in (net.first, *net.body[::2]):
            norm(layer)
        return nit.check(net, make())

    return check


def named(form):
    def check(make, net, spoil):
        spoil(net.body[2])
        x, y = make()
        batch = {"pixels": x, "scale": torch.ones(32)}
        return nit.check(Named(net, form), batch, target=y)

    return check


def wrapped(make, net, spoil):
    spoil(net.body[2])
    return nit.check(nn.DataParallel(net), make())


CONDITIONS = {
    "plain": plainly,
    "torch.compile": compiled,
    "model.compile": compiled_in_place,
    "a compiled layer": compiled_inside,
    "autocast": autocast,
    "bfloat16": narrow,
    "checkpoint, reentrant": checkpointed(True),
    "checkpoint": checkpointed(False),
    "weight_norm": parametrized(parametrizations.weight_norm),
    "spectral_norm": parametrized(parametrizations.spectral_norm),
    "keywords, a tuple": named(tuple),
    "keywords, a dict": named(dict),
    "DataParallel": wrapped,
}


@pytest.fixture(autouse=True)
def fresh_compiler():
    yield
    with contextlib.suppress(AttributeError):  # nothing was compiled
        torch._dynamo.reset()


def batch():
    torch.manual_seed(1)
    return classes(count=320)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_healthy_model_is_not_accused(condition):
    report = CONDITIONS[condition](batch, Net(), lambda layer: None)
    assert [f for f in report.findings if f.severity != "info"] == [], str(report)
    names = [row["name"].removeprefix("net.") for row in report.rows]
    assert names == ["first", "body.0", "body.2", "head"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_fault_is_named_at_its_layer(condition, fault):
    spoil, expected = FAULTS[fault]
    report = CONDITIONS[condition](batch, Net(), spoil)
    for code, where in expected.items():
        assert plain(report.of(code)) == {where}, str(report)
    graves = [f.code for f in report.findings if f.severity == "error"]
    assert set(graves) <= {*expected, "NO-GRADIENT"}, str(report)


def plain(findings):
    """The places without what a parametrization or the form of the model adds."""
    added = re.compile(r"^net\.|\._orig_mod|parametrizations\.(?=weight)|(?<=weight)\.original\d?")
    return {added.sub("", finding.where) for finding in findings}


@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_a_compiled_model_has_the_verdict_of_the_plain_one(fault):
    net = Net()
    (FAULTS[fault][0] if fault else lambda layer: None)(net.body[2])
    plain_report = nit.check(copy.deepcopy(net), batch())
    net(batch()[0])
    for form in (compiled, compiled_in_place):
        report = form(batch, copy.deepcopy(net), lambda layer: None)
        assert str(report) == str(plain_report)


# Structures of their own -----------------------------------------------------------------------


def test_a_tied_embedding_that_is_too_large():
    net = GPT()
    assert nit.check(net, text(count=64)).ok
    nn.init.normal_(net.token.weight)
    report = nit.check(net, text(count=64))
    assert report.of("LOSS")[0].numbers["head"] == "token"


class Experts(nn.Module):
    def __init__(self):
        super().__init__()
        self.router, self.norm = nn.Linear(32, 4), nn.LayerNorm(32)
        self.up = nn.Parameter(torch.randn(4, 32, 64) / 4)
        self.down = nn.Parameter(torch.randn(4, 64, 10) / 8)

    def forward(self, x):
        gates = functional.softmax(self.router(self.norm(x)), -1)
        hidden = torch.relu(torch.einsum("bi,eif->ebf", x, self.up))
        return torch.einsum("be,ebo->bo", gates, torch.einsum("ebf,efo->ebo", hidden, self.down))


def test_experts_that_are_copies_or_both_zero():
    assert not nit.check(Experts(), batch()).of("CLONES")
    copies = Experts()
    with torch.no_grad():
        copies.up[1:] = copies.up[:1]
    assert [f.where for f in nit.check(copies, batch()).of("CLONES")] == ["up"]
    zero = Experts()
    for weight in (zero.up, zero.down):
        nn.init.zeros_(weight)
    (finding,) = (f for f in nit.check(zero, batch()).of("NO-GRADIENT") if f.severity == "error")
    assert set(finding.numbers["names"]) >= {"up", "down"}


class Reader(nn.Module):
    """A recurrent layer over a sequence, and a head on its last state."""

    def __init__(self, kind):
        super().__init__()
        self.memory, self.head = kind(8, 32, batch_first=True), nn.Linear(32, 5)

    def forward(self, x):
        return self.head(self.memory(x)[0][:, -1])


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_a_recurrent_layer(kind):
    data = torch.randn(100, 12, 8), torch.randint(0, 5, (100,))
    report = nit.check(Reader(kind), data)
    assert [f for f in report.findings if f.severity != "info"] == [], str(report)
    wrong = Reader(kind)
    with torch.no_grad():
        wrong.memory.weight_hh_l0[3, 3] = torch.inf
    report = nit.check(wrong, data)
    assert report.of("NONFINITE")[0].where == "memory.weight_hh_l0"
    cloned = Reader(kind)
    with torch.no_grad():
        cloned.memory.weight_ih_l0[1::2] = cloned.memory.weight_ih_l0[::2]
    assert nit.check(cloned, data).of("CLONES")[0].where == "memory.weight_ih_l0"


def test_attention_that_is_far_too_sharp():
    torch.manual_seed(0)
    layers = [nn.TransformerEncoderLayer(32, 4, 64, batch_first=True) for _ in range(2)]
    model, data = nn.Sequential(*layers), torch.randn(16, 12, 32)
    assert not nit.check(model, data).of("ATTENTION")
    with torch.no_grad():
        layers[1].self_attn.in_proj_weight[:64] *= 30
    finding = nit.check(model, data).of("ATTENTION")[0]
    assert finding.where.startswith("1.self_attn")


def test_a_transposed_convolution_scaled_by_a_fan_that_it_has_not():
    net = nn.Sequential(
        *(nn.Conv2d(3, 64, 3, stride=2), nn.ReLU()),
        *(nn.ConvTranspose2d(64, 8, 4, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(2592, 10)),
    )
    data = torch.randn(64, 3, 17, 17), torch.randint(0, 10, (64,))
    nn.init.kaiming_normal_(net[2].weight, mode="fan_out", nonlinearity="relu")
    assert nit.check(net, data).of("WRONG-FAN")[0].where == "2.weight"
    nit.init_(net, "he_normal", rng=0)
    report = nit.check(net, data)
    assert [f for f in report.findings if f.severity != "info"] == [], str(report)
