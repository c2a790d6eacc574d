"""Networks of layers: gradients by finite differences, values by plain NumPy, names, stacks."""

import numpy as np
import pytest
from scipy.signal import correlate
from scipy.special import softmax

import netinit
from netinit.network import LayerNetwork, init_mlp, init_network, layers, stack, unstack
from netinit.network.layers import (
    LSTM,
    Attention,
    BatchNorm,
    Conv1d,
    Conv2d,
    Dense,
    Embedding,
    Flatten,
    LastPosition,
    Layer,
    LayerNorm,
    MeanPool,
    Positions,
    Recurrent,
    Residual,
    RMSNorm,
    Sequential,
    Unembedding,
)

RNG = np.random.default_rng(5)
# Every layer, in a network small enough for finite differences, with the shape of one example.
NETWORKS = {
    "dense": ([Dense(4, 3), "tanh", Dense(3, 2, bias=False)], (4,)),
    "dense at positions": ([Sequential({"a": Dense(4, 3)})], (4,)),
    "conv1d": ([Conv1d(2, 3, 3, padding="same"), "tanh", Conv1d(3, 4, 2, stride=2)], (2, 7)),
    "conv1d, groups": ([Conv1d(4, 6, 3, padding=2, groups=2, bias=False)], (4, 5)),
    "conv2d": ([Conv2d(2, 3, (3, 2), padding=(1, 0), stride=(2, 1)), "gelu"], (2, 5, 4)),
    "conv2d, depthwise": ([Conv2d(3, 3, 3, padding="same", groups=3), MeanPool()], (3, 4, 4)),
    "flatten": ([Conv2d(1, 2, 2), "silu", Flatten(), Dense(18, 2)], (1, 4, 4)),
    "layer norm": ([Dense(4, 5), LayerNorm(5), Dense(5, 2)], (4,)),
    "rms norm": ([Dense(4, 5), RMSNorm(5), Dense(5, 2)], (4,)),
    "batch norm": ([Dense(4, 5), BatchNorm(5), "tanh", Dense(5, 2)], (4,)),
    "batch norm of channels": ([Conv2d(2, 3, 2), BatchNorm(3), MeanPool()], (2, 3, 3)),
    "attention": ([Positions(6, 4), Attention(4, 2)], (5, 4)),
    "causal attention": ([Positions(5, 6), Attention(6, 3, causal=True, bias=False)], (5, 6)),
    "residual": ([Residual([Dense(4, 6), "tanh", Dense(6, 4)], scale=0.3)], (4,)),
    "recurrent": ([Recurrent(3, 4), LastPosition(), Dense(4, 2)], (5, 3)),
    "recurrent, no bias": ([Recurrent(3, 4, "sigmoid", bias=False)], (4, 3)),
    "lstm": ([LSTM(3, 2), LastPosition(), Dense(2, 2)], (4, 3)),
    "embedding": (
        {"words": Embedding(7, 4), "places": Positions(6, 4), "head": Unembedding("words")},
        None,
    ),
}


def example(shape, stack_shape=()):
    if shape is None:
        return RNG.integers(0, 7, (*stack_shape, 3, 5))
    return RNG.standard_normal((*stack_shape, 3, *shape))


def drawn(layers, **options):
    """A float64 network whose gains and biases are not at their special values."""
    net = init_network(layers, "lecun_normal", dtype=np.float64, **options)
    shaken = {n: p + 0.3 * RNG.standard_normal(p.shape) for n, p in net.parameters.items()}
    return net.replace(shaken)


def difference(function, array, place, step=1e-5):
    """The central difference of a scalar function of an array, changed in place and restored."""
    kept, around = array[place], []
    for move in (step, -step):
        array[place] = kept + move
        around.append(function())
    array[place] = kept
    return (around[0] - around[1]) / (2 * step)


def places(array, count=12):
    every = list(np.ndindex(array.shape))
    chosen = RNG.choice(len(every), min(count, len(every)), replace=False)
    return [every[i] for i in chosen]


