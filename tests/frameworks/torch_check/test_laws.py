"""`laws` judges all parameters of a model by their values, and `diff` compares two models."""

import copy

import pytest
import torch
from torch import nn

import netinit.torch as nit
from netinit.initializers.fans import Fans
from netinit.torch.reading.layers import fans_of_modules


def seeded(build, seed=0):
    torch.manual_seed(seed)
    return build()


def codes(report, *severities):
    severities = severities or ("error", "warning", "info")
    return {(f.code, f.where) for f in report.findings if f.severity in severities}


# Fans ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "name", "fans"),
    [
        (lambda: nn.Linear(6, 4), "weight", (6, 4)),
        (lambda: nn.Conv2d(8, 12, 3, groups=4), "weight", (18, 27)),
        (lambda: nn.Conv1d(8, 12, 4, stride=2), "weight", (32, 24)),
        (lambda: nn.ConvTranspose2d(8, 12, 4, stride=2), "weight", (32, 192)),
        (lambda: nn.MultiheadAttention(8, 2), "in_proj_weight", (8, 8)),
        (lambda: nn.MultiheadAttention(8, 2), "out_proj.weight", (8, 8)),
        (lambda: nn.LSTM(6, 4), "weight_ih_l0", (6, 4)),
        (lambda: nn.LSTM(6, 4, proj_size=2), "weight_hr_l0", (4, 2)),
        (lambda: nn.GRU(6, 4, num_layers=2), "weight_hh_l1", (4, 4)),
        (lambda: nn.utils.parametrizations.weight_norm(nn.Linear(6, 4)),
         "parametrizations.weight.original1", (6, 4)),
        (lambda: nn.utils.parametrizations.spectral_norm(nn.Conv2d(4, 8, 3, groups=2)),
         "parametrizations.weight.original", (18, 36)),
        (lambda: nn.utils.parametrizations.weight_norm(nn.Conv1d(8, 12, 3, groups=4), dim=2),
         "parametrizations.weight.original1", (6, 9)),
    ],
)  # fmt: skip
def test_the_fans_of_a_modules_weight_are_those_of_its_operation(module, name, fans):
    assert tuple(fans_of_modules(module())[name]) == fans


def test_the_gain_of_a_weight_norm_has_no_fan():
    for layer in (nn.Conv1d(8, 12, 3, groups=4), nn.Conv2d(8, 12, 1), nn.ConvTranspose1d(8, 12, 3)):
        for axis in range(3):
            known = fans_of_modules(nn.utils.parametrizations.weight_norm(layer, dim=axis))
            assert list(known) == ["parametrizations.weight.original1"]
            nn.utils.parametrize.remove_parametrizations(layer, "weight")


def test_an_embedding_has_no_fan_and_an_unknown_module_is_left_out():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(9, 4)
            self.w = nn.Parameter(torch.randn(4, 4))

    assert fans_of_modules(Own()) == {"embed.weight": None}


# The report ---------------------------------------------------------------------------------


def stack(depth=4, width=64):
    return nn.Sequential(*(nn.Linear(width, width) for _ in range(depth)), nn.Linear(width, 10))


def test_layers_alike_share_a_row_that_any_of_their_names_finds():
    report = nit.laws(seeded(stack))
    row = report["2.weight"]
    assert row["tensors"] == 4
    assert row["name"] == "*.weight"
    assert row["law"].endswith("PyTorch's default")
    assert row["std"] == pytest.approx((1 / 64 / 3) ** 0.5, rel=0.01)


def test_one_layer_of_another_scale_gets_a_row_of_its_own():
    model = seeded(stack)
    with torch.no_grad():
        model[2].weight *= 1.5
    assert nit.laws(model)["2.weight"]["tensors"] == 1
    assert nit.laws(model)["1.weight"]["tensors"] == 3


def test_a_tied_weight_is_read_once_and_meta_is_said():
    model = nn.ModuleDict({"embed": nn.Embedding(50, 8), "head": nn.Linear(8, 50, bias=False)})
    model["head"].weight = model["embed"].weight
    assert list(nit.laws_by_name(model)) == ["embed.weight"]
    report = nit.laws(nn.Linear(3, 2, device="meta"))
    assert report["weight"]["law"] == "no values: on the meta device"


