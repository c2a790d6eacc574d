"""check: sick models get the verdict that they deserve, healthy ones get none."""

import copy
import math

import pytest
import torch
from nets import GPT, classes, he, perceptron, text
from torch import nn
from torch.nn import functional

import netinit.torch as nit


def verdict(model, batch, **options):
    return nit.check(model, batch, **options)


# Sick.


def test_a_deep_default_perceptron_collapses_though_its_first_loss_is_that_of_a_guess():
    report = verdict(perceptron(128, 30, inputs=128), classes(128))
    assert {"COLLAPSE", "GRADIENT", "GAIN"} <= report.codes
    assert "LOSS" not in report.codes
    assert not report.ok
    (collapse,) = report.of("COLLAPSE")
    assert collapse.severity == "error"
    assert collapse.measured < 1e-10
    (gain,) = report.of("GAIN")
    assert gain.expected == "2/fan_in"
    assert report.facts["loss"] == pytest.approx(math.log(10), abs=0.1)
    assert report.facts["least loss"] > 0.97 * report.facts["loss of the best constant"]


def test_a_perceptron_that_explodes_is_named():
    net = perceptron(64, 20, law=lambda w: nn.init.normal_(w, std=0.6))
    report = verdict(net, classes())
    assert {"LOSS", "GAIN"} <= report.codes
    assert report.of("GAIN")[0].numbers["predicted_log_growth"] > 20


def test_sigmoids_in_a_row_collapse():
    report = verdict(perceptron(64, 15, activation=nn.Sigmoid), classes())
    assert "COLLAPSE" in report.codes
    assert not report.ok


def test_a_tied_embedding_of_std_1_has_a_first_loss_far_above_a_guess():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.token, self.norm = nn.Embedding(85, 128), nn.LayerNorm(128)
            self.mix = nn.GRU(128, 128, batch_first=True)
            self.head = nn.Linear(128, 85, bias=False)
            self.head.weight = self.token.weight

        def forward(self, ids):
            return self.head(self.norm(self.mix(self.token(ids))[0]))

    report = verdict(Model(), text(85))
    (loss,) = report.of("LOSS")
    assert loss.severity == "warning"
    assert loss.expected == pytest.approx(math.log(85), rel=1e-4)
    assert loss.measured > 20
    assert report.ok
    assert "COLLAPSE" not in report.codes


@pytest.mark.parametrize(("times", "severity"), [(10, "warning"), (200, "error")])
def test_a_head_that_is_far_too_large_is_an_error(times, severity):
    """The first loss is 18 or 370; that of a guess is 2.3."""
    net = perceptron(64, 4, law=he)
    with torch.no_grad():
        net[-1].weight *= times
    report = nit.check(net, classes(count=256))
    (loss,) = report.of("LOSS")
    assert loss.severity == severity
    assert report.ok == (severity == "warning")
    untried = nit.check(net, classes(count=256), steps=0)
    assert untried.of("LOSS")[0].severity == "warning"


def test_numbers_that_are_far_too_large_are_an_error():
    x = torch.randn(128, 32)
    for times, severity in ((10, "warning"), (100, "error")):
        net = perceptron(64, 4, 3, law=he)
        with torch.no_grad():
            net[-1].weight *= times
        assert nit.check(net, (x, 2 * x[:, :3])).of("LOSS")[0].severity == severity


def test_a_large_head_that_a_few_steps_undo_stays_a_warning():
    layers = []
    for inputs, outputs in ((3, 16), (16, 32), (32, 32)):
        layers += [nn.Conv2d(inputs, outputs, 3, stride=2), nn.BatchNorm2d(outputs), nn.ReLU()]
    net = nn.Sequential(*layers, nn.Flatten(), nn.Linear(288, 10))
    with torch.no_grad():
        net[-1].weight *= 1e4
    report = nit.check(net, (torch.randn(32, 3, 33, 33), torch.randint(0, 10, (32,))))
    (loss,) = report.of("LOSS")
    assert loss.measured > 1000
    assert loss.severity == "warning"
    assert "steps tried" in report.facts


