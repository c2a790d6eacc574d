import functools

import numpy as np
import pytest

from netinit import activations, initializers
from netinit.activations import Activation
from netinit.losses import accuracy, softmax_cross_entropy, squared_loss
from netinit.network import init_mlp, stack, unstack
from netinit.network.mlp import MLP

ACTIVATIONS = [*activations.names(), activations.leaky_relu(0.3)]
SHAPES = [[1, 1, 1], [5, 3], [2, 3, 1], [64, 33, 10], [13, 1, 2], [5, 100, 7, 3]]


def ids(value):
    return getattr(value, "name", str(value))


def small_net(activation, stack_shape, rng):
    """A float64 network with random biases, so that no pre-activation sits on a kink."""
    shapes = [(*stack_shape, *shape) for shape in [(5, 4), (3, 5), (3, 3)]]
    weights = [rng.standard_normal(shape) for shape in shapes]
    return MLP(weights, [rng.standard_normal(w.shape[:-1]) for w in weights], activation)


def finite_differences(function, array, step=1e-6):
    """Central differences of a scalar function of `array`, changed in place and restored."""
    slopes = np.empty_like(array)
    for place in np.ndindex(array.shape):
        kept = array[place]
        array[place] = kept + step
        above = function()
        array[place] = kept - step
        slopes[place] = (above - function()) / (2 * step)
        array[place] = kept
    return slopes


def relative_error(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


def away_from_kinks(net, x):
    hidden = net.forward(x).preactivations[:-1]
    return min(np.abs(h).min() for h in hidden) > 1e-4


LOSSES = {
    "softmax_cross_entropy": (softmax_cross_entropy, lambda shape: np.arange(shape[-2]) % 3),
    "squared": (squared_loss, lambda shape: np.linspace(-1, 1, shape[-2] * 3).reshape(-1, 3)),
}


@pytest.mark.parametrize("stack_shape", [(), (2,), (2, 3)], ids=str)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=ids)
def test_gradients_are_finite_differences_of_the_loss(activation, loss, stack_shape):
    rng = np.random.default_rng(3)
    net = small_net(activation, stack_shape, rng)
    x = rng.standard_normal((*stack_shape, 4, 4))
    assert away_from_kinks(net, x)
    function, make_target = LOSSES[loss]
    target = make_target(x.shape)

    def total():
        return function(net.forward(x).output, target)[0].sum()

    signals = net.forward(x)
    gradients = net.backward(signals, function(signals.output, target)[1])
    for group in ("weights", "biases"):
        for found, parameter in zip(getattr(gradients, group), getattr(net, group), strict=True):
            assert relative_error(found, finite_differences(total, parameter)) < 1e-6
    assert relative_error(gradients.inputs, finite_differences(total, x)) < 1e-6


def test_a_wrong_derivative_is_caught_by_finite_differences():
    rng = np.random.default_rng(3)
    tanh = activations.tanh
    wrong = Activation("wrong", tanh.function, lambda h: tanh.derivative(h) * 1.001)
    net, x = small_net(wrong, (), rng), rng.standard_normal((4, 4))
    signals = net.forward(x)
    found = net.backward(signals, squared_loss(signals.output, np.zeros((4, 3)))[1]).weights[0]
    expected = finite_differences(lambda: squared_loss(net(x), np.zeros((4, 3)))[0], net.weights[0])
    assert relative_error(found, expected) > 1e-4


@pytest.mark.parametrize("loss", LOSSES)
def test_the_gradient_of_each_loss_is_its_finite_difference(loss):
    function, make_target = LOSSES[loss]
    output = np.random.default_rng(4).standard_normal((2, 6, 3))
    target = make_target(output.shape)
    expected = finite_differences(lambda: function(output, target)[0].sum(), output)
    assert relative_error(function(output, target)[1], expected) < 1e-8