def test_healthy_models_have_no_finding():
    torch.manual_seed(1)
    models = [
        stack(),
        nn.Sequential(nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16), nn.Conv2d(16, 16, 3, groups=16)),
        nn.LSTM(16, 32, num_layers=2),
        nn.Sequential(nn.Embedding(100, 32), nn.Linear(32, 100)),
        nn.Transformer(32, 4, 1, 1, 64, batch_first=True),
    ]
    assert [codes(nit.laws(model), "error", "warning") for model in models] == [set()] * 5


# Findings -----------------------------------------------------------------------------------


def test_zero_constant_and_nonfinite_weights_are_told_and_vectors_are_not():
    model = seeded(stack)
    with torch.no_grad():
        model[0].weight.zero_()
        model[1].weight.fill_(0.1)
        model[2].weight[3, 4] = float("nan")
        model[3].bias.zero_()
    assert codes(nit.laws(model)) == {
        ("ZERO", "0.weight"),
        ("CONSTANT", "1.weight"),
        ("NONFINITE", "2.weight"),
    }


def test_outliers_of_a_draw_that_was_cut_at_absolute_bounds_are_told():
    model = seeded(lambda: nn.Sequential(nn.Linear(256, 300), nn.LayerNorm(300)))
    coarse = (torch.rand(300, 256).bfloat16() * 2 - 1).float().erfinv() * 0.02 * 2**0.5
    assert (coarse.abs() > 1).any()
    model[0].weight.data = coarse.clamp(-2, 2)
    (finding,) = nit.laws(model).of("OUTLIERS")
    assert (finding.where, finding.severity) == ("0.weight", "warning")
    assert finding.numbers["largest"] == pytest.approx(2.0, rel=1e-3)
    assert finding.numbers["entries"] == int((coarse.abs() > 1).sum())


def encoder(copies):
    layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
    layers = [copy.deepcopy(layer) for _ in range(3)] if copies else [layer]
    return nn.ModuleDict({"layers": nn.ModuleList(layers), "head": nn.Linear(32, 5)})


def test_copied_layers_are_named_after_the_first():
    (finding,) = nit.laws(seeded(lambda: encoder(True))).of("CLONES")
    assert (finding.severity, finding.where, finding.count) == ("error", "layers.1", 2)
    assert finding.measured == "the values of layers.1, layers.2 equal layers.0's"
    assert {name.split(".")[1] for name in finding.numbers["names"]} == {"1", "2"}
    assert not nit.laws(seeded(lambda: encoder(False))).of("CLONES")


def test_many_copies_are_one_finding_that_counts_them():
    first = seeded(lambda: nn.Linear(16, 16))
    report = nit.laws(nn.Sequential(*(copy.deepcopy(first) for _ in range(12))))
    (finding,) = report.of("CLONES")
    assert finding.count == 11
    assert finding.measured == "the values of 1, 2, 3 and 8 more equal 0's"
    assert len({name.split(".")[0] for name in finding.numbers["names"]}) == 11


def test_a_teacher_that_starts_as_its_student_is_information():
    student = seeded(lambda: nn.Linear(16, 16))
    model = nn.ModuleDict({"student": student, "teacher": copy.deepcopy(student)})
    report = nit.laws(model)
    assert codes(report) == {("CLONES", "teacher")}
    assert report.ok


def test_rows_that_are_copies_are_told_but_not_those_of_a_formula():
    half = torch.randn(32, 20)
    model = nn.Linear(20, 64)
    model.weight.data = torch.cat([half, half])
    assert codes(nit.laws(model), "error") == {("CLONES", "weight")}
    model.weight.data = torch.arange(1.0, 21).log().repeat(64, 1)
    assert codes(nit.laws(model)) == set()


# Wrong fans ---------------------------------------------------------------------------------


def depthwise(norm):
    layers = [nn.Conv2d(3, 128, 1), nn.Conv2d(128, 128, 3, groups=128), nn.Conv2d(128, 64, 1)]
    for layer in layers:
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return nn.Sequential(*layers, *([nn.BatchNorm2d(64)] if norm else []))


def test_a_depthwise_convolution_that_counts_all_channels_is_told():
    for seed in range(5):
        (finding,) = nit.laws(seeded(lambda: depthwise(False), seed)).of("WRONG-FAN")
        assert (finding.where, finding.severity) == ("1.weight", "warning")
        assert finding.numbers["assumed"] == (9, 1152)
        assert finding.numbers["true"] == (9, 9)
        assert finding.fix.startswith("std 0.4")  # sqrt(2 / 9) is 0.471


