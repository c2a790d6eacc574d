"""What real models do that looks like a fault, and a fault of the same kind that is one."""

import itertools

import torch
from nets import classes, he, perceptron
from torch import nn
from torch.nn import functional
from torch.nn.functional import softmax

import netinit.torch as nit


class Biased(nn.Module):
    """Attention with a table of biases, over some places."""

    def __init__(self):
        super().__init__()
        self.up, self.head = nn.Linear(32, 32), nn.Linear(32, 10)
        self.table = nn.Parameter(torch.zeros(4, 4))

    def forward(self, x):
        x = self.up(x).unflatten(-1, (-1, 32))
        places = x.shape[1]
        weights = softmax(x @ x.mT + self.table[:places, :places], -1)
        return self.head((weights @ x).mean(1))


def test_a_table_of_biases_over_one_place_is_no_error():
    """Weights of one place are 1 whatever is added: as in the last stage on a small image."""
    report = nit.check(Biased(), classes())
    (finding,) = report.of("NO-GRADIENT")
    assert (finding.where, finding.severity) == ("table", "warning")


def test_units_that_read_one_number_each_are_no_twins():
    """Two multiples of one channel differ by a factor: by design, not by the draw."""

    def net(groups):
        layers = [nn.Conv2d(3, 8, 3), nn.Conv2d(8, 16, 1, groups=groups, bias=False)]
        return nn.Sequential(*layers, nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))

    batch = torch.randn(32, 3, 8, 8), torch.randint(0, 10, (32,))
    assert "TWINS" not in nit.check(net(8), batch).codes
    copied = net(1)
    with torch.no_grad():
        copied[1].weight[1::2] = copied[1].weight[::2]
    assert "TWINS" in nit.check(copied, batch).codes


def test_smooth_rectifiers_that_are_off():
    for activation in (nn.GELU, nn.SiLU, nn.Mish, nn.Hardswish):
        net = perceptron(32, 4, law=he, activation=activation)
        assert "DEAD" not in nit.check(net, classes()).codes
        with torch.no_grad():
            net[2].weight.mul_(1e-3)  # small, and on
        assert "DEAD" not in nit.check(net, classes()).codes
        with torch.no_grad():
            net[2].bias -= 30
        assert nit.check(net, classes()).of("DEAD")[0].where == "2"


def stages(draw):
    """Thirteen convolutions of unlike shapes, and a head of another law."""
    widths = [3, *range(8, 60, 4)]
    pairs = itertools.pairwise(widths)
    model = nn.Sequential(*(nn.Conv2d(i, o, 3) for i, o in pairs), nn.Linear(56, 10))
    for layer in model[:-1]:
        draw(layer.weight)
    return model


def test_one_of_many_unlike_convolutions_that_leaves_their_rule():
    for draw in (nn.init.kaiming_normal_, nn.init.xavier_uniform_):
        for seed in range(5):
            torch.manual_seed(seed)
            model = stages(draw)
            assert "LAW" not in nit.laws(model).codes, nit.laws(model)
            with torch.no_grad():
                model[5].weight *= 1.5
            assert [f.where for f in nit.laws(model).of("LAW")] == ["5.weight"]


class Masked(nn.Module):
    def __init__(self, name):
        super().__init__()
        self.net, self.name = perceptron(32, 3, law=he), name

    def forward(self, x, mask=None):
        return self.net(x if mask is None else x * mask)


class Labelled(Masked):
    def forward(self, x, labels=None):
        out = self.net(x)
        return out if labels is None else functional.cross_entropy(out, labels)


def test_the_second_of_a_pair_where_the_model_has_optional_arguments():
    x, y = classes()
    by_default = nit.check(Masked("net"), (x, y))
    assert by_default.facts["loss of zeros"] > 2, "classes are a target"

    def distance(output, target):
        return (output[:, 0] - target).abs().mean()

    asked = nit.check(Masked("net"), (x, y.float()), loss=distance)
    assert asked.facts["loss"] > 0, "a loss of two arguments wants a target"
    masked = nit.check(Masked("net"), (x, torch.rand(64, 32)))
    assert masked.facts["loss"].startswith("none"), "that is a mask"
    assert nit.check(Labelled("net"), (x, y)).facts["loss"] > 0, "the model takes labels"
