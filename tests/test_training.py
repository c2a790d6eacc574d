import functools
import warnings

import numpy as np
import pytest

from netinit import initializers
from netinit.datasets import digits
from netinit.losses import accuracy, softmax_cross_entropy, squared_loss
from netinit.network import init_mlp, stack, unstack
from netinit.network.mlp import MLP
from netinit.training import SGD, Adam, History, Momentum, train

OPTIMIZERS = [SGD(0.05), Momentum(0.01), Adam(0.003)]
every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: type(o).__name__)


def blobs(n, rng):
    """Two classes, easily told apart."""
    y = np.arange(n) % 2
    return rng.standard_normal((n, 3)) + 2 * y[:, None], y


X, Y = blobs(60, np.random.default_rng(0))
X_TEST, Y_TEST = blobs(30, np.random.default_rng(1))


def networks(count, widths=(3, 8, 2), activation="relu"):
    return [init_mlp(list(widths), activation=activation, rng=seed) for seed in range(count)]


def run(net, **changes):
    settings = {
        "optimizer": Momentum(0.01), "steps": 25, "batch_size": 8, "rng": 3,
        "x_test": X_TEST, "y_test": Y_TEST, "evaluate_every": 10,
    }  # fmt: skip
    return train(net, X, Y, **(settings | changes))


def parameters(net):
    return [*net.weights, *net.biases]


def assert_same_run(together, i, alone):
    for name in ("loss", "train_accuracy", "accuracy"):
        np.testing.assert_array_equal(getattr(together, name)[i], getattr(alone, name))
    assert together.diverged[i] == alone.diverged
    for ours, theirs in zip(parameters(together.net), parameters(alone.net), strict=True):
        np.testing.assert_array_equal(ours[i], theirs)


# Updates, by hand ----------------------------------------------------------------------------


def updates(optimizer, gradients):
    """The parameter after each of the given gradients, from 1."""
    parameter, seen = np.ones(1), []
    memory = [np.zeros(1) for _ in range(optimizer.memories)]
    for step, gradient in enumerate(gradients, start=1):
        optimizer.update(parameter, np.array([gradient]), memory, step)
        seen.append(parameter[0])
    return seen


def test_gradient_descent_steps_against_the_gradient():
    np.testing.assert_allclose(updates(SGD(0.1), [2.0, -1.0]), [0.8, 0.9], rtol=1e-14)


def test_momentum_adds_what_remains_of_the_last_steps():
    expected = [1 - 0.1 * 2, 1 - 0.2 - 0.1 * (0.9 * 2 - 1)]
    np.testing.assert_allclose(updates(Momentum(0.1), [2.0, -1.0]), expected, rtol=1e-14)


def test_adam_is_its_paper_written_out():
    first = second = 0.0
    parameter, expected = 1.0, []
    for t, g in enumerate([2.0, -1.0, 0.5], start=1):
        first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g**2
        parameter -= 0.01 * (first / (1 - 0.9**t)) / (np.sqrt(second / (1 - 0.999**t)) + 1e-8)
        expected.append(parameter)
    np.testing.assert_allclose(updates(Adam(0.01), [2.0, -1.0, 0.5]), expected, rtol=1e-12)


def test_the_first_step_of_adam_is_lr_whatever_the_gradient():
    for gradient in (1e-3, 1e3):
        np.testing.assert_allclose(updates(Adam(0.01), [gradient]), [0.99], rtol=1e-6)


# A run ---------------------------------------------------------------------------------------


@every_optimizer
def test_training_lowers_the_loss_and_leaves_the_network_passed_in_alone(optimizer):
    net = networks(1)[0]
    before = [p.copy() for p in parameters(net)]
    history = run(net, optimizer=optimizer, steps=300)
    assert history.loss[-1] < history.loss[0]
    assert history.accuracy[-1] > 0.8
    for kept, now in zip(before, parameters(net), strict=True):
        np.testing.assert_array_equal(kept, now)


