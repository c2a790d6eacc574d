import numpy as np
import pytest

from netinit.initializers import constant
from netinit.losses import softmax_cross_entropy
from netinit.network import init_mlp, stack
from netinit.network.mlp import MLP
from netinit.network.symmetry import distinct_units, permute_units, units
from netinit.training import SGD, Adam, Momentum, train


def network(seed, widths=(3, 8, 8, 4)):
    return init_mlp(widths, "xavier_normal", activation="tanh", rng=seed, dtype=float)


def constant_network(width=8):
    def half(shape, *, rng):
        return constant(shape, value=0.5)

    return init_mlp([3, width, 4], half, activation="tanh", rng=0, dtype=float)


def batch(n=40):
    rng = np.random.default_rng(1)
    return rng.standard_normal((n, 3)), np.arange(n) % 4


def test_a_unit_is_its_incoming_weights_bias_and_outgoing_weights():
    net = network(0)
    net.biases[1][:] = np.arange(8)
    unit = units(net, 2)[5]
    assert unit.tolist() == [*net.weights[1][5], 5.0, *net.weights[2][:, 5]]


def test_units_that_differ_in_any_one_number_are_distinct():
    for change in range(8):  # 3 incoming weights, the bias, 4 outgoing weights
        net = constant_network()
        place = [*[net.weights[0][0, i : i + 1] for i in range(3)], net.biases[0][:1]]
        place += [net.weights[1][i, :1] for i in range(4)]
        place[change][:] = np.nextafter(place[change], 2)
        assert distinct_units(net) == 2


def test_a_stack_is_counted_network_by_network():
    nets = stack([constant_network(), init_mlp([3, 8, 4], activation="tanh", rng=0, dtype=float)])
    assert distinct_units(nets).tolist() == [1, 8]


def joint_network():
    """Two hidden layers of 8 units that only exchanging units of both at once leaves as it is."""
    net = network(0)
    net.weights[0][:], net.weights[1][:], net.weights[2][:] = 0.5, np.eye(8), 0.5
    return net


def test_a_symmetry_of_two_layers_shows_in_the_activations_and_stays():
    x, y = batch()
    history = train(joint_network(), x, y, optimizer=SGD(0.1), steps=20, batch_size=10, rng=2)
    assert history.loss[-1] < history.loss[0]
    for net in (joint_network(), history.net):
        for layer in (1, 2):
            assert distinct_units(net, layer) == 8
            assert distinct_units(net, layer, x=x) == 1


def test_units_closer_than_the_tolerance_count_as_one():
    x, _ = batch()
    net = constant_network()
    net.weights[0] += 1e-9 * np.arange(8)[:, None]
    assert distinct_units(net) == 8
    assert distinct_units(net, x=x) == 1
    assert distinct_units(net, x=x, tolerance=0) == 8
    assert distinct_units(network(0), x=x) == 8


def test_the_tolerance_is_a_fraction_of_the_largest_activation():
    x, _ = batch()
    net = network(0)
    net.weights[0] *= 1e-6
    assert distinct_units(net, x=x) == 8
    net.weights[0][0] *= 1e5
    assert distinct_units(net, x=x) == 2


def test_the_activations_of_a_stack_are_counted_network_by_network():
    x, _ = batch()
    silent = network(0)
    silent.weights[0][:] = 0
    nets = stack([joint_network(), network(1), silent])
    assert distinct_units(nets, x=x).tolist() == [1, 8, 1]
    assert distinct_units(nets, 2, x=np.stack([x, x, x])).tolist() == [1, 8, 1]


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_activations_of_narrow_numbers_are_compared_in_wide_ones(dtype):
    x, _ = batch()
    net = init_mlp([3, 8, 4], activation="tanh", rng=0, dtype=dtype)
    net.weights[0][4:] = net.weights[0][:4]
    assert distinct_units(net, x=x) == 4


@pytest.mark.parametrize("optimizer", [SGD(0.5), Momentum(0.1), Adam(0.05)])
def test_equal_units_stay_equal_under_every_optimiser(optimizer):
    x, y = batch()
    history = train(constant_network(), x, y, optimizer=optimizer, steps=20, batch_size=10, rng=2)
    assert history.loss[-1] < history.loss[0]
    assert distinct_units(history.net) == 1


def test_one_unit_that_differs_at_the_start_keeps_a_place_of_its_own():
    x, y = batch()
    net = constant_network()
    net.weights[0][3, 1] += 0.1
    trained = train(net, x, y, optimizer=SGD(0.5), steps=20, batch_size=10, rng=2).net
    assert distinct_units(trained) == 2


def test_permuted_units_compute_the_same_and_permute_the_gradient():
    x, y = batch()
    order = np.random.default_rng(3).permutation(8)
    for layer in (1, 2):
        net = network(4)
        other = permute_units(net, order, layer)
        assert np.abs(other(x) - net(x)).max() < 1e-14
        assert np.abs(units(other, layer) - units(net, layer)).max() > 0.1
        slopes = []
        for n in (net, other):
            signals = n.forward(x)
            found = n.backward(signals, softmax_cross_entropy(signals.output, y)[1])
            slopes.append(MLP(found.weights, found.biases, "tanh"))
        moved = permute_units(slopes[0], order, layer)
        assert np.abs(units(moved, layer) - units(slopes[1], layer)).max() < 1e-14


def test_permuting_leaves_the_network_that_was_given():
    net = network(5)
    before = net.copy()
    permute_units(net, range(7, -1, -1))
    assert all((a == b).all() for a, b in zip(net.weights, before.weights, strict=True))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: units(network(0), 3), ValueError, "from 1 to 2, not 3"),
        (lambda: units(network(0), 0), ValueError, "from 1 to 2, not 0"),
        (lambda: units(network(0), 1.5), TypeError, "layer must be an integer"),
        (lambda: units(network(0, (3, 4))), ValueError, "no hidden layer"),
        (lambda: distinct_units(network(0), 3, x=np.eye(3)), ValueError, "from 1 to 2, not 3"),
        (lambda: distinct_units(network(0), x=np.eye(2)), ValueError, "x must be"),
        (lambda: distinct_units(network(0), x=np.eye(3), tolerance=-1), ValueError, "tolerance"),
        (lambda: distinct_units(network(0), x=np.eye(3) * np.nan), ValueError, "not finite"),
        (lambda: permute_units(network(0), [0, 1]), ValueError, "each of 0 to 7 once"),
        (lambda: permute_units(network(0), [0] * 8), ValueError, "each of 0 to 7 once"),
    ],
)
def test_bad_input_is_refused_in_the_callers_words(call, error, message):
    with pytest.raises(error, match=message):
        call()
