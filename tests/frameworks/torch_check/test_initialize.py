"""`init_` gives a whole model netinit's laws, from one seed, whatever the order or the ranks."""

import functools
import math

import numpy as np
import pytest
import torch
from processes import on_ranks
from torch import nn

import netinit
import netinit.torch as nit
from netinit.initializers.streams import streams


class Network(nn.Module):
    """Modules by name, which are never run."""

    def __init__(self, layers):
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)

    def __getitem__(self, name):
        return self.get_submodule(name)

    def forward(self, x):
        return x


def network():
    return Network(
        {
            "conv": nn.Conv2d(8, 16, 3, groups=4),
            "norm": nn.BatchNorm2d(16),
            "up": nn.ConvTranspose2d(16, 8, 4, stride=2),
            "attention": nn.MultiheadAttention(16, 4),
            "memory": nn.LSTM(16, 12),
            "head": nn.Linear(12, 5),
        }
    )


def values(model):
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def equal(first, second):
    assert set(first) == set(second)
    return all(torch.equal(first[name], second[name]) for name in first)


# The law of each parameter ------------------------------------------------------------------


def test_each_weight_is_netinits_array_for_its_name_and_layer():
    model = network()
    nit.init_(model, "he_normal", rng=7)
    layers = {
        "conv.weight": {"groups": 4},
        "up.weight": {"groups": 1, "transposed": True, "stride": (2, 2)},
        "attention.in_proj_weight": {"splits": 3},
        "memory.weight_ih_l0": {"splits": 4},
        "head.weight": {},
    }
    drawn = values(model)
    for name, options in layers.items():
        rng = streams(7, [name])[name]
        ours = netinit.he_normal(tuple(drawn[name].shape), rng=rng, **options)
        assert np.array_equal(drawn[name].numpy(), ours), name


def test_vectors_and_recurrent_weights_get_what_they_need():
    model = network()
    for parameter in model.parameters():
        parameter.data.fill_(math.nan)
    nit.init_(model, "he_normal", rng=0)
    drawn = values(model)
    assert bool((drawn["norm.weight"] == 1).all())
    assert not drawn["norm.bias"].any()
    assert not drawn["head.bias"].any()
    assert drawn["memory.bias_ih_l0"].reshape(4, 12).mean(1).tolist() == [0, 1, 0, 0]
    for gate in drawn["memory.weight_hh_l0"].reshape(4, 12, 12):
        assert torch.allclose(gate @ gate.T, torch.eye(12), atol=1e-5)
    assert all(bool(torch.isfinite(each).all()) for each in drawn.values())


def test_an_activation_gives_its_gain():
    model = nn.Linear(300, 200)
    nit.init_(model, activation="gelu", rng=0)
    measured = float(model.weight.detach().var()) * 300
    assert measured == pytest.approx(2.352, rel=0.03)


def test_the_report_says_what_each_was_given():
    report = nit.init_(network(), functools.partial(netinit.orthogonal, gain=1.5), rng=0)
    assert report["head.weight"]["initializer"] == "orthogonal(gain=1.5)"
    assert report["memory.bias_ih_l0"]["initializer"] == "lstm_bias"


# One seed -----------------------------------------------------------------------------------


def test_the_order_of_modules_and_other_parameters_change_nothing():
    first, second = network(), network()
    turned = nn.ModuleDict(
        dict(reversed(list(second.named_children()))) | {"extra": nn.Linear(3, 3)}
    )
    nit.init_(first, "he_normal", rng=3)
    nit.init_(turned, "he_normal", rng=3)
    del turned["extra"]
    assert equal(values(first), values(turned))


def test_another_seed_or_name_gives_other_numbers_and_torchs_state_is_left_alone():
    model = nn.ModuleList([nn.Linear(6, 6), nn.Linear(6, 6)])
    torch.manual_seed(0)
    state = torch.get_rng_state()
    nit.init_(model, "he_normal", rng=0)
    assert torch.equal(state, torch.get_rng_state())
    first = values(model)
    assert not torch.equal(first["0.weight"], first["1.weight"])
    nit.init_(model, "he_normal", rng=1)
    assert not torch.equal(first["0.weight"], model[0].weight)


@pytest.mark.parametrize("turned", [False, True])
def test_a_tied_weight_is_drawn_once_whichever_module_comes_first(turned):
    embed, head = nn.Embedding(50, 8), nn.Linear(8, 50, bias=False)
    head.weight = embed.weight
    parts = {"embed": embed, "head": head}
    model = nn.ModuleDict(dict(reversed(parts.items())) if turned else parts)
    nit.init_(model, "he_normal", rng=0, overrides={"embed.weight": nit.normal(std=0.02)})
    ours = netinit.normal((50, 8), std=0.02, rng=streams(0, ["embed.weight"])["embed.weight"])
    assert np.array_equal(embed.weight.detach().numpy(), ours)
    assert head.weight is embed.weight


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_a_narrow_dtype_holds_the_rounded_numbers_of_float32(dtype):
    wide, narrow = nn.Linear(30, 20), nn.Linear(30, 20).to(dtype)
    nit.init_(wide, "he_normal", rng=0)
    nit.init_(narrow, "he_normal", rng=0)
    if dtype == torch.float64:
        nit.assert_law(narrow, {"weight": "he_normal"})
    else:
        assert torch.equal(narrow.weight, wide.weight.to(dtype))