def test_full_batches_of_gradient_descent_are_the_rule_written_out():
    net = init_mlp([3, 8, 2], activation="tanh", rng=0, dtype=np.float64)
    found = run(net, optimizer=SGD(0.2), steps=5, batch_size=60).net
    for _ in range(5):
        signals = net.forward(X)
        slopes = net.backward(signals, softmax_cross_entropy(signals.output, Y)[1])
        for parameter, slope in zip(
            parameters(net), [*slopes.weights, *slopes.biases], strict=True
        ):
            parameter -= 0.2 * slope
    for ours, theirs in zip(parameters(found), parameters(net), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10)


@pytest.mark.parametrize(
    ("steps", "expected"), [(25, [0, 10, 20, 25]), (20, [0, 10, 20]), (0, [0])]
)
def test_it_is_evaluated_at_the_start_every_so_often_and_at_the_end(steps, expected):
    history = run(networks(1)[0], steps=steps)
    np.testing.assert_array_equal(history.steps, expected)
    assert history.loss.shape == history.accuracy.shape == (len(expected),)


def test_the_history_holds_what_the_networks_give():
    net = networks(1)[0]
    history = run(net)
    for place, at in [(0, net), (-1, history.net)]:
        assert history.loss[place] == softmax_cross_entropy(at(X), Y)[0]
        assert history.train_accuracy[place] == accuracy(at(X), Y)
        assert history.accuracy[place] == accuracy(at(X_TEST), Y_TEST)


def test_without_a_test_set_or_classes_there_is_no_accuracy():
    assert run(networks(1)[0], x_test=None, y_test=None).accuracy is None
    target = np.sin(X[:, :2])
    settings = {"optimizer": SGD(0.1), "steps": 50, "batch_size": 10, "rng": 0, "loss": "squared"}
    history = train(networks(1)[0], X, target, **settings)
    assert history.accuracy is None
    assert history.train_accuracy is None
    assert history.loss[-1] == squared_loss(history.net(X), target)[0]
    assert history.loss[-1] < history.loss[0]


