"""One layer of a healthy model is drawn wrongly: it is named, and the original is not accused."""

import copy
import math

import pytest
import torch
from torch import nn

import netinit.torch as nit
from netinit import Fans

DEPTH = 6


class Block(nn.Module):
    """A residual block with two matrices of unequal sides, and what GPT-2 calls them."""

    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attn = nn.MultiheadAttention(width, 4, batch_first=True)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)


def he(model):
    for module in model.modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            groups = getattr(module, "groups", 1)
            fan_in = module.weight[0].numel() if groups == 1 else 9
            nn.init.normal_(module.weight, std=math.sqrt(2 / fan_in))
            nn.init.zeros_(module.bias)
    return model


def perceptron():
    return he(nn.Sequential(*(nn.Linear(48, 48) for _ in range(DEPTH)), nn.Linear(48, 10)))


def bottlenecks():
    pairs = [layer for _ in range(DEPTH) for layer in (nn.Linear(32, 128), nn.Linear(128, 32))]
    return he(nn.Sequential(*pairs, nn.Linear(32, 10)))


def convolutions():
    return he(nn.Sequential(*(nn.Conv2d(16, 16, 3) for _ in range(DEPTH)), nn.Conv2d(16, 10, 1)))


def separable():
    blocks = [
        nn.Sequential(nn.Conv2d(48, 48, 3, groups=48), nn.Conv2d(48, 48, 1)) for _ in range(DEPTH)
    ]
    return he(nn.Sequential(*blocks, nn.Conv2d(48, 10, 1)))


def transformer():
    model = nn.ModuleDict(
        {
            "embed": nn.Embedding(100, 48),
            "blocks": nn.ModuleList(Block(48) for _ in range(DEPTH)),
            "head": nn.Linear(48, 100),
        }
    )
    for name, parameter in model.named_parameters():
        if parameter.ndim >= 2:
            writes = name.endswith(("down.weight", "out_proj.weight"))
            nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * DEPTH) if writes else 0.02)
        elif name.endswith("bias"):
            nn.init.zeros_(parameter)
    return model


def recurrent():
    return nn.ModuleList(nn.LSTM(32, 32) for _ in range(DEPTH))


# A model, the parameter of it that is spoiled, and an earlier one of the same shape.
MODELS = {
    "perceptron": (perceptron, "2.weight", "1.weight"),
    "bottlenecks": (bottlenecks, "5.weight", "3.weight"),
    "convolutions": (convolutions, "3.weight", "2.weight"),
    "separable": (separable, "3.1.weight", "2.1.weight"),
    "transformer": (transformer, "blocks.3.down.weight", "blocks.2.down.weight"),
    "transformer, wide": (transformer, "blocks.4.up.weight", "blocks.0.up.weight"),
    "recurrent": (recurrent, "2.weight_ih_l0", "1.weight_ih_l0"),
}


def wrong_scale(factor):
    def mutate(model, name):
        model.get_parameter(name).data *= factor

    return mutate


def variance_for_std(model, name):
    weight = model.get_parameter(name).data
    weight *= weight.std()


def by_the_other_fan(model, name):
    weight = model.get_parameter(name).data
    fan_in, fan_out = weight[0].numel(), weight[:, 0].numel()
    assert fan_in != fan_out
    weight *= math.sqrt(fan_in / fan_out)


def cloned(model, name):
    earlier = next(source for _, target, source in MODELS.values() if target == name)
    model.get_parameter(name).data.copy_(model.get_parameter(earlier).data)


def another_kind(model, name):
    weight = model.get_parameter(name).data
    bound = float(weight.std()) * math.sqrt(3)
    if nit.law(weight).kind == "uniform":
        weight.normal_(std=float(weight.std()))
    else:
        weight.uniform_(-bound, bound)


def dead(model, name):
    bias = name.replace("weight", "bias")
    model.get_parameter(bias).data.fill_(-10)


MUTANTS = {
    "variance for std": (variance_for_std, MODELS),
    "the other fan": (by_the_other_fan, ["bottlenecks", "transformer", "transformer, wide"]),
    "no residual scale": (wrong_scale(math.sqrt(2 * DEPTH)), ["transformer"]),
    "default scale": (wrong_scale(1 / math.sqrt(6)), MODELS),
    "cloned": (cloned, MODELS),
    "another kind": (another_kind, MODELS),
    "dead": (dead, MODELS),
}
CASES = [(mutant, name) for mutant, (_, names) in MUTANTS.items() for name in names]


def layer_of(name):
    return name.rpartition(".")[0]


def accused(report):
    """The layers that errors and warnings are about."""
    grave = [f.where for f in report.findings if f.severity != "info"]
    return {where if where.count(".") == 0 else layer_of(where) for where in grave}


@pytest.mark.parametrize("name", MODELS)
def test_a_healthy_model_is_not_accused(name):
    for seed in range(4):
        torch.manual_seed(seed)
        assert accused(nit.laws(MODELS[name][0]())) == set()


@pytest.mark.parametrize(("mutant", "name"), CASES)
def test_the_layer_that_was_drawn_wrongly_is_named(mutant, name):
    torch.manual_seed(0)
    build, target, _ = MODELS[name]
    model = build()
    MUTANTS[mutant][0](model, target)
    report = nit.laws(model)
    grave = [f for f in report.findings if f.severity != "info"]
    assert grave, str(report)
    layer = layer_of(target)
    assert all(f.where == target.split(".weight")[0] or f.where.startswith(layer) for f in grave), [
        (f.code, f.where) for f in grave
    ]


@pytest.mark.parametrize("name", MODELS)
def test_a_forgotten_layer_is_named_by_the_trace(name):
    build, target, _ = MODELS[name]
    with nit.trace() as made:
        model = build()
        memory = torch.empty_like(model.get_parameter(target))
        model.get_parameter(target).data = memory
    assert [(f.code, f.where) for f in made.findings(model) if f.severity == "error"] == [
        ("NEVER-WRITTEN", target)
    ]


def test_a_head_that_is_too_large_is_caught_by_its_declared_law():
    torch.manual_seed(0)
    model = transformer()
    laws = {"*.norm.weight": 1, "*bias": 0, "head.weight": nit.normal(std=0.02)}
    nit.assert_law(model, laws)
    large = copy.deepcopy(model)
    nn.init.normal_(large["head"].weight, std=1.0)
    with pytest.raises(AssertionError, match=r"error LAW head\.weight"):
        nit.assert_law(large, laws)


def test_a_depthwise_layer_that_counts_all_channels_is_named():
    torch.manual_seed(0)
    model = separable()
    nn.init.kaiming_normal_(model[2][0].weight, mode="fan_out", nonlinearity="relu")
    assert accused(nit.laws(model)) == {"2.0"}


def between(name):
    """Two stacks, and what is between them, of another law than the layers of both."""
    model = nn.ModuleDict({"before": perceptron()[:-1], name: nn.Linear(48, 48)})
    model["after"] = perceptron()
    fans = dict.fromkeys((n for n, p in model.named_parameters() if p.dim() > 1), Fans(48, 48))
    return nit.laws(model, fans=fans)


def test_a_layer_that_is_alone_between_stacks_may_have_a_law_of_its_own():
    torch.manual_seed(0)
    assert accused(between("projection")) == set()
    alone = between("before_7")
    assert {f.where for f in alone.findings if f.code == "LAW"} == {"before_7.weight"}
