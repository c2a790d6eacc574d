"""The loss of the best constant answer, beside what is known of it."""

import math
import subprocess
import sys

import pytest
import torch
from nets import classes, he, perceptron
from torch.nn import functional

from netinit.torch.checking.first_loss import Batch, constants
from netinit.torch.checking.observing import observe
from netinit.torch.checking.running import call_of


def known(model, *batches, **options):
    calls = [call_of(model, batch, **options) for batch in batches]
    return constants([Batch.of(observe(model, call), call) for call in calls])


def test_of_classes_it_is_the_entropy_of_their_frequencies():
    batches = classes(count=200), classes(count=300)
    labels = torch.cat([y for _, y in batches])
    shares = torch.bincount(labels, minlength=10) / len(labels)
    entropy = -(shares * shares.log()).sum().item()
    (one,) = [known(perceptron(), (torch.randn(500, 32), labels))]
    assert one.best == pytest.approx(entropy, rel=1e-4)
    assert one.zero == pytest.approx(math.log(10), rel=1e-5)
    assert one.enough
    two = known(perceptron(), *batches)
    each = sum(known(perceptron(), batch).best for batch in batches) / 2
    assert two.best > each, "one constant for both batches"
    assert not known(perceptron(), classes(count=100)).enough


def test_of_numbers_it_is_their_variance():
    x = torch.randn(100, 32)
    y = 1000 + 5 * torch.randn(100, 3)
    found = known(perceptron(64, 3, 3), (x, y))
    assert found.answer == pytest.approx(y.mean(0).tolist(), rel=1e-4)
    assert found.best == pytest.approx(y.var(0, correction=0).mean().item(), rel=1e-3)


def test_of_a_loss_of_ones_own_it_is_found_too():
    def pinball(output, target):
        gap = target - output
        return (functional.softplus(gap * 50) / 50 + 0.9 * (-gap)).mean()

    x, y = torch.randn(400, 32), torch.rand(400, 1)
    found = known(perceptron(64, 3, 1), x, target=y, loss=pinball)
    assert found.answer[0] == pytest.approx(y.quantile(0.1).item(), abs=0.05)


def test_a_check_does_not_wait_for_the_compiler_to_load():
    code = (
        "import sys, torch, netinit.torch as nit\n"
        "layers = [torch.nn.Sequential(torch.nn.Linear(32, 32), torch.nn.Sigmoid())]\n"
        "net = torch.nn.Sequential(*layers * 12)\n"
        "report = nit.check(net, (torch.randn(64, 32), torch.randint(0, 32, (64,))))\n"
        "assert 'steps tried' in report.facts, report\n"
        "assert 'torch._dynamo' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_first_loss_that_is_fine_is_not_told():
    assert known(perceptron(64, 3, law=he), classes()).best < math.log(10)