class LowRank(nn.Module):
    def __init__(self, zero_both):
        super().__init__()
        self.base = nn.Linear(32, 10).requires_grad_(False)
        self.a = nn.Parameter(torch.zeros(4, 32) if zero_both else torch.randn(4, 32) / 6)
        self.b = nn.Parameter(torch.zeros(10, 4))

    def forward(self, x):
        return self.base(x) + x @ self.a.T @ self.b.T


def test_two_factors_that_are_both_zero_never_move_and_one_does():
    report = verdict(LowRank(zero_both=True), classes())
    (finding,) = report.of("NO-GRADIENT")
    assert finding.severity == "error"
    assert finding.numbers["names"] == ["a", "b"]
    assert "NO-GRADIENT" not in verdict(LowRank(zero_both=False), classes()).codes


def test_a_rare_class_wants_a_bias():
    net = perceptron(64, 2, 3)
    x, target = torch.randn(512, 32), (torch.rand(512, 3) < 0.01).float()
    report = verdict(net, x, target=target, loss=functional.binary_cross_entropy_with_logits)
    (finding,) = report.of("LOSS-PRIOR")
    shares = target.mean(0)
    assert finding.numbers["bias"] == pytest.approx(
        (shares / (1 - shares)).log().tolist(), rel=0.05
    )
    with torch.no_grad():
        net[-1].bias[:] = torch.tensor(finding.numbers["bias"])
    report = verdict(net, x, target=target, loss=functional.binary_cross_entropy_with_logits)
    assert "LOSS-PRIOR" not in report.codes
    assert "COLLAPSE" not in report.codes


def test_a_regression_far_from_zero_wants_a_bias():
    x = torch.randn(256, 32)
    report = verdict(perceptron(64, 2, 1), (x, x[:, :1] + 300))
    (finding,) = report.of("LOSS-PRIOR")
    assert finding.numbers["bias"] == pytest.approx([300], rel=0.01)


def test_units_that_are_alike_and_stay_so_are_twins():
    net = perceptron(64, 3, law=he)
    with torch.no_grad():
        net[2].weight[10:20] = net[2].weight[10:11]
        net[4].weight[:, 10:20] = net[4].weight[:, 10:11]
    (finding,) = verdict(net, classes()).of("TWINS")
    assert (finding.where, finding.severity) == ("2", "error")
    assert finding.measured == "9 of 64 units"


def test_units_that_are_alike_but_are_read_differently_part():
    net = perceptron(64, 3, law=he)
    with torch.no_grad():
        net[2].weight[10:20] = net[2].weight[10:11]
    (finding,) = verdict(net, classes()).of("TWINS")
    assert (finding.where, finding.severity) == ("2", "warning")
    with torch.no_grad():  # each unit beside its opposite, as some draw on purpose
        he(net[2].weight)
        net[2].weight[32:] = -net[2].weight[:32]
    assert "TWINS" not in verdict(net, classes()).codes


def test_a_constant_layer_is_all_twins():
    net = perceptron(64, 3, law=lambda w: nn.init.constant_(w, 0.1))
    assert {"0", "2"} <= {finding.where for finding in verdict(net, classes()).of("TWINS")}


def test_dead_units_are_counted():
    net = perceptron(64, 3, law=he)
    with torch.no_grad():
        net[2].bias -= 100
    report = verdict(net, classes())
    (finding,) = report.of("DEAD")
    assert (finding.where, finding.measured) == ("2", 1.0)
    assert any(f.severity == "error" for f in report.of("NO-GRADIENT"))


@pytest.mark.parametrize("limit", [math.inf, 7.0])
def test_an_activation_that_is_written_out_is_followed(limit):
    """As the quick GELU of CLIP and the gates of GPT-OSS."""

    class Gated(nn.Module):
        def __init__(self, shift):
            super().__init__()
            self.up, self.head = nn.Linear(32, 64), nn.Linear(64, 10)
            nn.init.constant_(self.up.bias, shift)

        def forward(self, x):
            x = self.up(x).clamp(max=limit)
            return self.head(x * torch.sigmoid(1.7 * x))

    assert "SATURATED" not in verdict(Gated(0.0), classes()).codes
    (finding,) = verdict(Gated(-20.0), classes()).of("SATURATED")
    assert finding.where == "up"


