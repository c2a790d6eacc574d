"""One layer of a healthy model is spoiled: a batch shows it, at that layer; the original passes."""

import math

import pytest
import torch
from nets import GPT, classes, he, perceptron, text
from torch import nn
from torch.nn import functional

import netinit.torch as nit


def rectified():
    net = perceptron(64, 8, law=he)
    nn.init.xavier_normal_(net[-1].weight)
    return net


class Images(nn.Module):
    """Convolutions without norms, of which one is transposed."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(
            [nn.Conv2d(3, 32, 3, padding=1)]
            + [nn.Conv2d(32, 32, 3, padding=1) for _ in range(5)]
            + [nn.ConvTranspose2d(32, 32, 2, stride=2)]
        )
        self.head = nn.Linear(32, 10)
        for layer in self.layers:
            taps = math.prod(layer.kernel_size) / math.prod(layer.stride) ** layer.transposed
            nn.init.normal_(layer.weight, std=math.sqrt(2 / (layer.in_channels * taps)))
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.head(x.mean((2, 3)))


class Gates(nn.Module):
    """An LSTM that is told to remember."""

    def __init__(self):
        super().__init__()
        self.memory, self.head = nn.LSTM(32, 32, batch_first=True), nn.Linear(32, 10)
        with torch.no_grad():
            self.memory.bias_ih_l0[32:64] = 1

    def forward(self, x):
        return self.head(self.memory(x)[0][:, -1])


def images():
    smooth = functional.interpolate(torch.randn(32, 3, 4, 4), size=10, mode="bicubic")
    return smooth, torch.randint(0, 10, (32,))


def sequences():
    return torch.randn(64, 6, 32), torch.randint(0, 10, (64,))


# A model, a batch, a hidden weight, and the head.
MODELS = {
    "perceptron": (rectified, classes, "6.weight", "14.weight"),
    "tanh": (
        lambda: perceptron(64, 8, law=nn.init.xavier_normal_, activation=nn.Tanh),
        *(classes, "6.weight", "14.weight"),
    ),
    "images": (Images, images, "layers.3.weight", "head.weight"),
    "GPT": (GPT, text, "blocks.2.up", "token.weight"),
    "LSTM": (Gates, sequences, "memory.weight_ih_l0", "head.weight"),
}


def check(model, batch):
    return nit.check(model, batch)


def graves(report):
    return {f.code for f in report.findings if f.severity != "info"}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", MODELS)
def test_the_original_is_not_accused(name, seed):
    torch.manual_seed(seed)
    build, batch, *_ = MODELS[name]
    report = check(build(), batch())
    assert not graves(report), str(report)


@pytest.mark.parametrize("name", MODELS)
def test_a_head_that_is_too_large(name):
    build, batch, _, head = MODELS[name]
    model = build()
    model.get_parameter(head).data *= 50
    assert "LOSS" in graves(check(model, batch()))


@pytest.mark.parametrize("name", MODELS)
def test_units_that_are_copies(name):
    build, batch, hidden, _ = MODELS[name]
    model = build()
    weight = model.get_parameter(hidden).data
    if name == "GPT":  # stored (in, out)
        weight[:, 1::2] = weight[:, ::2]
    else:
        weight[1::2] = weight[::2]
    report = check(model, batch())
    named = [f.where for f in report.findings if f.code in ("TWINS", "CLONES")]
    assert any(hidden.startswith(where) for where in named), str(report)


@pytest.mark.parametrize("name", ["perceptron", "tanh", "images", "GPT"])
def test_a_hidden_weight_of_infinity(name):
    build, batch, hidden, _ = MODELS[name]
    model = build()
    model.get_parameter(hidden).data.flatten()[3] = math.inf
    (finding,) = check(model, batch()).of("NONFINITE")
    assert finding.where == hidden


@pytest.mark.parametrize("name", ["perceptron", "images"])
def test_a_layer_that_is_dead(name):
    build, batch, hidden, _ = MODELS[name]
    model = build()
    model.get_parameter(hidden.replace("weight", "bias")).data -= 100
    report = check(model, batch())
    assert hidden.removesuffix(".weight") in report.of("DEAD")[0].numbers["names"]
    assert not report.ok


@pytest.mark.parametrize("name", ["perceptron", "tanh", "images"])
def test_all_layers_of_a_scale_too_small(name):
    build, batch, _, head = MODELS[name]
    model = build()
    for each, parameter in model.named_parameters():
        if parameter.dim() > 1 and each != head:
            parameter.data *= 0.2
    report = check(model, batch())
    assert "GAIN" in report.codes, str(report)


def test_a_hidden_layer_of_zeros_behind_an_activation():
    """Nothing gets through, and no step changes it: relu of 0 has slope 0."""
    build, batch, hidden, _ = MODELS["perceptron"]
    model = build()
    nn.init.zeros_(model.get_parameter(hidden))
    report = check(model, batch())
    assert any(f.severity == "error" for f in report.of("NO-GRADIENT"))
    assert report.of("ZERO")[0].where == hidden
