"""`assert_law` holds a model to the laws that are declared for it."""

import functools
import math

import pytest
import torch
from torch import nn

import netinit
import netinit.torch as nit

DEPTH, STD = 8, 0.02


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)


def residual(name="down.weight", width=64):
    """A stack whose last matrix of each block is scaled down, if `name` ends its name."""
    torch.manual_seed(0)
    model = nn.ModuleDict({"blocks": nn.ModuleList(Block(width) for _ in range(DEPTH))})
    for parameter_name, parameter in model.named_parameters():
        if parameter.ndim == 2:
            nn.init.normal_(parameter, std=STD)
        elif parameter_name.endswith("bias"):
            nn.init.zeros_(parameter)
    for parameter_name, parameter in model.named_parameters():
        if parameter_name.endswith(name):
            nn.init.normal_(parameter, std=STD / math.sqrt(2 * DEPTH))
    return model


LAWS = {
    "blocks.*.down.weight": nit.normal(std=STD / math.sqrt(2 * DEPTH)),
    "blocks.*.up.weight": nit.normal(std=STD),
    "*.norm.weight": 1,
    "*.bias": 0,
}


def test_a_model_that_keeps_its_laws_passes_with_a_row_for_each_parameter():
    report = nit.assert_law(residual(), LAWS)
    assert len(report) == len(list(residual().parameters()))
    assert report.ok


def test_a_residual_scale_that_was_never_applied_is_told_for_each_block():
    with pytest.raises(AssertionError) as caught:
        nit.assert_law(residual(name="down_weight"), LAWS)
    message = str(caught.value)
    assert message.startswith(f"{DEPTH} of 48 parameters do not follow")
    assert "blocks.7.down.weight" in message
    assert "std 0.02" in message
    assert "std 0.005" in message
    assert "up.weight" not in message


@pytest.mark.parametrize(
    ("draw", "declared"),
    [
        (lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"), "he_normal"),
        (nn.init.xavier_uniform_, "glorot_uniform"),
        (lambda w: nn.init.orthogonal_(w, 1.5), functools.partial(netinit.orthogonal, gain=1.5)),
        (lambda w: nn.init.uniform_(w, -0.1, 0.1), nit.uniform(bound=0.1)),
        (lambda w: nn.init.trunc_normal_(w, std=0.02, a=-0.04, b=0.04),
         nit.truncated_normal(std=0.02 * 0.8796)),
        (lambda w: nn.init.zeros_(w), "zeros"),
        (lambda w: nn.init.eye_(w), "identity"),
        (lambda w: nn.init.sparse_(w, 1 - 15 / 120, std=1.0), "sparse"),
    ],
)  # fmt: skip
def test_each_law_is_told_from_every_other(draw, declared):
    for seed in range(3):
        torch.manual_seed(seed)
        layer = nn.Linear(120, 80)
        draw(layer.weight)
        others = ["he_normal", "glorot_uniform", "orthogonal", "zeros", "identity", "lecun_normal"]
        for each in [declared, *(o for o in others if o != declared)]:
            holds = each is declared
            if holds:
                nit.assert_law(layer, {"weight": each})
            else:
                with pytest.raises(AssertionError):
                    nit.assert_law(layer, {"weight": each})


def test_the_fans_are_those_of_the_layer():
    torch.manual_seed(1)
    layer = nn.Conv2d(64, 64, 3, groups=64)
    nn.init.normal_(layer.weight, std=(2 / 9) ** 0.5)
    nit.assert_law(layer, {"weight": functools.partial(netinit.he_normal, mode="fan_out")})
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    with pytest.raises(AssertionError, match="1 of 1 parameter does"):
        nit.assert_law(layer, {"weight": functools.partial(netinit.he_normal, mode="fan_out")})


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_a_narrow_dtype_is_held_to_its_own_rounding(dtype):
    torch.manual_seed(2)
    layer = nn.Linear(120, 80).to(dtype)
    nn.init.constant_(layer.bias, 0.1)
    nn.init.normal_(layer.weight, std=0.02)
    nit.assert_law(layer, {"bias": 0.1, "weight": nit.normal(std=0.02)})
    with pytest.raises(AssertionError):
        nit.assert_law(layer, {"bias": 0.11})


def test_ten_percent_are_seen_where_there_are_enough_values():
    torch.manual_seed(3)
    layer = nn.Linear(100, 100)
    nn.init.normal_(layer.weight, std=0.022)
    with pytest.raises(AssertionError):
        nit.assert_law(layer, {"weight": nit.normal(std=0.02)})


def test_an_honest_model_is_seldom_accused():
    for seed in range(60):
        torch.manual_seed(seed)
        layer = nn.Linear(40, 30)
        nn.init.normal_(layer.weight, std=0.02)
        nit.assert_law(layer, {"weight": nit.normal(std=0.02)})


def test_a_callable_of_ones_own_is_a_law():
    torch.manual_seed(4)
    layer = nn.Linear(100, 50)
    nn.init.normal_(layer.weight, std=0.1)
    nit.assert_law(layer, {"weight": lambda shape, *, rng: netinit.normal(shape, std=0.1, rng=rng)})


@pytest.mark.parametrize(
    ("laws", "error", "message"),
    [
        ({"wieght": 0}, ValueError, "no parameter is left for 'wieght'"),
        ({"*": 0, "bias": 0}, ValueError, "no parameter is left for 'bias'"),
        ({"weight": "he_norml"}, ValueError, "did you mean 'he_normal'"),
        ({"bias": "he_normal"}, ValueError, "bias has no fan"),
        ({"weight": True}, TypeError, "a name or a callable"),
        ({}, TypeError, "mapping of patterns"),
        ({"weight": lambda shape, *, rng: netinit.zeros(3)}, ValueError, r"weight: .*\(3,\)"),
    ],
)
def test_a_declaration_that_says_nothing_is_refused(laws, error, message):
    with pytest.raises(error, match=message):
        nit.assert_law(nn.Linear(6, 4), laws)


def test_a_model_without_values_is_refused():
    with pytest.raises(ValueError, match="weight is on the meta device"):
        nit.assert_law(nn.Linear(6, 4, device="meta"), {"*": 0})
