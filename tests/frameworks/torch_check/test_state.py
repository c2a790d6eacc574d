"""A check leaves the model, and the states of the random generators, as they were."""

import random

import numpy as np
import pytest
import torch
from nets import classes, perceptron
from torch import nn
from torch.nn import functional

import netinit.torch as nit


class Everything(nn.Module):
    """Whatever changes when it runs: statistics, spectral norm, dropout, counters, caches."""

    def __init__(self, fails=False):
        super().__init__()
        self.norm = nn.BatchNorm1d(32)
        self.spectral = nn.utils.parametrizations.spectral_norm(nn.Linear(32, 32))
        self.weight_norm = nn.utils.parametrizations.weight_norm(nn.Linear(32, 32))
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(32, 10)
        self.register_buffer("calls", torch.zeros(()))
        self.count, self.cache, self.fails = 0, None, fails

    def forward(self, x):
        self.calls += 1
        self.count += 1
        self.cache = x
        self.extra = x
        self.noise = random.random() + np.random.rand() + torch.rand(()).item()  # noqa: NPY002
        with torch.no_grad():
            self.head.bias += 1  # a model that changes its own parameters
        if self.fails and self.count > 1:
            raise RuntimeError("out of luck")
        x = self.weight_norm(functional.relu(self.spectral(self.norm(x))))
        return self.head(self.drop(x))


def state(model):
    tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    values = {name: tensor.detach().clone() for name, tensor in tensors.items()}
    gradients = {n: None if p.grad is None else p.grad.clone() for n, p in model.named_parameters()}
    modes = {name: module.training for name, module in model.named_modules()}
    kinds = {name: vars(module).keys() for name, module in model.named_modules()}
    kinds = {name: tuple(keys) for name, keys in kinds.items()}
    return values, gradients, modes, kinds


def same(one, other):
    for mine, theirs in zip(one[:2], other[:2], strict=True):
        assert mine.keys() == theirs.keys()
        for name in mine:
            assert (mine[name] is None) == (theirs[name] is None), name
            assert mine[name] is None or torch.equal(mine[name], theirs[name]), name
    assert one[2:] == other[2:]


def numbers():
    return random.random(), np.random.rand(), torch.rand(()).item()  # noqa: NPY002


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("sick", [False, True])
def test_the_model_is_as_it_was(training, fails, sick):
    model = Everything(fails=fails).train(training)
    model.drop.train(not training)
    if sick:  # so that it is trained for a while
        nn.init.zeros_(model.head.weight)
    x, y = classes()
    functional.cross_entropy(model(x), y).backward()
    model.count, model.spectral.bias.grad = 0, None
    parameters, before = list(model.parameters()), state(model)
    seeds = (random.seed(1), np.random.seed(1), torch.manual_seed(1))  # noqa: NPY002
    expected = numbers()
    seeds = (random.seed(1), np.random.seed(1), torch.manual_seed(1))  # noqa: NPY002, F841
    report = nit.check(model, (x, y))
    assert numbers() == expected
    same(before, state(model))
    assert model.count == 0
    assert model.drop.p == 0.3
    assert all(one is other for one, other in zip(parameters, model.parameters(), strict=True))
    assert ("NOT-RUN" in report.codes) == (fails and sick)


def test_hooks_stay_and_nothing_is_left_on_tensors():
    model = perceptron(16, 3)
    batch = classes()
    nit.check(model, batch)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert not any(p._backward_hooks for p in model.parameters())
    assert not vars(batch[0])


def test_a_lasting_object_of_the_user_is_not_kept_alive():
    import weakref

    model, (x, y) = perceptron(16, 3), classes()
    seen = weakref.ref(x)
    report = nit.check(model, (x, y))
    del x
    assert seen() is None
    assert report.rows