def test_saturated_units_are_counted():
    net = perceptron(64, 3, law=lambda w: nn.init.normal_(w, std=2), activation=nn.Tanh)
    (finding,) = verdict(net, classes()).of("SATURATED")
    assert finding.count == 2


class Residual(nn.Module):
    def __init__(self, blocks=16, scale=1.0, width=64, norm=False):
        super().__init__()
        self.branches = nn.ModuleList(
            perceptron(width, 2, width, inputs=width) for _ in range(blocks)
        )
        self.first, self.head = nn.Linear(32, width), nn.Linear(width, 10)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(blocks if norm else 0))
        for branch in self.branches:
            he(branch[0].weight)
            he(branch[2].weight)
            with torch.no_grad():
                branch[2].weight *= scale

    def forward(self, x):
        x = self.first(x)
        for i, branch in enumerate(self.branches):
            x = x + branch(self.norms[i](x) if self.norms else x)
        return self.head(x)


def test_a_residual_stream_that_doubles_is_named():
    (finding,) = verdict(Residual(), classes()).of("RESIDUAL")
    assert 1.7 < finding.measured < 5


@pytest.mark.parametrize("options", [{"norm": True}, {"scale": 0.0}, {"scale": 1 / 16}])
def test_scaled_or_normed_residual_streams_are_not(options):
    report = verdict(Residual(**options), classes())
    assert report.ok, report
    assert not report.codes & {"RESIDUAL", "GRADIENT", "COLLAPSE", "NO-GRADIENT"}


def test_saturated_attention_is_named():
    net = GPT()
    assert "ATTENTION" not in verdict(net, text()).codes
    with torch.no_grad():
        net.blocks[2].attention.qkv *= 100
    report = verdict(net, text())
    (finding,) = report.of("ATTENTION")
    assert finding.where == "blocks.2.attention.qkv"


def test_a_forget_gate_at_one_half_is_told_and_one_set_is_not():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.memory, self.head = nn.LSTM(32, 16, batch_first=True), nn.Linear(16, 10)

        def forward(self, x):
            return self.head(self.memory(x)[0][:, -1])

    net, batch = Model(), (torch.randn(64, 5, 32), torch.randint(0, 10, (64,)))
    (finding,) = verdict(net, batch).of("FORGET-BIAS")
    assert finding.where == "memory"
    with torch.no_grad():
        net.memory.bias_ih_l0[16:32] = 1
    assert "FORGET-BIAS" not in verdict(net, batch).codes


def test_a_parameter_that_is_not_used_is_info_alone():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.spare = perceptron(64, 2), nn.Linear(64, 64)

        def forward(self, x):
            return self.body(x)

    report = verdict(Model(), classes())
    (finding,) = report.of("NO-GRADIENT")
    assert (finding.severity, finding.count) == ("info", 2)


def test_where_numbers_stop_being_finite_is_named():
    net = perceptron(64, 4, law=he)
    with torch.no_grad():
        net[4].weight *= 1e30
        net[6].weight *= 1e30
    report = verdict(net, classes())
    assert report.of("NONFINITE")[0].where == "6"
    assert report.of("LOSS")[0].severity == "error"


# Healthy.


def zero_head():
    net = perceptron(64, 6, law=he)
    nn.init.zeros_(net[-1].weight)
    return net


class Gated(nn.Module):
    """Branches behind a gate that starts at `start`: ReZero at 0, LayerScale at 1e-5."""

    def __init__(self, start, blocks=12, width=64):
        super().__init__()
        self.branches = nn.ModuleList(
            perceptron(width, 2, width, inputs=width, law=he) for _ in range(blocks)
        )
        self.gates = nn.ParameterList(torch.full((), start) for _ in range(blocks))
        self.first, self.head = nn.Linear(32, width), nn.Linear(width, 10)

    def forward(self, x):
        x = self.first(x)
        for gate, branch in zip(self.gates, self.branches, strict=True):
            x = x + gate * branch(x)
        return self.head(x)


