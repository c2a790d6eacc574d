"""What cannot be checked gets a clear finding, or a clear error, never a traceback from inside."""

import pytest
import torch
from nets import classes, perceptron
from torch import nn
from torch.nn import functional

import netinit.torch as nit


def why(model, batch, **options):
    report = nit.check(model, batch, **options)
    (finding,) = report.findings
    assert (finding.code, finding.severity) == ("NOT-RUN", "error")
    assert not report.ok
    return finding.measured


def test_a_model_without_parameters():
    assert "no parameter" in why(nn.ReLU(), torch.randn(4, 4))
    assert "no parameter" in why(nn.Linear(4, 4).requires_grad_(False), torch.randn(4, 4))


def test_a_model_on_meta():
    with torch.device("meta"):
        net = nn.Linear(4, 4)
    assert "weight is on the meta device" in why(net, torch.randn(4, 4))


def test_a_lazy_model():
    assert "no shape yet" in why(nn.LazyLinear(4), torch.randn(4, 4))


def test_a_batch_with_nan():
    x, y = classes()
    x[3, 3] = torch.nan
    assert "batch has entries that are NaN" in why(perceptron(), (x, y))


def test_targets_of_a_wrong_range():
    x, y = classes()
    assert "targets run from 1 to 10, but the output has 10 classes" in why(
        perceptron(), (x, y + 1)
    )


def test_targets_of_a_wrong_shape():
    x, y = classes()
    assert "do not fit" in why(perceptron(), (x, y[:5]))
    assert "does not fit" in why(perceptron(), (x, torch.randn(64, 3)))


def test_a_loss_that_is_not_one_number():
    loss = nn.CrossEntropyLoss(reduction="none")
    assert "the loss must be one number, not (64,)" in why(perceptron(), classes(), loss=loss)


def test_a_loss_that_depends_on_nothing():
    def loss(output, target):
        return functional.cross_entropy(output.detach(), target)

    assert "depends on no parameter" in why(perceptron(), classes(), loss=loss)


def test_a_batch_of_the_wrong_width():
    assert "RuntimeError: mat1 and mat2 shapes" in why(perceptron(), classes(31))


def test_a_model_that_returns_nothing_to_learn_from():
    class Silent(nn.Linear):
        def forward(self, x):
            super().forward(x)
            return "done"

    assert "returned no tensor" in why(Silent(32, 3), classes()[0])


def test_wrong_arguments():
    with pytest.raises(TypeError, match=r"model must be a torch\.nn\.Module, not of type function"):
        nit.check(perceptron, classes())
    with pytest.raises(TypeError, match="loss must be a function"):
        nit.check(perceptron(), classes(), loss="mse")
    with pytest.raises(ValueError, match="steps must not be negative"):
        nit.check(perceptron(), classes(), steps=-1)


def test_an_interrupt_is_not_swallowed():
    class Stopped(nn.Linear):
        def forward(self, x):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nit.check(Stopped(32, 3), classes())
