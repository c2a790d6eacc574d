"""`law` reads off the values which law they were drawn from, and how far it can be told."""

import math
from collections import Counter

import pytest
import torch
from torch import nn

import netinit
import netinit.torch as nit
from netinit.initializers.fans import Fans
from netinit.reading.rules import round_number
from netinit.reading.sameness import same

DRAWS = {
    "normal": lambda shape: torch.randn(shape) * 0.02,
    "uniform": lambda shape: (torch.rand(shape) * 2 - 1) * 0.1,
    "truncated": lambda shape: nn.init.trunc_normal_(torch.empty(shape), std=0.02, a=-0.04, b=0.04),
}


def said(kind, count, draws=100):
    """How often each kind is named."""
    torch.manual_seed(count)
    return Counter(nit.law(DRAWS[kind](count)).kind for _ in range(draws))


@pytest.mark.parametrize(
    ("kind", "count", "least"),
    [
        *[("normal", count, 0.95) for count in (64, 96, 128, 256, 2048)],
        *[("uniform", 128, 0.9), ("uniform", 256, 0.98), ("uniform", 2048, 0.98)],
        *[("truncated", 512, 0.95), ("truncated", 2048, 0.98)],
    ],
)
def test_the_kind_is_named_right_as_often_as_the_number_of_values_allows(kind, count, least):
    assert said(kind, count)[kind] >= least * 100


@pytest.mark.parametrize("count", [64, 80, 128, 256, 1024])
@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_a_plain_law_gets_another_name_once_in_a_thousand_samples_at_most(kind, count):
    named = said(kind, count, draws=2000)
    assert 2000 - named[kind] - named["few"] <= 2, named


@pytest.mark.parametrize("count", [64, 128, 256])
def test_a_cut_that_few_values_do_not_show_is_named_as_possible(count):
    torch.manual_seed(count)
    found = [nit.law(DRAWS["truncated"](count)) for _ in range(200)]
    assert {each.kind for each in found} <= {"few", "normal", "truncated"}
    assert sum("truncated" in each.plausible for each in found) >= 190
    likely = [each for each in found if each.kind == "normal" and each.probability < 0.5]
    assert all(str(each).startswith("normal, perhaps cut, std") for each in likely)
    assert likely or count == 64


def test_fewer_than_64_values_are_said_to_be_too_few():
    torch.manual_seed(0)
    found = nit.law(torch.randn(40))
    assert (found.kind, found.rules) == ("few", ())
    assert str(found).startswith("too few values to tell the law, std ")


def test_fresh_weights_of_no_named_law_are_none():
    torch.manual_seed(0)
    heavy = torch.distributions.StudentT(3.0).sample((64, 64))
    mixed = torch.randn(64, 64) * torch.tensor([0.3, 1.5]).repeat(32)
    assert nit.law(heavy).kind == nit.law(mixed).kind == "other"


# Scale --------------------------------------------------------------------------------------

RULES = {
    "He": (nn.init.kaiming_normal_, {"nonlinearity": "relu"}),
    "He by fan_out": (nn.init.kaiming_uniform_, {"nonlinearity": "relu", "mode": "fan_out"}),
    "LeCun": (nn.init.kaiming_normal_, {"nonlinearity": "linear"}),
    "Xavier": (nn.init.xavier_uniform_, {}),
    "PyTorch's default": (nn.init.kaiming_uniform_, {"a": math.sqrt(5)}),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("name", RULES)
def test_the_rule_is_named_in_every_dtype(name, dtype):
    torch.manual_seed(1)
    draw, options = RULES[name]
    hits = 0
    for shape in [(96, 250), (250, 96), (48, 20, 3, 3), (64, 33, 5)] * 5:
        found = nit.law(draw(torch.empty(shape), **options).to(dtype))
        hits += found.rules[:1] != () and found.rule.name == name
    assert hits >= 19  # of 20


def test_a_rule_that_fits_as_well_is_kept_beside_the_first():
    torch.manual_seed(2)
    found = nit.law(nn.init.xavier_normal_(torch.empty(300, 300)))
    assert {rule.name for rule in found.rules} >= {"LeCun", "Xavier"}


def test_the_true_fans_decide_which_rule_it_is():
    torch.manual_seed(3)
    stored = nn.init.kaiming_normal_(torch.empty(64, 500), nonlinearity="relu")
    assert nit.law(stored).rule.name == "He"
    assert nit.law(stored, fans=Fans(64, 500)).rule.name == "He by fan_out"


def test_a_fixed_std_is_named_by_its_number_if_it_is_known_well_enough():
    torch.manual_seed(4)
    found = nit.law(torch.randn(500, 700) * 0.02)
    assert found.rule.name == "std 0.02"
    assert nit.law(torch.randn(10, 10) * 0.02).rules == () or found.tolerance < 0.02
    assert round_number(0.0213, 0.001) is None


def test_a_number_in_the_text_is_that_of_the_law():
    torch.manual_seed(5)
    text = str(nit.law(nn.Linear(256, 100).weight))
    bound = math.sqrt(1 / 256 / 3)
    assert text == (
        f"uniform, std {bound:.3g}, variance 1/(3 fan_in) with fan_in 256: PyTorch's default"
    )


# Exact forms --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "kind", "gain"),
    [
        (torch.zeros(3, 4), "zero", 0.0),
        (torch.full((5,), 0.5), "constant", 0.5),
        (torch.eye(5, 8) * 0.25, "identity", 0.25),
        (nn.init.dirac_(torch.empty(6, 6, 3, 3)), "delta", 1.0),
        (nn.init.orthogonal_(torch.empty(40, 90), gain=1.5), "orthogonal", 1.5),
        (nn.init.orthogonal_(torch.empty(90, 40)), "orthogonal", 1.0),
        (nn.init.orthogonal_(torch.empty(16, 8, 3, 3)).bfloat16(), "orthogonal", 1.0),
        (torch.from_numpy(netinit.orthogonal((600, 600), rng=0)), "orthogonal", 1.0),
        (torch.tensor([1.0, -1.0]).repeat(20), "signs", 1.0),
        (torch.tensor([1.0, 0.0]).repeat(20), "pair", 1.0),
    ],
)
def test_exact_forms_are_recognized_with_their_number(values, kind, gain):
    found = nit.law(values)
    assert (found.kind, found.probability) == (kind, 1.0)
    assert found.gain == pytest.approx(gain, rel=3e-3)