@pytest.mark.parametrize("stack_shape", [(), (2,), (2, 2)], ids=str)
@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_are_finite_differences(name, stack_shape):
    layers, shape = NETWORKS[name]
    net = drawn(layers, rng=1)
    spread = {
        n: p + 0.2 * RNG.standard_normal((*stack_shape, *p.shape))
        for n, p in net.parameters.items()
    }
    net, x = net.replace(spread), example(shape, stack_shape)
    signals = net.forward(x)
    upstream = RNG.standard_normal(signals.output.shape)
    gradients = net.backward(signals, upstream)
    arrays = [(p, gradients.parameters[n]) for n, p in net.parameters.items()]
    arrays += [(x, gradients.inputs)] if shape is not None else []
    for array, found in arrays:
        for place in places(array):
            expected = difference(lambda: np.sum(net(x) * upstream), array, place)
            assert found[place] == pytest.approx(expected, rel=1e-6, abs=1e-8)
    assert (gradients.inputs is None) == (shape is None)


def test_a_wrong_product_is_caught_by_finite_differences(monkeypatch):
    from netinit.network import tape

    right = tape.reciprocal_root

    def wrong(x):
        found = right(x)
        ((parent, vjp),) = found.parents
        return tape.Variable(found.value, ((parent, lambda g: 1.0001 * vjp(g)),))

    monkeypatch.setattr("netinit.network.layers.normalization.reciprocal_root", wrong)
    with pytest.raises(AssertionError):
        test_gradients_are_finite_differences("rms norm", ())


@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradient_of_a_signal_is_that_of_what_follows(name):
    """Moving a parameter moves the loss by the sum over the signal that it adds to."""
    layers, shape = NETWORKS[name]
    net, x = drawn(layers, rng=2), example(shape)
    signals = net.forward(x)
    gradients = net.backward(signals, np.ones_like(signals.output))
    assert list(gradients.signals) == list(signals.named)
    assert all(gradients.signals[n].shape == s.shape for n, s in signals.named.items())
    last = list(signals.named)[-1]
    np.testing.assert_array_equal(gradients.signals[last], np.ones_like(signals.output))


