"""Every operation with parameters is recorded, with the fans that it has."""

import math

import pytest
import torch
from nets import GPT, text
from torch import nn
from torch.nn import functional

from netinit.torch.checking.operations import Recorder


def recorded(model, *args, **kwargs):
    recorder = Recorder(model)
    with recorder:
        model(*args, **kwargs)
    return recorder


def fans(model, *args):
    return {o.name: tuple(o.fans) for o in recorded(model, *args).operations if o.fans}


class Using(nn.Module):
    """A weight of a shape, used by a function."""

    def __init__(self, shape, function):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(shape))
        self.function = function

    def forward(self, x):
        return self.function(x, self.weight)


X = torch.randn(6, 8)
IMAGE = torch.randn(2, 8, 9, 9)


@pytest.mark.parametrize(
    ("shape", "function", "x", "expected"),
    [
        ((5, 8), functional.linear, X, (8, 5)),
        ((8, 5), lambda x, w: x @ w, X, (8, 5)),
        ((8, 5), lambda x, w: functional.linear(x, w.t()), X, (8, 5)),
        ((5, 8), lambda x, w: w @ x.T, X, (8, 5)),
        ((5, 8), lambda x, w: x @ w.mT.to(torch.float64).float(), X, (8, 5)),
        ((5, 8), lambda x, w: torch.addmm(torch.zeros(5), x, w.T), X, (8, 5)),
        ((8, 5), lambda x, w: torch.tensordot(x, w, 1), X, (8, 5)),
        ((5, 8), lambda x, w: torch.tensordot(x, w, dims=([1], [1])), X, (8, 5)),
        ((5, 8), lambda x, w: torch.einsum("bi,oi->bo", x, w), X, (8, 5)),
        ((5, 8), lambda x, w: torch.einsum("...i,oi->...o", x, w), X, (8, 5)),
        ((6, 8, 5), lambda x, w: torch.einsum("ei,eio->eo", x, w), X, (8, 5)),
        ((3, 8, 5), lambda x, w: torch.bmm(x.expand(3, 6, 8), w), X, (8, 5)),
        ((5, 8, 8), lambda x, w: functional.bilinear(x, x, w), X, (64, 5)),
        ((16, 8, 3, 3), functional.conv2d, IMAGE, (72, 144)),
        ((16, 4, 3, 3), lambda x, w: functional.conv2d(x, w, groups=2), IMAGE, (36, 72)),
        ((8, 1, 3, 3), lambda x, w: functional.conv2d(x, w, None, 2, 0, 1, 8), IMAGE, (9, 2.25)),
        ((8, 4, 4, 4), lambda x, w: functional.conv_transpose2d(x, w, stride=2), IMAGE, (32, 64)),
        ((5, 8, 3), lambda x, w: functional.conv1d(x, w, stride=(2,)), IMAGE[:, :, 0], (24, 7.5)),
    ],
)
def test_the_fans_are_those_of_the_operation(shape, function, x, expected):
    assert fans(Using(shape, function), x) == {"weight": expected}


def test_a_measured_second_moment_follows_the_fan():
    """What fan_in means: the second moment grows by it; also where torch counts otherwise."""
    image = torch.randn(4, 64, 16, 16)
    net = Using((64, 64, 4, 4), lambda x, w: functional.conv_transpose2d(x, w, stride=2))
    (operation,) = recorded(net, image).operations
    assert operation.fans.fan_in == 256
    inner = net(image)[:, :, 4:-4, 4:-4].square().mean().item()
    assert inner / operation.input == pytest.approx(256, rel=0.05)


def test_all_matrices_of_a_language_model_are_seen():
    model = GPT()
    matrices = {name for name, p in model.named_parameters() if p.dim() == 2}
    operations = recorded(model, text()[0]).operations
    assert {o.weight for o in operations} == matrices
    tied = [o.kind for o in operations if o.weight == "token.weight"]
    assert tied == ["embedding", "linear"]
    found = {o.name: tuple(o.fans) for o in operations if o.kind != "embedding"}
    assert found["blocks.0.attention.qkv"] == (32, 32), "three layers in one matrix"
    assert found["blocks.3.up"] == (32, 128)