def test_a_parametrized_weight_gets_the_numbers_of_a_plain_one():
    plain = nn.Linear(6, 4)
    normed = nn.utils.parametrizations.weight_norm(nn.Linear(6, 4))
    nit.init_(plain, "he_normal", rng=0)
    report = nit.init_(normed, "he_normal", rng=0)
    assert [row["name"] for row in report.rows] == ["bias", "weight"]
    assert torch.allclose(plain.weight, normed.weight, atol=1e-6)


def _sharded(rank):
    """Initialize a sharded model in one of two processes, and compare it with a whole one."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    whole = network()
    with torch.device("meta"):
        model = network()
    fully_shard(model, mesh=init_device_mesh("cpu", (2,)))
    model.to_empty(device="cpu")
    torch.manual_seed(rank)  # it must not matter
    with nit.trace() as made:
        nit.init_(model, "he_normal", rng=5)
    nit.init_(whole, "he_normal", rng=5)
    assert not made.findings(model)
    for name, parameter in model.named_parameters():
        assert parameter.to_local().shape[0] < whole.get_parameter(name).shape[0], name
        assert torch.equal(parameter.full_tensor(), whole.get_parameter(name)), name


def test_two_processes_hold_the_parts_of_what_one_would_hold():
    on_ranks(_sharded)


# Recipes ------------------------------------------------------------------------------------


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attn = nn.ModuleDict(
            {"c_attn": nn.Linear(width, 3 * width), "c_proj": nn.Linear(width, width)}
        )
        self.mlp = nn.ModuleDict(
            {"c_fc": nn.Linear(width, 4 * width), "c_proj": nn.Linear(4 * width, width)}
        )


def small_gpt(width=64, depth=6, block=Block):
    return nn.ModuleDict(
        {
            "embed": nn.Embedding(200, width),
            "blocks": nn.ModuleList(block(width) for _ in range(depth)),
            "head": nn.Linear(width, 200, bias=False),
        }
    )


def test_gpt2_scales_what_writes_to_the_stream():
    model = small_gpt()
    report = nit.init_(model, "gpt2", rng=0)
    nit.assert_law(
        model,
        {
            "blocks.*.c_proj.weight": nit.normal(std=0.02 / math.sqrt(12)),
            "*norm.weight": 1,
            "*weight": nit.normal(std=0.02),
            "*bias": 0,
        },
    )
    assert report.facts == {"layers that write to the stream": 12}


class Residual(nn.Module):
    def __init__(self, width, norm=nn.Identity):
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, bias=False)
        self.bn1, self.downsample = norm(width), None


def residual(norm=nn.Identity, heads=1):
    blocks = [Residual(32, norm) for _ in range(9)]
    return nn.Sequential(nn.Conv2d(3, 32, 3), *blocks, *[nn.Linear(32, 10) for _ in range(heads)])


def test_fixup_scales_the_first_layers_of_a_branch_and_stops_the_last():
    model = residual()
    nit.init_(model, "fixup", rng=0)
    he = (2 / 288) ** 0.5
    nit.assert_law(
        model,
        {
            "*.conv1.weight": nit.normal(std=he * 9**-0.5),
            "*.conv2.weight": 0,
            "0.weight": "he_normal",
            "10.*": 0,
        },
    )


def transformer(norm, decoder=True):
    model = nn.Transformer(32, 4, 3, 2 if decoder else 1, 64, batch_first=True)
    if not norm:
        for module in list(model.modules()):
            for name, child in list(module.named_children()):
                if isinstance(child, nn.LayerNorm):
                    setattr(module, name, nn.Identity())
    return model


def third(model, name, part):
    return model.get_parameter(name).detach().chunk(3)[part]


def test_t_fixup_scales_values_outputs_and_feed_forward_layers():
    model = nn.ModuleDict({"embed": nn.Embedding(100, 32), "body": transformer(norm=False)})
    nit.init_(model, "t_fixup", rng=0)
    xavier = (2 / 64) ** 0.5
    for side, factor in [("encoder", 0.67 * 3**-0.25), ("decoder", 18**-0.25)]:
        packed = f"body.{side}.layers.1.self_attn.in_proj_weight"
        assert float(third(model, packed, 0).std()) == pytest.approx(xavier, rel=0.05)
        assert float(third(model, packed, 2).std()) == pytest.approx(xavier * factor, rel=0.05)
        out = model.get_parameter(f"body.{side}.layers.1.linear1.weight").detach()
        assert float(out.std()) == pytest.approx((2 / 96) ** 0.5 * factor, rel=0.05)
    embedding = model["embed"].weight.detach()
    assert float(embedding.std()) == pytest.approx(32**-0.5 * 18**-0.25, rel=0.05)


def test_deepnorm_scales_by_beta_and_states_alpha():
    model = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(32, 4, 64, batch_first=True), 4, enable_nested_tensor=False
    )
    report = nit.init_(model, "deepnorm", rng=0)
    assert report.facts == {"alpha of the encoder": pytest.approx(8**0.25)}
    beta = 32**-0.25
    out = model.layers[2].self_attn.out_proj.weight.detach()
    assert float(out.std()) == pytest.approx((2 / 64) ** 0.5 * beta, rel=0.05)
    assert not nit.laws(model).of("CLONES")


def mlp(width):
    return nn.ModuleDict(
        {
            "embed": nn.Embedding(100, width),
            "hidden": nn.Linear(width, width),
            "head": nn.Linear(width, 100),
        }
    )


def test_mup_scales_each_weight_from_its_std_at_the_base_width():
    model, base = mlp(256), mlp(64)
    report = nit.init_(model, "mup", rng=0, base=base)
    nit.assert_law(
        model,
        {
            "embed.weight": nit.normal(std=1.0),
            "hidden.weight": nit.normal(std=(2 / 256) ** 0.5),
            "head.weight": nit.normal(std=(2 / 64) ** 0.5 / 4),
            "*.bias": 0,
        },
    )
    rates = {row["name"]: row["learning_rate"] for row in report.rows}
    assert rates["hidden.weight"] == rates["head.weight"] == 1 / 4
    assert rates["embed.weight"] == rates["hidden.bias"] == 1
    assert "learning_rate" in report.columns


# Refusals: nothing is drawn ------------------------------------------------------------------


class Own(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.scale = nn.Linear(3, 3), nn.Parameter(torch.ones(3))


REFUSED = {
    "an embedding without a std": (lambda: small_gpt(), ["he_normal"], {}, "embed.weight"),
    "a parameter of an unknown module": (Own, ["he_normal"], {}, r"scale \(3,\)"),
    "a misspelled scheme": (network, ["he_norml"], {}, "did you mean 'he_normal'"),
    "no scheme": (network, [], {}, "either a scheme or an activation"),
    "an override that fits nothing": (
        network, ["he_normal"], {"overrides": {"haed": "zeros"}}, "overrides 'haed'",
    ),
    "gpt2 without blocks": (network, ["gpt2"], {}, "found no block"),
    "gpt2 with other names": (
        lambda: small_gpt(block=Residual), ["gpt2"], {}, "found 0 in blocks.0",
    ),
    "fixup with normalization": (
        lambda: residual(nn.BatchNorm2d), ["fixup"], {}, "1.bn1 is a BatchNorm2d",
    ),
    "fixup without blocks": (lambda: nn.Linear(3, 3), ["fixup"], {}, "found none"),
    "fixup with two heads": (lambda: residual(heads=2), ["fixup"], {}, "there are 2"),
    "t_fixup with normalization": (lambda: transformer(norm=True), ["t_fixup"], {}, "LayerNorm"),
    "deepnorm without layers": (network, ["deepnorm"], {}, "found none"),
    "deepnorm with norm_first": (
        lambda: nn.TransformerEncoderLayer(32, 4, 64, norm_first=True), ["deepnorm"], {},
        "norm_first=False",
    ),
    "mup of another model": (lambda: mlp(64), ["mup"], {"base": nn.Linear(3, 3)}, "same names"),
    "a base without mup": (network, ["he_normal"], {"base": nn.Linear(3, 3)}, "base is for"),
    "integers": (
        lambda: nn.ParameterList([nn.Parameter(torch.ones(2, dtype=torch.long), False)]),
        ["he_normal"], {}, "dtype torch.int64",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_known_is_refused_before_anything_is_drawn(case):
    build, scheme, options, message = REFUSED[case]
    model = build()
    before = values(model)
    with pytest.raises(ValueError, match=message):
        nit.init_(model, *scheme, rng=0, **options)
    assert equal(before, values(model))


def test_a_model_on_meta_and_what_is_no_model_are_refused():
    with pytest.raises(ValueError, match="to_empty"):
        nit.init_(nn.Linear(3, 3, device="meta"), "he_normal", rng=0)
    with pytest.raises(TypeError, match=r"must be a torch\.nn\.Module"):
        nit.init_([nn.Linear(3, 3)], "he_normal", rng=0)
    with pytest.raises(TypeError, match="needs base"):
        nit.init_(mlp(8), "mup", rng=0)
