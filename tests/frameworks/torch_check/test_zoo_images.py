"""Networks for images at small sizes: none is accused, and each warning is confirmed otherwise."""

import math
import os

import pytest
import torch

os.environ["HF_HUB_OFFLINE"] = "1"
zoo = pytest.importorskip("zoo")
zoo_images = pytest.importorskip("zoo_images", exc_type=ImportError)

import netinit.torch as nit  # noqa: E402

SEEN_AT_LEAST = 0.9
TORCHVISION = [*zoo_images.TORCHVISION, "vit", "maxvit"]
TIMM = [name for name in zoo_images.NAMES if name not in TORCHVISION]
# What is found and true: reference/zoo.md says why.
TRUE = {
    **{"mnasnet0_5": "LOSS", "inception_v3": "LOSS", "dla34": "LOSS", "efficientnet_lite0": "LOSS"},
    "mobilenetv4_conv_small": "LOSS",
}
# timm 1.0.31 may draw an entry of -2, however small the std: once in 2**24 entries, so it depends
# on the seed where.
BY_CHANCE = "OUTLIERS"


def built(name):
    torch.manual_seed(0)
    return zoo_images.build(name)


def test_there_are_as_many_as_the_page_says():
    assert len(TORCHVISION) >= 15
    assert len(TIMM) >= 15
    assert len(zoo.NAMES) + len(zoo_images.NAMES) > 100


@pytest.mark.parametrize("names", [TORCHVISION, TIMM], ids=["torchvision", "timm"])
@pytest.mark.filterwarnings("default")  # what the libraries say of their own models
def test_none_is_accused_and_most_matrices_are_seen(names):
    errors, warnings, seen, total = {}, {}, 0, 0
    for name in names:
        model, batch = built(name)
        report = nit.check(model, batch, loss=zoo_images.loss)
        matrices = {each for each, parameter in model.named_parameters() if parameter.dim() > 1}
        used = {each for row in report.rows for each in row["parameters"]}
        seen, total = seen + len(used & matrices), total + len(matrices)
        for kind, severity in ((errors, "error"), (warnings, "warning")):
            said = {f.code for f in report.findings if f.severity == severity} - {BY_CHANCE}
            kind.update({name: said} if said else {})
    assert not errors
    assert warnings == {name: {code} for name, code in TRUE.items() if name in names}
    assert seen > SEEN_AT_LEAST * total


@pytest.mark.parametrize("name", TRUE)
def test_the_first_loss_is_that_large(name):
    """A plain pass says the same, and with the head at zero it is the loss of a guess."""
    model, (x, y) = built(name)
    model.train()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    guess = math.log(zoo_images.CLASSES)
    assert zoo_images.loss(model(x), y).item() > 2 * guess
    heads = [m for m in model.modules() if getattr(m, "weight", None) is not None]
    last = [m for m in heads if m.weight.shape[0] == zoo_images.CLASSES][-1]
    torch.nn.init.zeros_(last.weight)
    torch.nn.init.zeros_(last.bias)
    assert zoo_images.loss(model(x), y).item() == pytest.approx(guess, rel=1e-4)


@pytest.mark.nightly
def test_timm_cuts_a_normal_at_minus_two_whatever_its_std():
    """Counted without netinit: entries of -100 std, which PyTorch's own function never draws."""
    from timm.layers import trunc_normal_

    weight, count = torch.empty(2**24), 0
    for seed in range(4):
        torch.manual_seed(seed)
        count += int((trunc_normal_(weight, std=0.02) == -2).sum())
        torch.manual_seed(seed)
        assert torch.nn.init.trunc_normal_(weight, std=0.02).abs().max() < 0.2
    assert count > 0