def test_gradients_at_preactivations_make_those_of_the_parameters():
    rng = np.random.default_rng(5)
    net, x = small_net("tanh", (2,), rng), rng.standard_normal((7, 4))
    signals = net.forward(x)
    gradients = net.backward(signals, rng.standard_normal(signals.output.shape))
    for layer, delta in enumerate(gradients.preactivations):
        assert delta.shape == signals.preactivations[layer].shape
        inputs = np.broadcast_to(
            signals.activations[layer], (2, *signals.activations[layer].shape[-2:])
        )
        np.testing.assert_allclose(
            gradients.weights[layer], np.einsum("sbi,sbj->sij", delta, inputs), rtol=1e-12
        )
        np.testing.assert_allclose(gradients.biases[layer], delta.sum(axis=-2), rtol=1e-12)


def test_a_layer_is_x_times_w_transposed_plus_b_and_the_last_one_is_linear():
    rng = np.random.default_rng(6)
    net, x = small_net("relu", (), rng), rng.standard_normal((7, 4))
    a = x
    for layer in range(3):
        h = a @ net.weights[layer].T + net.biases[layer]
        np.testing.assert_allclose(net.forward(x).preactivations[layer], h, rtol=1e-13)
        a = np.maximum(h, 0)
    assert (net(x) < 0).any()
    np.testing.assert_array_equal(net(x), net.forward(x).output)


def all_arrays(net, x, output_gradient):
    signals = net.forward(x)
    gradients = net.backward(signals, output_gradient)
    return [
        *signals.preactivations, *gradients.weights, *gradients.biases,
        *gradients.preactivations, gradients.inputs,
    ]  # fmt: skip