def test_the_same_seed_gives_the_same_run_and_another_seed_another():
    net = networks(1)[0]
    one, again, other = (run(net, rng=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.loss, again.loss)
    assert one.loss[-1] != other.loss[-1]


def test_every_pass_takes_each_example_once():
    """With a gradient that is linear in the batch, one pass moves as the sum of all examples."""
    net = MLP([np.zeros((1, 3))], [np.zeros(1)], "identity")
    target = X.sum(axis=1, keepdims=True)
    settings = {"optimizer": SGD(1e-9), "steps": 6, "batch_size": 10, "loss": "squared"}
    moved = train(net, X, target, rng=5, **settings).net.weights[0]
    np.testing.assert_allclose(moved, 1e-9 * (target * X).sum(axis=0)[None] / 10, rtol=1e-5)


# Stacks --------------------------------------------------------------------------------------


@every_optimizer
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_each_network_of_a_stack_trains_to_the_bits_it_has_alone(optimizer, activation):
    nets = networks(3, (3, 33, 7, 2), activation)
    for rng, seeds in [([5, 6, 7], [5, 6, 7]), (5, [5, 5, 5])]:
        together = run(stack(nets), optimizer=optimizer, rng=rng)
        assert together.loss.shape == (3, 4)
        for i, (net, seed) in enumerate(zip(nets, seeds, strict=True)):
            assert_same_run(together, i, run(net, optimizer=optimizer, rng=seed))


def test_a_stack_of_deep_networks_on_digits_has_the_bits_of_each_alone():
    data = digits()
    nets = [init_mlp([64, *[64] * 8, 10], rng=seed) for seed in range(3)]
    settings = {"optimizer": Momentum(0.005), "steps": 30, "batch_size": 32, "evaluate_every": 30}
    test = {"x_test": data.x_test, "y_test": data.y_test}
    together = train(stack(nets), data.x_train, data.y_train, rng=[7, 8, 9], **settings, **test)
    for i, net in enumerate(nets):
        alone = train(net, data.x_train, data.y_train, rng=7 + i, **settings, **test)
        assert_same_run(together, i, alone)


def test_a_stack_of_two_axes_keeps_them():
    nets = networks(6)
    square = stack([stack(nets[:3]), stack(nets[3:])])
    history = run(square, rng=list(range(6)))
    assert history.loss.shape == (2, 3, 4)
    assert history.diverged.shape == (2, 3)
    assert history.net.stack_shape == (2, 3)
    alone = run(nets[4], rng=4)
    np.testing.assert_array_equal(history.loss[1, 1], alone.loss)
    np.testing.assert_array_equal(
        unstack(unstack(history.net)[1])[1].weights[0], alone.net.weights[0]
    )


# Divergence ----------------------------------------------------------------------------------


def exploding(seed):
    return init_mlp([3, 8, 2], functools.partial(initializers.normal, std=1e25), rng=seed)


@every_optimizer
def test_a_network_that_diverges_is_recorded_and_leaves_the_others_alone(optimizer):
    nets = networks(3)
    nets[1] = exploding(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = run(stack(nets), optimizer=optimizer, rng=[3, 4, 5])
    np.testing.assert_array_equal(history.diverged, [False, True, False])
    assert np.isnan(history.loss[1]).all()
    assert np.isnan(history.accuracy[1]).all()
    np.testing.assert_array_equal(history.net.weights[0][1], nets[1].weights[0])
    for i in (0, 2):
        assert_same_run(history, i, run(nets[i], optimizer=optimizer, rng=3 + i))


def test_divergence_on_the_way_is_recorded_from_there_on():
    together = run(stack(networks(3)), optimizer=SGD(1e12), steps=60, loss="softmax_cross_entropy")
    assert together.diverged.any()
    for i, net in enumerate(networks(3)):
        assert_same_run(together, i, run(net, optimizer=SGD(1e12), steps=60))
    lost = np.isnan(together.loss)
    assert not lost[:, 0].any()
    np.testing.assert_array_equal(lost, np.logical_or.accumulate(lost, axis=1))
    np.testing.assert_array_equal(lost[:, -1], together.diverged)


class Poison:
    """An optimiser that spoils the first network of three at its fifth step."""

    def __init__(self, optimizer):
        self.optimizer, self.memories = optimizer, optimizer.memories

    def update(self, parameter, gradient, memory, step):
        self.optimizer.update(parameter, gradient, memory, step)
        if step == 5 and len(parameter) == 3:
            parameter[0] = np.nan


@every_optimizer
def test_when_one_leaves_on_the_way_the_others_keep_their_own_memory(optimizer):
    nets = networks(3)
    history = run(stack(nets), optimizer=Poison(optimizer), rng=[3, 4, 5])
    np.testing.assert_array_equal(history.diverged, [True, False, False])
    np.testing.assert_array_equal(np.isnan(history.loss[0]), [False, True, True, True])
    for i in (1, 2):
        assert_same_run(history, i, run(nets[i], optimizer=optimizer, rng=3 + i))


def test_a_network_that_diverged_stays_as_it_was_however_rarely_it_is_evaluated():
    settings = {"optimizer": SGD(1e12), "steps": 60}
    often, rarely = (run(stack(networks(3)), evaluate_every=n, **settings) for n in (1, 60))
    np.testing.assert_array_equal(often.diverged, rarely.diverged)
    for ours, theirs in zip(parameters(often.net), parameters(rarely.net), strict=True):
        np.testing.assert_array_equal(ours[often.diverged], theirs[often.diverged])


def test_when_all_diverge_training_ends_without_an_error():
    history = run(stack([exploding(0), exploding(1)]))
    assert history.diverged.all()
    assert run(exploding(0)).diverged == np.True_


def test_a_healthy_network_has_not_diverged():
    history = run(networks(1)[0])
    assert history.diverged.shape == ()
    assert not history.diverged
    assert isinstance(history, History)


# One optimizer per parameter -------------------------------------------------------------------


def test_the_same_optimizer_for_every_parameter_is_one_for_all():
    net = networks(1)[0]
    each = dict.fromkeys(reversed(net.parameters), Adam(0.003))
    assert_same_run(run(stack([net]), optimizer=each), 0, run(net, optimizer=Adam(0.003)))


def test_each_parameter_steps_as_its_own_optimizer_says():
    net = networks(1)[0]
    kinds = {"W1": SGD(0.1), "b1": SGD(0.2), "W2": Momentum(0.1), "b2": Adam(0.01)}
    found = run(net, optimizer=kinds, steps=1, batch_size=60).net
    for name, kind in kinds.items():
        alone = run(net, optimizer=kind, steps=1, batch_size=60).net.parameters[name]
        np.testing.assert_array_equal(found.parameters[name], alone)
        assert not np.array_equal(alone, net.parameters[name])


# Bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"optimizer": "sgd"}, TypeError, "SGD, Momentum or Adam"),
        ({"optimizer": SGD}, TypeError, "SGD, Momentum or Adam"),
        ({"optimizer": {"W1": SGD(0.1)}}, ValueError, "these differ: W2, b1, b2"),
        ({"optimizer": dict.fromkeys(["W1", "b1", "W2", "b2"], SGD)}, TypeError, "SGD, Momentum"),
        ({"steps": -1}, ValueError, "steps"),
        ({"steps": 2.5}, TypeError, "steps"),
        ({"batch_size": 0}, ValueError, "batch_size must be from 1 to 60"),
        ({"batch_size": 61}, ValueError, "batch_size must be from 1 to 60"),
        ({"evaluate_every": 0}, ValueError, "evaluate_every"),
        ({"loss": "sqared"}, ValueError, "did you mean 'squared'"),
        ({"rng": [1, 2]}, ValueError, "one per network, 1, not 2"),
        ({"rng": "a"}, (TypeError, ValueError), "rng"),
        ({"y_test": None}, ValueError, "x_test and y_test go together"),
        ({"x_test": X_TEST[:, :2]}, ValueError, r"x_test must be \(batch, 3\)"),
        ({"y_test": Y_TEST[:5]}, ValueError, "y_test must have one row per row of x_test"),
        ({"y_test": Y_TEST + 7}, ValueError, "labels must be from 0 to 1"),
    ],
)
def test_bad_settings_are_refused_in_the_callers_words(changes, error, message):
    with pytest.raises(error, match=message):
        run(networks(1)[0], **changes)


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        (X[:, :2], Y, ValueError, r"x must be \(batch, 3\), not \(60, 2\)"),
        (X[0], Y, ValueError, "x must be"),
        (X[:0], Y[:0], ValueError, "x must hold at least one example"),
        (X * np.nan, Y, ValueError, "x must be finite"),
        (X.astype(str), Y, TypeError, "real numbers"),
        (X, Y[:5], ValueError, "one row per row of x, 60"),
        (X, Y + 0.5, TypeError, "labels must be integers"),
    ],
)
def test_bad_data_is_refused_in_the_callers_words(x, y, error, message):
    with pytest.raises(error, match=message):
        train(networks(1)[0], x, y, optimizer=SGD(0.1), steps=1, batch_size=1, rng=0)


def test_a_seed_is_required():
    with pytest.raises(TypeError, match="rng"):
        train(networks(1)[0], X, Y, optimizer=SGD(0.1), steps=1, batch_size=1)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: SGD(0), ValueError, "lr must be above 0"),
        (lambda: SGD(np.nan), ValueError, "lr"),
        (lambda: SGD("fast"), TypeError, "lr"),
        (lambda: Momentum(0.1, momentum=1), ValueError, "momentum must be at least 0 and below 1"),
        (lambda: Momentum(-0.1), ValueError, "lr"),
        (lambda: Adam(beta1=-0.1), ValueError, "beta1"),
        (lambda: Adam(beta2=1.0), ValueError, "beta2"),
        (lambda: Adam(eps=0), ValueError, "eps"),
    ],
)
def test_bad_optimiser_settings_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
