"""Ten healthy models, and eight ways to spoil one layer of each.

A model says which of its layers a mutant spoils. Where a mutant does not apply, as a residual scale
to a network without branches, `OTHERWISE` names what takes its place.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import timm
import torch
import torchvision
import transformers
from nets import classes, he
from torch import nn
from zoo_images import images, mixer

import netinit.torch as nit

DEPTH = 6


@dataclass(frozen=True)
class Model:
    """A model that can be spoiled.

    Parameters
    ----------
    build, batch : callable
    layer, sibling : str
        A hidden weight, and an earlier one of its shape.
    dead : str
        A bias in front of an activation.
    dies : str
        The layer that is then dead.
    head : str
    residual : str
        The last weight of a branch; "" if there are no branches.
    stored : str
        "OI"; "IO" if weights are stored as (in, out), "EIO" in a stack of such experts.
    """

    build: Callable[[], nn.Module]
    batch: Callable[[], object]
    layer: str
    sibling: str
    dead: str
    dies: str
    head: str
    residual: str = ""
    stored: str = "OI"


def _he(model):
    for module in model.modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            nn.init.normal_(module.weight, std=math.sqrt(2 / module.weight[0].numel()))
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return model


def _perceptron():
    pairs = []
    for _ in range(DEPTH):
        pairs += [nn.Linear(32, 96), nn.ReLU(), nn.Linear(96, 32), nn.ReLU()]
    net = _he(nn.Sequential(*pairs, nn.Linear(32, 10)))
    nn.init.xavier_normal_(net[-1].weight)
    return net


def _convolutions():
    pairs = []
    for _ in range(DEPTH):
        pairs += [nn.Conv2d(16, 32, 3, padding=1), nn.ReLU()]
        pairs += [nn.Conv2d(32, 16, 3, padding=1), nn.ReLU()]
    stem = [nn.Conv2d(3, 16, 3, padding=1), nn.ReLU()]
    end = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)]
    return _he(nn.Sequential(*stem, *pairs, *end))


class Separable(nn.Module):
    """Blocks of a depthwise and two pointwise convolutions, with norms."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 24, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.ModuleDict(
                {
                    "norm": nn.BatchNorm2d(24),
                    "spatial": nn.Conv2d(24, 24, 3, padding=1, groups=24),
                    "up": nn.Conv2d(24, 96, 1),
                    "down": nn.Conv2d(96, 24, 1),
                }
            )
            for _ in range(DEPTH)
        )
        self.head = nn.Linear(24, 10)
        _he(self)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = x + block["down"](torch.relu(block["up"](block["spatial"](block["norm"](x))))) / 4
        return self.head(x.mean((2, 3)))


class Recurrent(nn.Module):
    """Layers of LSTMs that are told to remember, behind a layer of ReLU."""

    def __init__(self):
        super().__init__()
        self.up = nn.Linear(16, 32)
        self.layers = nn.ModuleList(nn.LSTM(32, 32, batch_first=True) for _ in range(DEPTH))
        self.head = nn.Linear(32, 10)
        he(self.up.weight)
        with torch.no_grad():
            for layer in self.layers:
                layer.bias_ih_l0[32:64] = 1

    def forward(self, x):
        x = torch.relu(self.up(x))
        for layer in self.layers:
            x = x + layer(x)[0]
        return self.head(x[:, -1])


def _sequences():
    x = torch.randn(64, 6, 16)
    return x, x[:, -1, :10].argmax(1)


def _words(vocabulary=99):
    chances = 1 / torch.arange(1.0, vocabulary + 1)
    ids = torch.multinomial(chances, 8 * 16, replacement=True).view(8, 16)
    return {"input_ids": ids, "labels": ids}


def _gpt2():
    sizes = {"n_embd": 48, "n_layer": DEPTH, "n_head": 4, "vocab_size": 99, "n_positions": 16}
    return transformers.GPT2LMHeadModel(transformers.GPT2Config(**sizes))


def _bert():
    sizes = {
        **{"hidden_size": 48, "num_hidden_layers": DEPTH, "num_attention_heads": 4},
        **{"intermediate_size": 96, "vocab_size": 99, "max_position_embeddings": 16},
    }
    return transformers.BertForMaskedLM(transformers.BertConfig(**sizes))


def _small_images():
    return images(32, 32)


def _timm(name, **sizes):
    return lambda: timm.create_model(name, pretrained=False, num_classes=10, **sizes)


def _vit():
    return torchvision.models.VisionTransformer(
        32, 8, num_layers=DEPTH, num_heads=4, hidden_dim=48, mlp_dim=96, num_classes=10
    )