def test_behind_a_normalization_it_is_information():
    (finding,) = nit.laws(seeded(lambda: depthwise(True))).of("WRONG-FAN")
    assert finding.severity == "info"


class Stored(nn.Module):
    """Weights of shape (inputs, outputs)."""

    def __init__(self, draw):
        super().__init__()
        self.weights = nn.ParameterList(
            torch.empty(shape) for shape in [(64, 512), (512, 512), (512, 128)]
        )
        for weight in self.weights:
            draw(weight)

    def fans(self):
        return {f"weights.{i}": Fans(*w.shape) for i, w in enumerate(self.weights)}


@pytest.mark.parametrize(
    ("draw", "wrong"),
    [
        (lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"), {"weights.0", "weights.2"}),
        (lambda w: nn.init.kaiming_normal_(w.T, nonlinearity="relu"), set()),
        (lambda w: nn.init.xavier_uniform_(w), set()),
        (lambda w: nn.init.normal_(w, std=0.02), set()),
    ],
)
def test_a_weight_that_is_stored_the_other_way_is_told_where_it_matters(draw, wrong):
    for seed in range(5):
        model = seeded(lambda: Stored(draw), seed)
        report = nit.laws(model, fans=model.fans())
        assert codes(report) == {("WRONG-FAN", name) for name in wrong}


def test_a_packed_projection_is_told_as_information():
    report = nit.laws(seeded(lambda: nn.MultiheadAttention(128, 4)))
    (finding,) = report.of("WRONG-FAN")
    assert (finding.where, finding.severity) == ("in_proj_weight", "info")


# Two models ---------------------------------------------------------------------------------


def test_two_draws_of_one_model_agree():
    for seed in range(5):
        first, second = seeded(lambda: encoder(False), seed), seeded(lambda: encoder(False), 9)
        assert len(nit.diff(first, second)) == 0


def test_another_scale_kind_or_name_is_told():
    first, second = seeded(stack), seeded(stack, 1)
    nn.init.uniform_(second[1].weight, -0.16, 0.16)
    nn.init.normal_(second[2].weight, std=float(first[2].weight.detach().std()))
    nn.init.zeros_(second[3].bias)
    second.extra = nn.Linear(2, 2)
    report = nit.diff(first, second)
    names = [row["name"] for row in report.rows]
    assert names == ["1.weight", "2.weight", "3.bias", "extra.weight", "extra.bias"]
    assert report["extra.bias"]["first"] == "not there"
    assert codes(report, "warning") == {("LAW", name) for name in names}


# Bad input ----------------------------------------------------------------------------------


def test_bad_arguments_are_named():
    with pytest.raises(TypeError, match=r"must be a torch\.nn\.Module, not Tensor"):
        nit.laws(torch.ones(2))
    with pytest.raises(ValueError, match="no parameters: wieght"):
        nit.laws(nn.Linear(2, 2), fans={"wieght": None})


def test_a_model_without_parameters_has_an_empty_report():
    report = nit.laws(nn.ReLU())
    assert len(report) == 0
    assert report.ok


def alike(parts):
    return nn.ModuleDict({"h": nn.ParameterList(parts)})


@pytest.mark.parametrize("count", [4, 8, 16, 48, 64, 256])
@pytest.mark.parametrize("draw", [nn.init.normal_, nn.init.uniform_, nn.init.trunc_normal_])
def test_no_layer_of_many_alike_is_odd_by_chance(draw, count):
    """At most one model in a thousand may be accused; of these hundred none is."""
    torch.manual_seed(count)
    for _ in range(100):
        model = alike([draw(torch.empty(count)) for _ in range(12)])
        assert not nit.laws(model).of("LAW")


@pytest.mark.parametrize(("count", "factor"), [(8, 30), (16, 8), (64, 3), (256, 1.6), (4096, 1.15)])
def test_an_odd_layer_is_named_as_far_as_its_number_of_values_tells(count, factor):
    torch.manual_seed(0)
    parts = [torch.randn(count) for _ in range(12)]
    parts[7] *= factor
    (finding,) = nit.laws(alike(parts)).of("LAW")
    assert finding.where == "h.7"