@pytest.mark.parametrize("stack_shape", [(), (3,)], ids=str)
def test_a_perceptron_of_layers_is_the_mlp(stack_shape):
    """The hand-written backward pass and the tape agree to rounding, signal by signal."""
    options = {"seeds": range(3)} if stack_shape else {"rng": 4}
    mlp = init_mlp([5, 8, 7, 3], "he_normal", activation="gelu", dtype=np.float64, **options)
    mlp = mlp.replace({n: p + 0.1 for n, p in mlp.parameters.items()})
    layers = {"1": Dense(5, 8), "a1": "gelu", "2": Dense(8, 7), "a2": "gelu", "3": Dense(7, 3)}
    names = {
        f"{n}.{kind}": f"{kind[0].replace('w', 'W')}{n}"
        for n in "123"
        for kind in ("weight", "bias")
    }
    net = LayerNetwork(layers, {name: mlp.parameters[same] for name, same in names.items()})
    x = RNG.standard_normal((6, 5))
    one, two = mlp.forward(x), net.forward(x)
    np.testing.assert_array_equal(one.output, two.output)
    upstream = RNG.standard_normal(one.output.shape)
    back, again = mlp.backward(one, upstream), net.backward(two, upstream)
    for name, same in names.items():
        np.testing.assert_allclose(again.parameters[name], back.parameters[same], rtol=1e-12)
    for layer in "123":
        found = again.signals[layer]
        np.testing.assert_allclose(found, back.signals[f"h{layer}"], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_of_a_stack_is_the_network_alone(name):
    layers, shape = NETWORKS[name]
    nets, x = init_network(layers, seeds=range(3), dtype=np.float64), example(shape)
    alone = init_network(layers, rng=1, dtype=np.float64)
    for parameter, same in zip(
        unstack(nets)[1].parameters.values(), alone.parameters.values(), strict=True
    ):
        np.testing.assert_array_equal(parameter, same)
    np.testing.assert_allclose(nets(x)[1], alone(x), rtol=1e-12, atol=1e-14)
    with_own_batches = nets(np.stack([x, x, x]))
    np.testing.assert_allclose(with_own_batches, nets(x), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_signal_and_gradient_has_the_networks_dtype(name, dtype):
    layers, shape = NETWORKS[name]
    net, x = init_network(layers, rng=0, dtype=dtype), example(shape)
    signals = net.forward(x)
    gradients = net.backward(signals, np.ones(signals.output.shape))
    arrays = [*signals.named.values(), signals.output, *signals.attention.values()]
    arrays += [*gradients.parameters.values(), *gradients.signals.values()]
    arrays += [] if shape is None else [gradients.inputs]
    assert {str(array.dtype) for array in arrays} == {dtype}
    assert all(np.isfinite(array).all() for array in arrays)


# Values, by plain NumPy and SciPy -----------------------------------------------------------


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 2])
def test_a_convolution_is_scipys_correlation(groups, stride, padding):
    net = drawn([Conv2d(4, 6, (3, 2), stride=stride, padding=padding, groups=groups)], rng=3)
    x = RNG.standard_normal((2, 4, 7, 8))
    weight, bias = net.parameters["0.weight"], net.parameters["0.bias"]
    wide = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    each = 4 // groups
    for n, out in np.ndindex(2, 6):
        first = (out // (6 // groups)) * each
        expected = sum(correlate(wide[n, first + c], weight[out, c], "valid") for c in range(each))
        found = net(x)[n, out]
        np.testing.assert_allclose(found, expected[::stride, ::stride] + bias[out], rtol=1e-10)


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
def test_same_padding_keeps_the_size_and_lays_the_tap_of_an_identity_on_it(kernel):
    net = init_network([Conv1d(2, 2, kernel, padding="same")], "dirac", rng=0)
    x = RNG.standard_normal((3, 2, 9)).astype(np.float32)
    np.testing.assert_array_equal(net(x), x)


@pytest.mark.parametrize("causal", [False, True])
def test_attention_is_the_formula(causal):
    net, x = drawn([Attention(6, 2, causal=causal)], rng=6), RNG.standard_normal((2, 4, 6))
    p = net.parameters
    projected = x @ p["0.in_weight"].T + p["0.in_bias"]
    query, key, value = np.split(projected, 3, axis=-1)
    heads = []
    for h in range(2):
        part = slice(3 * h, 3 * h + 3)
        scores = query[..., part] @ key[..., part].swapaxes(1, 2) / np.sqrt(3)
        if causal:
            scores[:, np.triu_indices(4, 1)[0], np.triu_indices(4, 1)[1]] = -np.inf
        weights = softmax(scores, axis=-1)
        np.testing.assert_allclose(net.forward(x).attention["0"][:, h], weights, atol=1e-12)
        heads.append(weights @ value[..., part])
    expected = np.concatenate(heads, -1) @ p["0.out_weight"].T + p["0.out_bias"]
    np.testing.assert_allclose(net(x), expected, atol=1e-12)


def test_causal_attention_does_not_see_what_comes_later():
    net, x = drawn([Attention(4, 2, causal=True)], rng=6), RNG.standard_normal((1, 5, 4))
    later = x.copy()
    later[:, 3:] += 1
    np.testing.assert_array_equal(net(x)[:, :3], net(later)[:, :3])
    assert not np.allclose(net(x)[:, 3], net(later)[:, 3])


def test_positions_add_their_vectors():
    net, x = drawn([Positions(6, 3)], rng=2), RNG.standard_normal((4, 5, 3))
    np.testing.assert_allclose(net(x), x + net.parameters["0.table"][:5], rtol=1e-12)


def test_norms_are_their_formulas():
    x = 3 + 2 * RNG.standard_normal((8, 6))
    for layer, axis, centered in (
        (LayerNorm(6), 1, True),
        (BatchNorm(6), 0, True),
        (RMSNorm(6), 1, False),
    ):
        net = drawn([layer], rng=2)
        moved = x - x.mean(axis, keepdims=True) if centered else x
        scaled = moved / np.sqrt((moved**2).mean(axis, keepdims=True) + 1e-5)
        shift = net.parameters.get("0.bias", 0.0)
        np.testing.assert_allclose(net(x), scaled * net.parameters["0.gain"] + shift, rtol=1e-12)


def test_batch_norm_knows_its_batch():
    net = init_network([Dense(3, 4), BatchNorm(4)], rng=0, dtype=np.float64)
    x = RNG.standard_normal((10, 3))
    assert not np.allclose(net(x)[:5], net(x[:5]))
    np.testing.assert_allclose(net(x).mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(net(x).var(axis=0), 1, rtol=1e-3)


def test_recurrences_are_their_formulas():
    x = RNG.standard_normal((2, 4, 3))
    net = drawn([Recurrent(3, 5, "relu")], rng=1)
    p, state = net.parameters, np.zeros((2, 5))
    for time in range(4):
        h = x[:, time] @ p["0.in_weight"].T + p["0.bias"] + state @ p["0.state_weight"].T
        state = np.maximum(h, 0)
        np.testing.assert_allclose(net(x)[:, time], state, atol=1e-12)
    net = drawn([LSTM(3, 5)], rng=1)
    p, state, cell = net.parameters, np.zeros((2, 5)), np.zeros((2, 5))

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    for time in range(4):
        gates = x[:, time] @ p["0.in_weight"].T + p["0.bias"] + state @ p["0.state_weight"].T
        i, f, g, o = np.split(gates, 4, axis=-1)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
        state = sigmoid(o) * np.tanh(cell)
        np.testing.assert_allclose(net(x)[:, time], state, atol=1e-12)
        np.testing.assert_allclose(net.forward(x).named[f"0.cell.{time + 1}"], cell, atol=1e-12)


def test_the_gradient_at_a_state_passes_through_all_later_times():
    """Of one linear unit with weight w, it is w to the number of steps that follow."""
    layers = [Recurrent(1, 1, "identity", bias=False), LastPosition()]
    weights = {"0.in_weight": [[1.0]], "0.state_weight": [[0.5]]}
    net = LayerNetwork(layers, {n: np.array(w) for n, w in weights.items()})
    signals = net.forward(np.ones((1, 6, 1)))
    back = net.backward(signals, np.ones((1, 1))).signals
    assert [float(back[f"0.{t}"][0, 0]) for t in range(1, 7)] == [
        0.5 ** (6 - t) for t in range(1, 7)
    ]


def test_a_residual_adds_its_scaled_branch():
    branch = Dense(4, 4)
    plain, net = drawn([branch], rng=0), None
    net = LayerNetwork(
        [Residual(branch, scale=0.25)],
        {n.replace("0.", "0.branch."): p for n, p in plain.parameters.items()},
    )
    x = RNG.standard_normal((3, 4))
    np.testing.assert_allclose(net(x), x + 0.25 * plain(x), rtol=1e-12)
    np.testing.assert_array_equal(net.forward(x).stream[0], x)
    np.testing.assert_array_equal(net.forward(x).stream[1], net(x))


def test_the_stream_is_that_of_the_outer_blocks():
    inner = Residual(Residual(Dense(4, 4)))
    net = init_network([Dense(3, 4), inner, inner, Dense(4, 2)], rng=0)
    signals = net.forward(np.ones((2, 3)))
    names = ("0", "1", "2")
    assert len(signals.stream) == 3
    for array, name in zip(signals.stream, names, strict=True):
        np.testing.assert_array_equal(array, signals.named[name])


def test_the_states_of_a_recurrence_are_signals_of_their_own():
    for layer in (Recurrent(2, 3), LSTM(2, 3)):
        net = init_network({"memory": layer}, rng=0)
        named = net.forward(np.ones((4, 5, 2))).named
        times = [f"memory.{time}" for time in range(1, 6)]
        assert [name for name in named if "cell" not in name] == [*times, "memory"]
        np.testing.assert_array_equal(np.stack([named[t] for t in times], 1), named["memory"])


def test_each_weight_says_which_signal_it_makes():
    """Doubling a weight doubles its signal, where no bias is added."""
    layers = {"in": Dense(4, 4), "see": Attention(4, 2), "out": Sequential([Dense(4, 2)])}
    net, x = init_network(layers, rng=0, dtype=np.float64), RNG.standard_normal((3, 4))
    made = net.weight_signals
    assert made == {
        "in.weight": "in",
        "see.in_weight": "see.projected",
        "see.out_weight": "see",
        "out.0.weight": "out.0",
    }
    x = np.stack([x, x], 1).reshape(3, 2, 4)
    net = init_network({"x": Positions(2, 4)} | layers, rng=0, dtype=np.float64)
    for weight, signal in net.weight_signals.items():
        twice = net.replace(net.parameters | {weight: 2 * net.parameters[weight]})
        np.testing.assert_allclose(twice.forward(x).named[signal], 2 * net.forward(x).named[signal])


# Drawing ------------------------------------------------------------------------------------


def test_what_is_drawn_has_its_law():
    layers = [Conv2d(64, 64, 3, groups=8), BatchNorm(64), "relu", MeanPool(), Dense(64, 1000)]
    net = init_network(layers, "he_normal", rng=0)
    found = {name: float(p.var()) for name, p in net.parameters.items()}
    assert found["0.weight"] * 72 == pytest.approx(2, rel=0.06)
    assert found["4.weight"] * 64 == pytest.approx(2, rel=0.03)
    assert found["0.bias"] == found["4.bias"] == 0
    assert (net.parameters["1.gain"] == 1).all()


def test_a_fused_weight_has_the_fans_of_its_parts():
    net = init_network([Attention(96, 4)], "glorot_normal", rng=0)
    assert float(net.parameters["0.in_weight"].var()) * 96 == pytest.approx(1, rel=0.04)
    net = init_network([LSTM(96, 96)], "orthogonal", rng=0, dtype=np.float64)
    for gate in np.split(net.parameters["0.state_weight"], 4):
        np.testing.assert_allclose(gate @ gate.T, np.eye(96), atol=1e-10)


def test_a_parameter_depends_on_its_name_and_not_on_what_stands_beside_it():
    small = init_network({"in": Dense(4, 8), "out": Dense(8, 2)}, rng=7)
    large = init_network({"in": Dense(4, 8), "new": Dense(8, 8), "out": Dense(8, 2)}, rng=7)
    for name, parameter in small.parameters.items():
        np.testing.assert_array_equal(parameter, large.parameters[name])
    assert not np.array_equal(large.parameters["new.weight"][:2], large.parameters["out.weight"])


def test_schemes_by_pattern_the_first_that_fits_counting():
    layers = [Dense(4, 4), Residual([Dense(4, 4), "relu", Dense(4, 4)])]
    schemes = {"1.*.2.weight": "identity", "*.weight": "zeros", "*.bias": netinit.he_normal}
    with pytest.raises(ValueError, match="fans"):
        init_network(layers, schemes=schemes, rng=0)
    schemes["*.bias"] = lambda shape, *, rng: np.ones(shape)
    net = init_network(layers, schemes=schemes, rng=0)
    assert not net.parameters["0.weight"].any()
    np.testing.assert_array_equal(net.parameters["1.branch.2.weight"], np.eye(4))
    assert (net.parameters["0.bias"] == 1).all()


def test_parameters_are_given_in_any_order_and_become_arrays():
    net = LayerNetwork([Dense(2, 1)], {"0.bias": [0.5], "0.weight": [[1.0, 2.0]]})
    assert list(net.parameters) == ["0.weight", "0.bias"]
    assert all(isinstance(p, np.ndarray) for p in net.parameters.values())
    np.testing.assert_array_equal(net([[3.0, 4.0]]), [[11.5]])


def test_one_layer_may_stand_in_several_places():
    block = Residual(Dense(4, 4))
    net = init_network([block, block], rng=0)
    assert not np.array_equal(net.parameters["0.branch.weight"], net.parameters["1.branch.weight"])


def test_a_stack_of_different_networks_is_refused():
    nets = [init_network([Dense(4, 4), phi], rng=0) for phi in ("relu", "tanh")]
    with pytest.raises(ValueError, match="one shape"):
        stack(nets)
    assert stack([nets[0], nets[0]]).stack_shape == (2,)


W, B, G, E = "weight", "bias", "gain", "embedding"
DRAWN = [
    (Dense(3, 2), {"weight": ((2, 3), W, {}), "bias": ((2,), B, {})}),
    (Embedding(5, 2), {"table": ((5, 2), E, {})}),
    (Positions(5, 2), {"table": ((5, 2), E, {})}),
    (LayerNorm(3), {"gain": ((3,), G, {}), "bias": ((3,), B, {})}),
    (RMSNorm(3), {"gain": ((3,), G, {})}),
    (BatchNorm(3), {"gain": ((3,), G, {}), "bias": ((3,), B, {})}),
    (Conv1d(4, 6, 3), {"weight": ((6, 4, 3), W, {}), "bias": ((6,), B, {})}),
    (Conv2d(4, 6, 3, groups=2, bias=False), {"weight": ((6, 2, 3, 3), W, {"groups": 2})}),
    (
        Attention(4),
        {
            "in_weight": ((12, 4), W, {"splits": 3}),
            "in_bias": ((12,), B, {}),
            "out_weight": ((4, 4), W, {}),
            "out_bias": ((4,), B, {}),
        },
    ),
    (
        Recurrent(3, 2),
        {"in_weight": ((2, 3), W, {}), "state_weight": ((2, 2), W, {}), "bias": ((2,), B, {})},
    ),
    (
        LSTM(3, 2),
        {
            "in_weight": ((8, 3), W, {"splits": 4}),
            "state_weight": ((8, 2), W, {"splits": 4}),
            "bias": ((8,), B, {}),
        },
    ),
]


def test_every_layer_is_tried():
    offered = {getattr(layers, name) for name in layers.__all__} - {Layer}
    offered = {kind for kind in offered if issubclass(kind, Layer)}
    networks = " ".join(repr(Sequential([network])) for network, _ in NETWORKS.values())
    assert {kind.__name__ for kind in offered if f"{kind.__name__}(" not in networks} == set()
    composed = {Sequential, Residual}  # their parameters are those of their layers
    drawing = {kind for kind in offered - composed if kind.parameters is not Layer.parameters}
    assert drawing == {type(layer) for layer, _ in DRAWN}


@pytest.mark.parametrize(("layer", "wanted"), DRAWN, ids=lambda value: type(value).__name__)
def test_what_a_layer_draws(layer, wanted):
    found = {n: (p.shape, p.kind, dict(p.options)) for n, p in layer.parameters().items()}
    assert found == wanted


# Wrong arguments ----------------------------------------------------------------------------


SIZES = [
    (Dense, {"fan_in": 2, "fan_out": 2}),
    (Embedding, {"count": 2, "width": 2}),
    (Positions, {"length": 2, "width": 2}),
    (Recurrent, {"fan_in": 2, "width": 2}),
    (LSTM, {"fan_in": 2, "width": 2}),
    (Attention, {"width": 2, "heads": 2}),
    (Conv1d, {"inputs": 2, "outputs": 2, "kernel": 2, "stride": 2, "groups": 2}),
    *((norm, {"width": 2}) for norm in (LayerNorm, RMSNorm, BatchNorm)),
]


@pytest.mark.parametrize(
    ("layer", "sizes", "name"), [(layer, sizes, name) for layer, sizes in SIZES for name in sizes]
)
def test_every_size_is_a_positive_whole_number(layer, sizes, name):
    layer(**sizes)
    with pytest.raises(ValueError, match=f"^{name} must be .*at least 1"):
        layer(**sizes | {name: 0})
    with pytest.raises(TypeError, match=f"^{name} must be an integer, not 1.5"):
        layer(**sizes | {name: 1.5})


@pytest.mark.parametrize("norm", [LayerNorm, RMSNorm, BatchNorm])
def test_eps_is_a_small_number(norm):
    assert norm(3, eps=0).eps == 0
    with pytest.raises(ValueError, match=r"^eps must be .* at least 0"):
        norm(3, eps=-1e-9)
    with pytest.raises(TypeError, match=r"^eps must be"):
        norm(3, eps="small")


def test_one_token_alone_is_looked_up():
    net = init_network([Embedding(5, 2)], rng=0)
    found = net(np.full((1, 1), 4))
    np.testing.assert_array_equal(found[0, 0], net.parameters["0.table"][4])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Attention(6, 4), ValueError, "heads 4 must divide the width, 6"),
        (lambda: Conv1d(4, 6, 3, groups=4), ValueError, "groups 4 must divide"),
        (lambda: Conv2d(4, 6, (3, 3, 3)), ValueError, "kernel must be .* 2 dimensions"),
        (lambda: Conv1d(4, 6, 3, stride=2, padding="same"), ValueError, "for stride 1"),
        (lambda: Conv1d(4, 6, 3, padding=-1), ValueError, "padding must be"),
        (lambda: Sequential([]), ValueError, "at least one layer"),
        (lambda: Sequential({"a.b": Dense(2, 2)}), ValueError, "without a dot"),
        (lambda: Sequential([Dense]), TypeError, "a layer must be"),
        (lambda: Sequential(["rleu"]), ValueError, "did you mean 'relu'"),
        (lambda: Residual(Dense(2, 2), scale="big"), TypeError, "scale"),
        (lambda: init_network([Dense(2, 2)]), TypeError, "give rng for one network, or seeds"),
        (lambda: init_network([Dense(2, 2)], rng=0, seeds=[1]), TypeError, "give rng"),
        (lambda: init_network([Dense(2, 2)], seeds=[]), ValueError, "at least one seed"),
        (lambda: init_network([Dense(2, 2)], seeds=3), TypeError, "several seeds"),
        (lambda: init_network(["relu"], rng=0), ValueError, "no parameters"),
        (lambda: init_network([Dense(2, 2)], schemes={"x": "zeros"}, rng=0), ValueError, "'x'"),
        (lambda: LayerNetwork([Dense(2, 2)], {}), ValueError, "lacks 0.weight, 0.bias"),
    ],
)
def test_wrong_layers_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"0.extra": np.zeros(2)}, ValueError, "has no parameter 0.extra"),
        ({"0.weight": np.zeros((3, 2))}, ValueError, r"0.weight must be \(2, 2\)"),
        ({"0.bias": np.zeros((5, 2))}, ValueError, r"0.bias must be \(2\), not \(5, 2\)"),
        ({"0.bias": np.zeros(2, np.float32)}, TypeError, "share one floating dtype"),
    ],
)
def test_wrong_parameters_are_named(change, error, message):
    right = {"0.weight": np.eye(2), "0.bias": np.zeros(2)}
    with pytest.raises(error, match=message):
        LayerNetwork([Dense(2, 2)], right | change)