def test_biases_with_ones_at_the_forget_gates_are_a_pair_of_values():
    layer = nn.LSTM(80, 320)
    with torch.no_grad():
        layer.bias_ih_l0.zero_()[320:640] = 1
        layer.bias_hh_l0.zero_()[320:640] = 2
    found = nit.laws_by_name(layer)
    ones, twos = found["bias_ih_l0"], found["bias_hh_l0"]
    assert str(ones) == "0 or 1"
    assert same(ones, ones)
    assert not same(ones, twos)
    assert nit.laws(layer).ok


def test_a_value_that_all_but_a_few_entries_have_is_no_law():
    values = torch.ones(3_000_000)
    values[1:4] = torch.tensor([2.0, 3.0, 4.0])  # not among those that are looked at
    assert str(nit.law(values)) == "no law of a common initialization, mean 1, std 0"


@pytest.mark.parametrize("shape", [(8, 100_000), (64, 64), (200, 4)])
def test_independent_rows_are_not_taken_for_orthogonal_ones(shape):
    torch.manual_seed(6)
    assert nit.law(torch.randn(shape)).kind in ("normal", "truncated")


def test_a_sparse_weight_is_told_with_the_law_of_the_rest():
    torch.manual_seed(7)
    found = nit.law(nn.init.sparse_(torch.empty(200, 200), 0.9, std=0.05))
    assert found.kind == "sparse"
    assert found.zeros == pytest.approx(0.9, abs=0.01)
    assert found.std == pytest.approx(0.05, rel=0.05)


def test_a_row_for_padding_does_not_hide_the_law_of_the_others():
    torch.manual_seed(8)
    found = nit.law(nn.Embedding(500, 32, padding_idx=0).weight)
    assert found.kind == "normal"
    assert found.zeros == pytest.approx(1 / 500)


def test_rows_that_repeat_are_counted():
    torch.manual_seed(9)
    half = torch.randn(50, 20)
    assert nit.law(torch.cat([half, half])).repeated == pytest.approx(0.5)
    assert nit.law(half).repeated == 0


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_one_entry_that_is_not_finite_is_enough(wrong):
    values = torch.randn(50, 20)
    values[3, 4] = wrong
    assert nit.law(values).kind == "nonfinite"


# Outliers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", DRAWS)
def test_one_impossible_entry_is_found_and_the_law_of_the_others_stands(kind):
    torch.manual_seed(10)
    values = DRAWS[kind]((256, 300))
    clean = nit.law(values)
    values[17, 40] = -2.0
    found = nit.law(values)
    assert (clean.outliers, found.outliers) == (0, 1)
    assert found.kind == clean.kind == kind
    assert found.std == pytest.approx(clean.std, rel=1e-3)


def test_the_largest_of_many_normals_is_no_outlier():
    torch.manual_seed(11)
    assert [nit.law(torch.randn(2000, 1000)).outliers for _ in range(5)] == [0] * 5


def test_an_outlier_is_found_in_a_large_tensor_wherever_it_is():
    torch.manual_seed(12)
    values = torch.randn(3_000_001)
    values[1_234_567] = 30.0
    assert nit.law(values).outliers == 1


# Bad input ----------------------------------------------------------------------------------


def test_what_has_no_values_is_refused_in_the_callers_words():
    with pytest.raises(TypeError, match=r"tensor must be a torch\.Tensor, not list"):
        nit.law([1.0])
    with pytest.raises(ValueError, match="meta device has no values"):
        nit.law(torch.empty(3, device="meta"))


@pytest.mark.parametrize("shape", [(), (1,), (0,), (3, 0), (1, 1)])
def test_small_and_empty_tensors_have_a_law(shape):
    assert nit.law(torch.ones(shape)).kind in ("few", "constant")


def test_integers_booleans_and_complex_numbers_are_read_as_numbers():
    assert nit.law(torch.zeros(3, dtype=torch.long)).kind == "zero"
    assert nit.law(torch.ones(3, dtype=torch.bool)).kind == "constant"
    torch.manual_seed(13)
    assert nit.law(torch.randn(3000, dtype=torch.complex64)).std == pytest.approx(
        0.5**0.5, rel=0.05
    )