GPT2 = "transformer.h"
BERT = "bert.encoder.layer"
MODELS = {
    "perceptron": Model(
        _perceptron, lambda: classes(count=128), "8.weight", "4.weight", "8.bias", "8", "24.weight"
    ),
    "convolutions": Model(
        *(_convolutions, _small_images, "10.weight", "6.weight", "10.bias", "10", "28.weight"),
    ),
    "ResNet-18": Model(
        lambda: torchvision.models.resnet18(num_classes=10), _small_images,
        "layer3.1.conv1.weight", "layer3.0.conv2.weight", "layer3.1.bn1.bias", "layer3.1.conv1",
        "fc.weight", "layer3.1.conv2.weight",
    ),
    "ConvNeXt": Model(
        _timm("convnext_atto", dims=(16, 32, 48, 64), depths=(1, 1, 6, 1)), _small_images,
        "stages.2.blocks.3.mlp.fc1.weight", "stages.2.blocks.1.mlp.fc1.weight",
        "stages.2.blocks.3.mlp.fc1.bias", "stages.2.blocks.3.mlp.fc1", "head.fc.weight",
        "stages.2.blocks.3.mlp.fc2.weight",
    ),
    "separable": Model(
        Separable, _small_images, "blocks.3.up.weight", "blocks.1.up.weight", "blocks.3.up.bias",
        "blocks.3.up", "head.weight", "blocks.3.down.weight",
    ),
    "ViT": Model(
        _vit, _small_images, "encoder.layers.encoder_layer_3.mlp.0.weight",
        "encoder.layers.encoder_layer_1.mlp.0.weight", "encoder.layers.encoder_layer_3.mlp.0.bias",
        "encoder.layers.encoder_layer_3.mlp.0", "heads.head.weight",
        "encoder.layers.encoder_layer_3.mlp.3.weight",
    ),
    "MLP-Mixer": Model(
        lambda: mixer(32, DEPTH),
        _small_images, "blocks.3.mlp_channels.fc1.weight", "blocks.1.mlp_channels.fc1.weight",
        "blocks.3.mlp_channels.fc1.bias", "blocks.3.mlp_channels.fc1", "head.weight",
        "blocks.3.mlp_channels.fc2.weight",
    ),
    "GPT-2": Model(
        _gpt2, _words, f"{GPT2}.3.mlp.c_fc.weight", f"{GPT2}.1.mlp.c_fc.weight",
        f"{GPT2}.3.mlp.c_fc.bias", f"{GPT2}.3.mlp.c_fc", "transformer.wte.weight",
        f"{GPT2}.3.mlp.c_proj.weight", "IO",
    ),
    "BERT": Model(
        _bert, _words, f"{BERT}.3.intermediate.dense.weight", f"{BERT}.1.intermediate.dense.weight",
        f"{BERT}.3.intermediate.dense.bias", f"{BERT}.3.intermediate.dense",
        "bert.embeddings.word_embeddings.weight", f"{BERT}.3.output.dense.weight",
    ),
    "LSTM": Model(
        Recurrent, _sequences, "layers.3.weight_ih_l0", "layers.1.weight_ih_l0", "up.bias", "up",
        "head.weight",
    ),
}  # fmt: skip


def _fans(model, case):
    """Of one layer; of a stack of experts, of each."""
    shape = model.get_parameter(case.layer).shape
    if case.stored == "EIO":
        return shape[1], shape[2]
    fans = math.prod(shape[1:]), shape[0] * math.prod(shape[2:])
    return fans[::-1] if case.stored == "IO" else fans


def _wrong_fan(model, case):
    """The fan is that of the layer before, or leaves the taps of the kernel out."""
    weight = model.get_parameter(case.layer).data
    taps = 1 if case.stored == "EIO" else weight[0, 0].numel()
    weight *= math.sqrt(taps if taps > 1 else 3)


def _variance(model, case):
    weight = model.get_parameter(case.layer).data
    weight *= weight.std()


def _cloned(model, case):
    model.get_parameter(case.layer).data.copy_(model.get_parameter(case.sibling).data)


def _transposed(model, case):
    """One fan is taken for the other; of a square matrix, one law for another."""
    fan_in, fan_out = _fans(model, case)
    weight = model.get_parameter(case.layer).data
    if fan_in != fan_out:
        weight *= math.sqrt(fan_in / fan_out)
        return
    std = float(weight.std())
    weight.uniform_(-std * math.sqrt(3), std * math.sqrt(3))


def _dead(model, case):
    model.get_parameter(case.dead).data -= 20


def _large_head(model, case):
    weight = model.get_parameter(case.head).data
    weight.normal_(std=20 / math.sqrt(weight.shape[1]))


def _residual(model, case):
    """The last weight of a branch without its scale; without branches, PyTorch's default."""
    if case.residual:
        model.get_parameter(case.residual).data *= math.sqrt(2 * DEPTH)
    else:
        fan_in, _ = _fans(model, case)
        bound = 0.5 / math.sqrt(fan_in)
        model.get_parameter(case.layer).data.uniform_(-bound, bound)


def _forgotten(model, case):
    weight = model.get_parameter(case.layer)
    weight.data = torch.empty_like(weight)


# What spoils a model, and the parameter or layer that must be named.
KINDS = {
    "wrong fan": (_wrong_fan, "layer"),
    "variance for std": (_variance, "layer"),
    "forgotten": (_forgotten, "layer"),
    "cloned": (_cloned, "layer"),
    "transposed": (_transposed, "layer"),
    "dead": (_dead, "dies"),
    "too large head": (_large_head, "head"),
    "no residual scale": (_residual, "residual"),
}


def guilty(case, kind):
    """The name of the layer that a mutant spoils."""
    name = getattr(case, KINDS[kind][1]) or case.layer
    return name.removesuffix(".weight")


def found(case, spoil=None, seed=0):
    """What a trace and a check say about a model, in errors and warnings."""
    torch.manual_seed(seed)
    batch = case.batch()
    with nit.trace() as made:
        model = case.build()
        if spoil:
            spoil(model, case)
    said = made.findings(model)
    if not any(finding.code == "NEVER-WRITTEN" for finding in said):  # else it holds anything
        said += nit.check(model, batch).findings
    return [finding for finding in said if finding.severity != "info"]


def names(finding):
    """The layers that a finding is about."""
    listed = [finding.where, *finding.numbers.get("names", []), finding.numbers.get("head", "")]
    return {name.removesuffix(".weight") for name in listed}