def test_a_kernel_needs_room_with_its_padding():
    net = init_network([Conv2d(1, 1, (5, 3), padding=(1, 0))], rng=0)
    assert net(np.ones((1, 1, 3, 3))).shape == (1, 1, 1, 1)
    message = r"layer '.+': a kernel of \(5, 3\) does not fit into \[4, 3\], padding included$"
    with pytest.raises(ValueError, match=message):
        net(np.ones((1, 1, 2, 3)))


@pytest.mark.parametrize(
    ("layers", "x", "error", "message"),
    [
        ([Dense(3, 2)], np.ones((4, 5)), ValueError, "layer '0' takes 3 features"),
        ([Dense(3, 2)], np.ones(3), ValueError, r"x must be \(batch, \.\.\.\)"),
        ([Dense(3, 2)], np.ones((0, 3)), ValueError, "at least one example"),
        ([Dense(3, 2)], np.full((4, 3), "a"), TypeError, "real numbers"),
        ([Conv2d(3, 2, 3)], np.ones((4, 2, 8, 8)), ValueError, "takes 3 channels"),
        ([Conv2d(3, 2, 5)], np.ones((4, 3, 4, 8)), ValueError, "does not fit into"),
        ([Embedding(5, 2)], np.full((2, 3), 5), ValueError, "from 0 to 4"),
        ([Embedding(5, 2)], np.ones((2, 3)), TypeError, "whole numbers"),
        ([Positions(3, 2)], np.ones((1, 4, 2)), ValueError, "has 3 positions, not 4"),
        (
            [Attention(4)],
            np.ones((2, 3, 5)),
            ValueError,
            "4 features in the last axis, not 5",
        ),
        ([LayerNorm(4)], np.ones((2, 5)), ValueError, "4 features in the last axis, not 5"),
        ([RMSNorm(4)], np.ones((2, 5)), ValueError, "4 features in the last axis, not 5"),
        ([BatchNorm(4)], np.ones((2, 5)), ValueError, "layer '0' takes 4 channels, not 5"),
        ([Residual(Dense(3, 2))], np.ones((4, 3)), ValueError, "must keep shape"),
        ([Dense(3, 2), Unembedding("words")], np.ones((4, 3)), ValueError, "no embedding 'words'"),
    ],
)
def test_wrong_inputs_are_named(layers, x, error, message):
    net = init_network(layers, rng=0)
    with pytest.raises(error, match=message):
        net(x)


def test_a_gradient_of_another_shape_is_refused():
    net = init_network([Dense(3, 2)], rng=0)
    with pytest.raises(ValueError, match="shape of the output"):
        net.backward(net.forward(np.ones((4, 3))), np.ones((4, 3)))
