import runpy
from pathlib import Path

import numpy as np
import pytest

from netinit.network import init_mlp, init_network, stack
from netinit.network.layers import Dense
from netinit.theory.width import multipliers_of_shapes
from netinit.training import SGD, Adam, coordinate_check, movement

STORED = Path(__file__).parents[1] / "chapters" / "data" / "width.npz"
X = np.random.default_rng(0).standard_normal((32, 8))
Y = (X[:, 0] > 0).astype(int)
WIDTHS = [64, 256, 1024]


def test_the_movement_of_one_step_is_the_steps_size():
    net = init_mlp([3, 2], "zeros", rng=0, dtype=float)
    x, target = np.array([[1.0, 2.0, 2.0]]), np.array([[3.0, -4.0]])
    moved = movement(net, x, target, optimizer=SGD(0.1), loss="squared")
    signals = net.forward(x)
    # The squared loss halves the square and averages over the batch: its gradient is -target, which
    # the step multiplies by the squared length of x, 9, and 1 for the bias.
    assert signals.output.tolist() == [[0.0, 0.0]]
    assert moved["h1"] == pytest.approx(0.1 * 10 * np.sqrt((3**2 + 4**2) / 2))


def test_a_stack_moves_as_each_of_its_networks_alone():
    nets = [init_mlp([8, 16, 2], rng=seed) for seed in range(3)]
    together = movement(stack(nets), X, Y, optimizer=Adam(0.01), steps=3)
    for i, net in enumerate(nets):
        alone = movement(net, X, Y, optimizer=Adam(0.01), steps=3)
        assert list(alone) == ["h1", "a1", "h2"]
        assert {name: float(m[i]) for name, m in together.items()} == alone


def test_no_step_moves_nothing_and_more_steps_move_farther():
    net = init_mlp([8, 16, 2], rng=0)
    none, one, ten = (
        movement(net, X, Y, optimizer=SGD(0.01), steps=steps)["h2"] for steps in (0, 1, 10)
    )
    assert none == 0 < one < ten


def test_what_diverges_has_no_movement():
    net = init_mlp([8, 16, 16, 2], seeds=range(2))
    moved = movement(net, X, 1e30 * np.ones((32, 2)), optimizer=SGD(1e9), steps=9, loss="squared")
    assert np.isnan(moved["h3"]).tolist() == [True, True]


def built(optimizer, parametrization, rate):
    def build(width):
        scale = {"optimizer": optimizer, "parametrization": parametrization}
        net = init_mlp([8, width, width, 2], "he_normal", output="zeros", seeds=range(4))
        shapes, base = (
            {k: p.shape for k, p in init_mlp([8, n, n, 2], rng=0).parameters.items()}
            for n in (width, 64)
        )
        kind = {"sgd": SGD, "adam": Adam}[optimizer]
        found = multipliers_of_shapes(shapes, base, **scale)
        return net, {name: kind(rate * each.learning_rate) for name, each in found.items()}

    return build


@pytest.mark.parametrize(
    ("optimizer", "parametrization", "slopes"),
    [
        ("adam", "standard", (0, 1, None)),
        ("adam", "mup", (0, 0, 0)),
        ("sgd", "mup", (0, 0, 0)),
    ],
)
def test_slopes_by_width(optimizer, parametrization, slopes):
    """From an output of zero, two steps: the first moves the output alone."""
    rate = {"adam": 1e-4, "sgd": 0.01}[optimizer]
    check = coordinate_check(built(optimizer, parametrization, rate), WIDTHS, X, Y, steps=2)
    assert check.widths.tolist() == WIDTHS
    assert check.movement["h2"].shape == (3, 4)
    for layer, slope in enumerate(slopes, 1):
        if slope is not None:
            assert np.median(check.slopes[f"h{layer}"]) == pytest.approx(slope, abs=0.15)


def test_a_network_of_layers_has_the_names_of_its_own_signals():
    def build(width):
        layers = [Dense(8, width), "relu", Dense(width, 2)]
        return init_network(layers, "lecun_normal", rng=1), SGD(0.01)

    check = coordinate_check(build, [64, 1024], X, Y)
    assert set(check.movement) == set(build(64)[0].forward(X).named)
    rise = np.log(check.movement["2"][1] / check.movement["2"][0]) / np.log(16)
    assert check.slopes["2"] == pytest.approx(rise)


@pytest.mark.parametrize(
    ("widths", "error", "message"),
    [
        ([64], ValueError, "widths must be two or more different sizes"),
        ([64, 64], ValueError, "widths must be two or more different sizes"),
        ([0, 64], ValueError, "widths must be at least 1"),
        ([8.5, 64], TypeError, "widths"),
    ],
)
def test_bad_widths_are_refused(widths, error, message):
    with pytest.raises(error, match=message):
        coordinate_check(built("sgd", "mup", 0.1), widths, X, Y)


def test_networks_whose_signals_differ_are_refused():
    def build(width):
        return init_mlp([8, *[width] * (width // 8), 2], rng=0), SGD(0.1)

    with pytest.raises(ValueError, match="signals of the same names"):
        coordinate_check(build, [8, 16], X, Y)


def test_the_stored_widths_are_what_their_command_gives():
    assert STORED.stat().st_size <= 200_000
    made = runpy.run_path(str(STORED.with_suffix(".py")))
    with np.load(STORED) as stored:
        sweep = dict(stored)
    assert sweep["widths"].tolist() == made["WIDTHS"].tolist()
    for optimizer, rates in made["RATES"].items():
        assert sweep[f"{optimizer}_rates"].tolist() == rates.tolist()
        seeds = sum(map(len, made["GROUPS"][optimizer]))
        assert sweep[optimizer].shape == (2, 4, len(rates), seeds, 3)
        # At the base width the two parametrizations agree.
        np.testing.assert_array_equal(sweep[optimizer][0, 0], sweep[optimizer][1, 0])
    for place, parametrization in enumerate(made["PARAMETRIZATIONS"]):
        again = made["losses"](parametrization, "adam", 128, 2.0**-10)
        at = made["RATES"]["adam"].tolist().index(2.0**-10)
        np.testing.assert_allclose(again, sweep["adam"][place, 1, at], rtol=0.1)
