"""The pass and the few steps that a check makes."""

import copy
from itertools import repeat

import torch
from nets import classes, he, perceptron
from torch.nn import functional

from netinit.torch.checking.observing import observe, train
from netinit.torch.checking.running import call_of


def test_the_steps_are_those_of_adam():
    net = perceptron(16, 3, law=he)
    other, (x, y) = copy.deepcopy(net), classes()
    trial = train(net, repeat(call_of(net, (x, y))), 5, learning_rate=0.01)
    optimizer = torch.optim.Adam(other.parameters(), lr=0.01)
    for expected in trial.losses:
        optimizer.zero_grad()
        loss = functional.cross_entropy(other(x), y)
        assert abs(loss.item() - expected) < 1e-4
        loss.backward()
        optimizer.step()
    for mine, theirs in zip(net.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-5)


def test_sensitivity_is_one_size_at_all_depths_without_biases():
    net = perceptron(32, 6, law=he)
    for layer in net[::2]:
        layer.bias.requires_grad_(False)
    seen = observe(net, call_of(net, classes()))
    # <gradient, weight> is the same for each layer of a homogeneous network.
    products = [
        (seen.gradients[name] * seen.parameters[name]).sum().item() for name in seen.gradients
    ]
    torch.testing.assert_close(torch.tensor(products), torch.full((6,), products[0]))
    sizes = [seen.sensitivity(name) for name in seen.gradients]
    assert max(sizes) < 20 * min(sizes)