def test_what_comes_next_is_found_through_norms_and_reshapes():
    net = nn.Sequential(
        *(nn.Conv2d(8, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(144, 7), nn.Tanh(), nn.Linear(7, 3)),
    )
    conv, hidden, head = recorded(net, IMAGE).operations
    assert (conv.then, conv.normed) == ("relu", True)
    assert (hidden.then, hidden.normed) == ("tanh", False)
    assert head.then == ""


def test_residual_sums_are_told_from_activations_written_out():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(8, 8), nn.Linear(8, 8)

        def forward(self, x):
            y = self.a(x)
            y = 0.5 * y * (1 + torch.tanh(y + 0.044715 * torch.pow(y, 3)))
            return x + self.b(y)

    recorder = recorded(Net(), X)
    (stream,) = recorder.signals.streams
    assert len(stream) == 2
    assert [o.joins for o in recorder.operations] == [False, True]


def test_a_recurrent_layer_has_the_fans_of_one_gate():
    for kind, gates in ((nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)):
        net = kind(8, 5, num_layers=2)
        assert net.weight_hh_l0.shape == (gates * 5, 5)
        assert fans(net, torch.randn(7, 3, 8)) == {
            **{"weight_ih_l0": (8, 5), "weight_hh_l0": (5, 5)},
            **{"weight_ih_l1": (5, 5), "weight_hh_l1": (5, 5)},
        }
    assert fans(nn.LSTMCell(8, 5), torch.randn(3, 8)) == {"weight_ih": (8, 5), "weight_hh": (5, 5)}


@pytest.mark.parametrize("same", [True, False])
def test_multi_head_attention_is_seen_from_inside(same):
    net = nn.MultiheadAttention(8, 2, batch_first=True)
    x, y = torch.randn(2, 3, 9, 8)
    found = fans(net, x, x if same else y, x if same else y)
    assert found == {"in_proj": (8, 8), "out_proj": (8, 8)}


@pytest.mark.parametrize("norm", ["weight_norm", "spectral_norm", "orthogonal"])
def test_a_parametrized_weight_is_one_weight(norm):
    net = getattr(nn.utils.parametrizations, norm)(nn.Linear(8, 5))
    (operation,) = recorded(net, X).operations
    assert operation.shape == (5, 8)
    assert operation.fans == (8, 5)
    assert all("parametrizations.weight" in name for name in operation.parameters)


def test_a_table_that_data_chooses_from_is_data_to_the_next_weight():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Parameter(torch.randn(20, 8))
            self.out = nn.Linear(8, 5)

        def forward(self, ids):
            return self.out(self.table[ids])

    (operation,) = recorded(Net(), torch.randint(0, 20, (6, 4))).operations
    assert operation.name == "out"
    assert operation.output.spread > 0.1


def test_learned_queries_are_constant_input():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.queries, self.project = nn.Parameter(torch.randn(3, 8)), nn.Linear(8, 8)

        def forward(self, x):
            return functional.softmax(self.project(self.queries) @ x.T, -1) @ x

    (operation,) = recorded(Net(), X).operations
    assert operation.constant_input
    assert operation.fans == (8, 8)


def test_moments_spread_and_dead_units_are_what_they_say():
    net = nn.Sequential(nn.Linear(8, 4), nn.ReLU())
    with torch.no_grad():
        net[0].bias[:] = torch.tensor([-100.0, 0, 0, 100])
    x = torch.randn(200, 8)
    (operation,) = recorded(net, x).operations
    out = net[0](x)
    assert operation.output.second == pytest.approx(out.square().mean().item(), rel=1e-5)
    share = out.var(0, correction=0).mean() / out.square().mean()
    assert operation.output.spread == pytest.approx(share.item(), rel=1e-5)
    assert operation.dead == 0.25
    few = recorded(net, x[:8]).operations[0]
    assert few.dead is None, "8 inputs cannot tell that a unit is dead"
    one = recorded(net, x[:1]).operations[0]
    assert math.isnan(one.output.spread)


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("sharp", [False, True])
def test_attention_is_measured_by_its_entropy(sharp, fused):
    q, scale = torch.randn(1, 2, 32, 16), 1 if sharp else 0.001

    def attend(x, w):
        query = (x @ w) * 0 + q
        if fused:
            return functional.scaled_dot_product_attention(query, q, q, scale=scale, is_causal=True)
        return functional.softmax(query @ q.mT * scale, -1) @ q

    net = Using((16, 16), attend)
    (sight,) = recorded(net, torch.randn(1, 2, 32, 16)).signals.attentions
    assert (sight.evenness < 0.2) if sharp else (sight.evenness > 0.99)


def test_dropout_is_off_while_recording():
    net = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5))
    recorder = Recorder(net)
    with recorder:
        out = net(X)
    assert torch.equal(out, net[0](X))