class Convolutional(nn.Module):
    """A residual network with batch norm, whose branches may end in a scale of 0."""

    def __init__(self, zero=False, width=16, blocks=6):
        super().__init__()
        self.first = nn.Conv2d(3, width, 3, padding=1)
        self.branches = nn.ModuleList(
            nn.Sequential(
                *(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)),
                nn.ReLU(),
                *(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)),
            )
            for _ in range(blocks)
        )
        self.head = nn.Linear(width, 10)
        for branch in self.branches:
            nn.init.constant_(branch[-1].weight, 0.0 if zero else 1.0)

    def forward(self, x):
        x = self.first(x)
        for branch in self.branches:
            x = torch.relu(x + branch(x))
        return self.head(x.mean((2, 3)))


def images():
    smooth = functional.interpolate(torch.randn(32, 3, 4, 4), size=12, mode="bicubic")
    return smooth, torch.randint(0, 10, (32,))


HEALTHY = {
    "he": (lambda: perceptron(64, 20, law=he), classes),
    "he, narrow": (lambda: perceptron(16, 20, law=he), classes),
    "tanh, xavier": (
        lambda: perceptron(64, 15, law=nn.init.xavier_normal_, activation=nn.Tanh),
        classes,
    ),
    "shallow defaults": (lambda: perceptron(64, 3), classes),
    "zero head": (zero_head, classes),
    "low rank, one factor zero": (lambda: LowRank(zero_both=False), classes),
    "ReZero": (lambda: Gated(0.0), classes),
    "LayerScale": (lambda: Gated(1e-5), classes),
    "residual": (Convolutional, images),
    "residual, zero branches": (lambda: Convolutional(zero=True), images),
    "GPT": (GPT, text),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", HEALTHY)
def test_nothing_is_said_of_a_healthy_model(name, seed):
    torch.manual_seed(seed)
    build, batch = HEALTHY[name]
    report = verdict(build(), batch())
    assert report.ok
    assert not [f for f in report.findings if f.severity == "warning"], str(report)
    assert not report.codes & {"GAIN", "GRADIENT", "COLLAPSE", "NO-GRADIENT", "TWINS"}


def test_a_suspicion_without_steps_stays_a_warning():
    net = perceptron(128, 30, inputs=128)
    (finding,) = verdict(net, classes(128), steps=0).of("COLLAPSE")
    assert finding.severity == "warning"
    (finding,) = verdict(copy.deepcopy(net), classes(128)[0]).of("COLLAPSE")
    assert finding.severity == "warning", "nor can it be tried without a loss"


# Values, judged by the fans that the operations have.


def test_a_depthwise_convolution_scaled_by_all_channels_is_named():
    net = nn.Sequential(
        *(nn.Conv2d(3, 128, 1), nn.ReLU(), nn.Conv2d(128, 128, 3, groups=128), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(1152, 4)),
    )
    nn.init.kaiming_normal_(net[2].weight, mode="fan_out", nonlinearity="relu")
    batch = torch.randn(32, 3, 5, 5), torch.randint(0, 4, (32,))
    (finding,) = verdict(net, batch).of("WRONG-FAN")
    assert (finding.where, finding.severity) == ("2.weight", "warning")
    assert finding.numbers["true"] == (9, 9)
    net.insert(3, nn.BatchNorm2d(128))
    (finding,) = verdict(net, batch).of("WRONG-FAN")
    assert finding.severity == "info", "a norm makes it harmless"


def test_a_weight_stored_the_other_way_around_is_named_by_its_use():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.wide = nn.Parameter(torch.empty(32, 512))
            self.square = nn.Parameter(torch.empty(512, 512))
            self.head = nn.Linear(512, 10)
            for weight in (self.wide, self.square):
                he(weight)

        def forward(self, x):
            return self.head(torch.relu(torch.relu(x @ self.wide) @ self.square))

    (finding,) = verdict(Model(), classes()).of("WRONG-FAN")
    assert finding.where == "wide"


def test_copies_of_a_layer_are_named():
    layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
    stack = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
    report = verdict(stack, torch.randn(16, 6, 32))
    (finding,) = report.of("CLONES")
    assert finding.numbers["places"] == ["layers.1", "layers.2"]


def test_a_batch_that_hardly_varies_is_no_fault_of_the_model():
    x = 1 + 1e-3 * torch.randn(64, 32)
    report = verdict(perceptron(64, 3, law=he), (x, torch.randint(0, 10, (64,))))
    assert "COLLAPSE" not in report.codes