@pytest.mark.parametrize("shared", [True, False], ids=["one batch", "a batch each"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("batch", [1, 2, 7, 32, 33])
@pytest.mark.parametrize("widths", SHAPES, ids=str)
def test_each_network_of_a_stack_has_the_bits_it_has_alone(widths, batch, dtype, shared):
    for networks in (1, 3):
        rng = np.random.default_rng(7)
        nets = [init_mlp(widths, activation="tanh", rng=s, dtype=dtype) for s in range(networks)]
        x = rng.standard_normal((batch, widths[0]) if shared else (networks, batch, widths[0]))
        output_gradient = rng.standard_normal((networks, batch, widths[-1]))
        together = all_arrays(stack(nets), x, output_gradient)
        for i, net in enumerate(nets):
            alone = all_arrays(net, x if shared else x[i], output_gradient[i])
            for ours, theirs in zip(together, alone, strict=True):
                np.testing.assert_array_equal(ours[i], theirs)


@pytest.mark.parametrize("loss", LOSSES)
def test_each_loss_of_a_stack_has_the_bits_it_has_alone(loss):
    function, make_target = LOSSES[loss]
    output = np.random.default_rng(8).standard_normal((5, 32, 3)).astype(np.float32)
    target = make_target(output.shape)
    losses, gradients = function(output, target)
    for i in range(5):
        alone = function(output[i], target)
        assert losses[i] == alone[0]
        np.testing.assert_array_equal(gradients[i], alone[1])


def test_stack_and_unstack_undo_each_other_and_share_no_memory():
    nets = [init_mlp([3, 4, 2], rng=seed) for seed in range(6)]
    square = stack([stack(nets[:3]), stack(nets[3:])])
    assert square.stack_shape == (2, 3)
    back = unstack(unstack(square)[1])[2]
    np.testing.assert_array_equal(back.weights[1], nets[5].weights[1])
    back.weights[1][:] = 0
    assert nets[5].weights[1].any()
    assert square.weights[1][1, 2].any()


def test_a_copy_shares_no_memory():
    net = init_mlp([3, 4, 2], rng=0)
    net.copy().weights[0][:] = 0
    assert net.weights[0].any()


def test_a_network_says_its_shape():
    net = init_mlp([3, 4, 4, 2], rng=0)
    assert (net.widths, net.depth, net.stack_shape) == ([3, 4, 4, 2], 3, ())
    assert net.dtype == np.float32
    assert net(np.ones((2, 3))).dtype == np.float32


# Drawing -------------------------------------------------------------------------------------


def test_the_same_seed_draws_the_same_network_and_a_generator_advances():
    one, again = (init_mlp([3, 4, 2], rng=0) for _ in range(2))
    np.testing.assert_array_equal(one.weights[1], again.weights[1])
    rng = np.random.default_rng(0)
    first, second = (init_mlp([3, 4, 2], rng=rng) for _ in range(2))
    np.testing.assert_array_equal(first.weights[0], one.weights[0])
    assert not np.array_equal(first.weights[0], second.weights[0])


def test_layers_of_one_network_are_drawn_apart():
    net = init_mlp([5, 5, 5], rng=0)
    assert not np.array_equal(net.weights[0], net.weights[1])


def test_another_scheme_for_biases_or_the_output_leaves_the_other_weights_alone():
    plain = init_mlp([3, 4, 2], rng=0)
    other = init_mlp(
        [3, 4, 2], output="zeros", biases=functools.partial(initializers.normal, std=1), rng=0
    )
    np.testing.assert_array_equal(plain.weights[0], other.weights[0])
    assert not plain.biases[0].any()
    assert other.biases[0].all()
    assert not other.weights[1].any()


def test_each_layer_takes_its_own_scheme():
    net = init_mlp([3, 4, 2], ["zeros", "he_normal"], rng=0)
    assert not net.weights[0].any()
    assert net.weights[1].any()


def test_a_float64_network_is_drawn_in_float64():
    for scheme in ("he_normal", functools.partial(initializers.normal, std=1.0)):
        weights = init_mlp([30, 40], scheme, rng=0, dtype=np.float64).weights[0]
        assert weights.dtype == np.float64
        assert (weights != weights.astype(np.float32)).any()


def test_any_callable_of_shape_and_rng_is_a_scheme():
    net = init_mlp([3, 2], lambda shape, *, rng: np.full(shape, 2), rng=0)
    np.testing.assert_array_equal(net.weights[0], np.full((2, 3), 2, np.float32))


# Losses --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1e4, 1e30])
def test_cross_entropy_is_exact_for_huge_float32_logits(size):
    logits = np.array([[size, -size, 0], [-size, size, 0]], np.float32)
    loss, gradient = softmax_cross_entropy(logits, [0, 1])
    assert loss == 0
    np.testing.assert_array_equal(gradient, 0)
    loss, gradient = softmax_cross_entropy(logits, [1, 2])
    assert loss == pytest.approx(1.5 * size, rel=1e-6)
    np.testing.assert_array_equal(gradient, [[0.5, -0.5, 0], [0, 0.5, -0.5]])


def test_cross_entropy_of_equal_huge_logits_is_the_log_of_the_classes():
    for value in (-1e30, -1e4, 1e4, 1e30):
        loss, gradient = softmax_cross_entropy(np.full((2, 4), value, np.float32), [0, 3])
        assert loss == pytest.approx(np.log(4), rel=1e-6)
        assert np.abs(gradient).max() == pytest.approx(0.375)


def test_the_naive_logarithm_would_fail_where_cross_entropy_does_not():
    logits = np.array([[0, -200]], np.float32)
    shares = np.exp(logits) / np.exp(logits).sum()
    with np.errstate(divide="ignore"):
        assert np.isinf(np.log(shares)).any()
    assert softmax_cross_entropy(logits, [1])[0] == 200


def test_squared_loss_of_huge_float32_outputs_is_finite():
    loss, gradient = squared_loss(np.full((2, 1), 1e30, np.float32), np.zeros((2, 1)))
    assert loss == pytest.approx(0.5e60, rel=1e-6)
    np.testing.assert_allclose(gradient, 5e29, rtol=1e-6)


def test_losses_keep_the_dtype_of_the_gradient_and_accept_lists():
    for function, target in [(softmax_cross_entropy, [0]), (squared_loss, [[0, 1]])]:
        assert function(np.zeros((1, 2), np.float32), target)[1].dtype == np.float32
        assert function([[0, 0]], target)[1].dtype == np.float64


def test_cross_entropy_of_probabilities_is_their_mean_log():
    rng = np.random.default_rng(9)
    shares = rng.dirichlet(np.ones(5), size=(3, 8))
    labels = rng.integers(0, 5, (3, 8))
    expected = -np.log(np.take_along_axis(shares, labels[..., None], axis=-1)).mean(axis=(-2, -1))
    np.testing.assert_allclose(
        softmax_cross_entropy(np.log(shares) + 7, labels)[0], expected, rtol=1e-12
    )


def test_accuracy_counts_the_largest_logit_and_never_a_nan():
    logits = np.array([[[1, 2], [3, 0]], [[np.nan, 2], [0, 0]]])
    np.testing.assert_array_equal(accuracy(logits, [1, 0]), [1, 0.5])
    np.testing.assert_array_equal(accuracy(logits, [[0, 0], [0, 1]]), [0.5, 0])


# Bad input -----------------------------------------------------------------------------------

W, B = np.ones((2, 3)), np.ones(2)
NET = MLP([W], [B], "relu")
STACK = stack([NET, NET])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: MLP([], [], "relu"), ValueError, "at least one"),
        (lambda: MLP([W], [], "relu"), ValueError, "not 0 for 1"),
        (lambda: MLP([W], [np.ones(3)], "relu"), ValueError, r"biases of layer 1 must be \(2,\)"),
        (lambda: MLP([W, W], [B, B], "relu"), ValueError, r"layer 2 must be \(fan_out, 2\)"),
        (lambda: MLP([B], [B], "relu"), ValueError, r"layer 1 must be \(fan_out"),
        (lambda: MLP([W.astype(int)], [B], "relu"), TypeError, "one floating dtype"),
        (lambda: MLP([W.astype("f4")], [B], "relu"), TypeError, "float32.*float64"),
        (lambda: MLP([W], [B], "rleu"), ValueError, "did you mean 'relu'"),
        (lambda: MLP([W], [B], 3), TypeError, "activation"),
        (lambda: NET.forward(np.ones(3)), ValueError, r"x must be \(batch, 3\), not \(3,\)"),
        (lambda: NET.forward(np.ones((4, 2))), ValueError, r"\(batch, 3\)"),
        (lambda: NET.forward(np.ones((2, 4, 3))), ValueError, r"\(batch, 3\)"),
        (lambda: STACK.forward(np.ones((3, 4, 3))), ValueError, r"or \(2, batch, 3\)"),
        (lambda: NET.forward([["a"] * 3]), TypeError, "real numbers"),
        (lambda: NET.forward(np.ones((1, 3)) * 1j), TypeError, "real numbers"),
        (lambda: NET.backward(NET.forward(np.ones((4, 3))), np.ones(2)), ValueError, r"\(4, 2\)"),
        (lambda: init_mlp([3], rng=0), ValueError, "two or more"),
        (lambda: init_mlp([3, 0, 1], rng=0), ValueError, "positive"),
        (lambda: init_mlp([3, -1], rng=0), ValueError, "each width"),
        (lambda: init_mlp([3, 2.5], rng=0), TypeError, "each width must be an integer"),
        (lambda: init_mlp("34", rng=0), TypeError, "widths"),
        (lambda: init_mlp(34, rng=0), TypeError, "widths"),
        (lambda: init_mlp([3, 2], "he_norml", rng=0), ValueError, "he_normal"),
        (lambda: init_mlp([3, 2], ["zeros"] * 2, rng=0), ValueError, "one per layer, 1, not 2"),
        (lambda: init_mlp([3, 2], rng=0, dtype=int), TypeError, "dtype"),
        (lambda: init_mlp([3, 2], rng="a"), (TypeError, ValueError), "rng"),
        (lambda: init_mlp([3, 2]), TypeError, "rng"),
        (lambda: init_mlp([3, 2], lambda shape, *, rng: np.ones(3), rng=0), ValueError, "shape"),
        (lambda: stack([]), ValueError, "at least one"),
        (lambda: stack([NET, init_mlp([3, 2], rng=0)]), ValueError, "one shape, dtype"),
        (lambda: unstack(NET), ValueError, "not a stack"),
        (lambda: softmax_cross_entropy([1, 2], [0]), ValueError, "batch, classes"),
        (lambda: softmax_cross_entropy(np.ones((0, 2)), []), ValueError, "not empty"),
        (lambda: softmax_cross_entropy([[1, 2]], [2]), ValueError, "from 0 to 1"),
        (lambda: softmax_cross_entropy([[1, 2]], [-1]), ValueError, "from 0 to 1"),
        (lambda: softmax_cross_entropy([[1, 2]], [0.0]), TypeError, "labels must be integers"),
        (lambda: softmax_cross_entropy([[1, 2]], [0, 1]), ValueError, r"labels must be \(1,\)"),
        (lambda: softmax_cross_entropy([["a"]], [0]), TypeError, "real numbers"),
        (lambda: squared_loss([[1, 2]], [1, 2]), ValueError, r"\(1, 2\), not \(2,\)"),
        (lambda: squared_loss([[1, 2]], [["a", "b"]]), TypeError, "target must be real"),
        (lambda: squared_loss([1], [1]), ValueError, "batch, outputs"),
        (lambda: accuracy([[1, 2]], [5]), ValueError, "from 0 to 1"),
        (lambda: accuracy([1, 2], [1]), ValueError, "batch, classes"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_the_callers_words(call, error, message):
    with pytest.raises(error, match=message):
        call()


# bfloat16 -----------------------------------------------------------------------------------


def test_a_bfloat16_network_is_the_float32_one_rounded():
    """Products are taken in float32 and rounded once a layer: a few parts in 2^8 after four."""
    rough = init_mlp([32, 64, 64, 64, 5], "he_normal", activation="gelu", dtype="bfloat16", rng=0)
    fine = rough.replace({n: p.astype(np.float32) for n, p in rough.parameters.items()})
    x = np.random.default_rng(1).standard_normal((20, 32)).astype(np.float32)
    x = x.astype(rough.dtype).astype(np.float32)
    seen, exact = rough.forward(x), fine.forward(x)
    assert {str(h.dtype) for h in seen.preactivations + seen.activations} == {"bfloat16"}
    first = exact.preactivations[0].astype(rough.dtype)
    np.testing.assert_array_equal(seen.preactivations[0], first)
    assert relative_error(seen.output.astype(np.float32), exact.output) < 0.02
    upstream = np.random.default_rng(2).standard_normal((20, 5)).astype(np.float32)
    back, right = rough.backward(seen, upstream), fine.backward(exact, upstream)
    for name, gradient in back.parameters.items():
        assert str(gradient.dtype) == "bfloat16"
        assert relative_error(gradient.astype(np.float32), right.parameters[name]) < 0.03


def test_a_bfloat16_bias_gradient_is_summed_in_float32():
    net = init_mlp([2, 3], dtype="bfloat16", rng=0)
    ones = np.ones((1000, 3)).astype(net.dtype)
    found = net.backward(net.forward(ones[:, :2]), ones)
    assert np.array_equal(found.biases[0].astype(float), [1000.0] * 3)  # not 256


def test_names_of_parameters_that_do_not_fit_are_told():
    net = init_mlp([2, 3, 1], rng=0)
    parameters = dict(net.parameters)
    parameters["W3"] = parameters.pop("W2")
    with pytest.raises(
        ValueError, match=r"^parameters must be W1, b1, W2, b2, not W1, b1, b2, W3$"
    ):
        net.replace(parameters)


def test_a_bfloat16_network_is_measured_trained_and_scaled_by_lsuv():
    from netinit.network import lsuv_mlp
    from netinit.propagation import measure
    from netinit.training import SGD, train

    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((64, 8)), rng.integers(0, 2, 64)
    x[y == 1] += 1
    net = lsuv_mlp([8, 32, 32, 2], x, tolerance=0.02, rng=0, dtype="bfloat16")
    assert str(net.dtype) == "bfloat16"
    variances = measure(net, x, rng=0).preactivations.variance
    np.testing.assert_allclose(variances, 1, atol=0.03)
    history = train(net, x, y, optimizer=SGD(0.1), steps=60, batch_size=16, rng=0)
    assert history.loss[-1] < 0.6 * history.loss[0]


def test_a_network_of_complex_numbers_is_refused():
    with pytest.raises(TypeError, match="dtype must be real"):
        init_mlp([2, 2], rng=0, dtype="complex64")
