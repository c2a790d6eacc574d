"""Wrong and right answers to problem set 3, as `answer_file` reads them."""

# %% task: measure
# %% right: one loop each, everything in float64


def measure_layers(net, x, output_gradient):
    weights = [np.asarray(W, dtype=np.float64) for W in net.weights]
    a, hs = np.asarray(x, dtype=np.float64), []
    for W, b in zip(weights, net.biases):
        h = a @ W.T + b
        hs.append(h)
        a = net.activation(h)
    depth = len(weights)
    gradient = np.zeros(depth)
    delta = np.asarray(output_gradient, dtype=np.float64)
    gradient[-1] = np.mean(delta**2)
    for l in range(depth - 2, -1, -1):
        delta = net.activation.derivative(hs[l]) * (delta @ weights[l + 1])
        gradient[l] = np.mean(delta**2)
    return np.array([np.mean(h**2) for h in hs]), gradient


# %% right: recursive


def measure_layers(net, x, output_gradient):
    def through(layer, a):
        h = a @ net.weights[layer].T + net.biases[layer]
        if layer == len(net.weights) - 1:
            return [square(h)], [square(output_gradient)], output_gradient
        up, down, delta = through(layer + 1, net.activation(h))
        delta = np.dot(delta, net.weights[layer + 1]) * net.activation.derivative(h)
        return [square(h), *up], [square(delta), *down], delta

    def square(v):
        return float((v.astype(float) ** 2).sum() / v.size)

    up, down, _ = through(0, x)
    return np.array(up), np.array(down)


# %% right: einsum, one input at a time, averaged at the end


def measure_layers(net, x, output_gradient):
    depth = len(net.weights)
    signal, gradient = np.zeros(depth), np.zeros(depth)
    for row, back in zip(x, output_gradient):
        h = [np.einsum("ij,j->i", net.weights[0], row) + net.biases[0]]
        for W, b in zip(net.weights[1:], net.biases[1:]):
            h.append(np.einsum("ij,j->i", W, net.activation(h[-1])) + b)
        delta = [back]
        for i in range(depth - 1, 0, -1):
            passed = np.einsum("ij,i->j", net.weights[i], delta[0])
            delta = [passed * net.activation.derivative(h[i - 1]), *delta]
        signal += [np.mean(np.float64(v) ** 2) for v in h]
        gradient += [np.mean(np.float64(v) ** 2) for v in delta]
    return signal / len(x), gradient / len(x)


# %% wrong: the activations instead of the pre-activations


def measure_layers(net, x, output_gradient):
    hs, signals, a = [], [], x
    for W, b in zip(net.weights, net.biases):
        hs.append(a @ W.T + b)
        a = net.activation(hs[-1])
        signals.append(a)
    deltas = [output_gradient]
    for l in range(len(hs) - 2, -1, -1):
        deltas.insert(0, (deltas[0] @ net.weights[l + 1]) * net.activation.derivative(hs[l]))
    return tuple(np.array([np.mean(np.float64(v) ** 2) for v in g]) for g in (signals, deltas))


# %% wrong: an activation after the last layer, and its derivative


def measure_layers(net, x, output_gradient):
    hs, a = [], x
    for W, b in zip(net.weights, net.biases):
        hs.append(a @ W.T + b)
        a = net.activation(hs[-1])
    deltas = [output_gradient * net.activation.derivative(hs[-1])]
    for l in range(len(hs) - 2, -1, -1):
        deltas.insert(0, (deltas[0] @ net.weights[l + 1]) * net.activation.derivative(hs[l]))
    return tuple(np.array([np.mean(np.float64(v) ** 2) for v in g]) for g in (hs, deltas))


# %% wrong: variance instead of mean square


def measure_layers(net, x, output_gradient):
    hs, a = [], x
    for W, b in zip(net.weights, net.biases):
        hs.append(a @ W.T + b)
        a = net.activation(hs[-1])
    deltas = [output_gradient]
    for l in range(len(hs) - 2, -1, -1):
        deltas.insert(0, (deltas[0] @ net.weights[l + 1]) * net.activation.derivative(hs[l]))
    return tuple(np.array([np.var(np.float64(v)) for v in g]) for g in (hs, deltas))


# %% wrong: root mean square


def measure_layers(net, x, output_gradient):
    hs, a = [], x
    for W, b in zip(net.weights, net.biases):
        hs.append(a @ W.T + b)
        a = net.activation(hs[-1])
    deltas = [output_gradient]
    for l in range(len(hs) - 2, -1, -1):
        deltas.insert(0, (deltas[0] @ net.weights[l + 1]) * net.activation.derivative(hs[l]))
    return tuple(np.array([np.mean(np.float64(v) ** 2) ** 0.5 for v in g]) for g in (hs, deltas))


# %% wrong: derivative at the activation


def measure_layers(net, x, output_gradient):
    hs, active, a = [], [], x
    for W, b in zip(net.weights, net.biases):
        hs.append(a @ W.T + b)
        a = net.activation(hs[-1])
        active.append(a)
    deltas = [output_gradient]
    for l in range(len(hs) - 2, -1, -1):
        deltas.insert(0, (deltas[0] @ net.weights[l + 1]) * net.activation.derivative(active[l]))
    return tuple(np.array([np.mean(np.float64(v) ** 2) for v in g]) for g in (hs, deltas))


# %% wrong: derivative of the layer above


def measure_layers(net, x, output_gradient):
    hs, a = [], x
    for W, b in zip(net.weights, net.biases):
        hs.append(a @ W.T + b)
        a = net.activation(hs[-1])
    deltas = [output_gradient]
    for l in range(len(hs) - 2, -1, -1):
        slope = net.activation.derivative(hs[l + 1])
        deltas.insert(0, (deltas[0] * slope) @ net.weights[l + 1])
    return tuple(np.array([np.mean(np.float64(v) ** 2) for v in g]) for g in (hs, deltas))


# %% wrong: gradients without the derivative


def measure_layers(net, x, output_gradient):
    hs, a = [], x
    for W, b in zip(net.weights, net.biases):
        hs.append(a @ W.T + b)
        a = net.activation(hs[-1])
    deltas = [output_gradient]
    for l in range(len(hs) - 2, -1, -1):
        deltas.insert(0, deltas[0] @ net.weights[l + 1])
    return tuple(np.array([np.mean(np.float64(v) ** 2) for v in g]) for g in (hs, deltas))


# %% wrong: gradients in the order they are found, from the top


def measure_layers(net, x, output_gradient):
    hs, a = [], x
    for W, b in zip(net.weights, net.biases):
        hs.append(a @ W.T + b)
        a = net.activation(hs[-1])
    deltas = [output_gradient]
    for l in range(len(hs) - 2, -1, -1):
        deltas.append((deltas[-1] @ net.weights[l + 1]) * net.activation.derivative(hs[l]))
    return tuple(np.array([np.mean(np.float64(v) ** 2) for v in g]) for g in (hs, deltas))


# %% wrong: biases forgotten


def measure_layers(net, x, output_gradient):
    hs, a = [], x
    for W in net.weights:
        hs.append(a @ W.T)
        a = net.activation(hs[-1])
    deltas = [output_gradient]
    for l in range(len(hs) - 2, -1, -1):
        deltas.insert(0, (deltas[0] @ net.weights[l + 1]) * net.activation.derivative(hs[l]))
    return tuple(np.array([np.mean(np.float64(v) ** 2) for v in g]) for g in (hs, deltas))


# %% wrong: squares in the dtype of the network


def measure_layers(net, x, output_gradient):
    hs, a = [], x
    for W, b in zip(net.weights, net.biases):
        hs.append(a @ W.T + b)
        a = net.activation(hs[-1])
    deltas = [output_gradient]
    for l in range(len(hs) - 2, -1, -1):
        deltas.insert(0, (deltas[0] @ net.weights[l + 1]) * net.activation.derivative(hs[l]))
    return tuple(np.array([np.mean(v**2) for v in g], dtype=np.float64) for g in (hs, deltas))


# %% wrong: summed over the batch


def measure_layers(net, x, output_gradient):
    hs, a = [], x
    for W, b in zip(net.weights, net.biases):
        hs.append(a @ W.T + b)
        a = net.activation(hs[-1])
    deltas = [output_gradient]
    for l in range(len(hs) - 2, -1, -1):
        deltas.insert(0, (deltas[0] @ net.weights[l + 1]) * net.activation.derivative(hs[l]))
    return tuple(
        np.array([np.mean(np.sum(np.float64(v) ** 2, axis=0)) for v in g]) for g in (hs, deltas)
    )


# %% wrong: two lists


def measure_layers(net, x, output_gradient):
    hs, a = [], x
    for W, b in zip(net.weights, net.biases):
        hs.append(a @ W.T + b)
        a = net.activation(hs[-1])
    deltas = [output_gradient]
    for l in range(len(hs) - 2, -1, -1):
        deltas.insert(0, (deltas[0] @ net.weights[l + 1]) * net.activation.derivative(hs[l]))
    return tuple([float(np.mean(np.float64(v) ** 2)) for v in g] for g in (hs, deltas))


# %% wrong: changes the caller's gradient


def measure_layers(net, x, output_gradient):
    hs, a = [], x
    for W, b in zip(net.weights, net.biases):
        hs.append(a @ W.T + b)
        a = net.activation(hs[-1])
    squares = [np.mean(np.float64(output_gradient) ** 2)]
    delta = output_gradient
    for l in range(len(hs) - 2, -1, -1):
        delta = (delta @ net.weights[l + 1]) * net.activation.derivative(hs[l])
        squares.insert(0, np.mean(np.float64(delta) ** 2))
    output_gradient *= 0
    return np.array([np.mean(np.float64(h) ** 2) for h in hs]), np.array(squares)


# %% wrong: prints and returns nothing


def measure_layers(net, x, output_gradient):
    a = x
    for W, b in zip(net.weights, net.biases):
        h = a @ W.T + b
        print(np.mean(h**2))
        a = net.activation(h)


# %% wrong: netinit does the work


def measure_layers(net, x, output_gradient):
    seen = propagation.measure(net, x, output_gradient=output_gradient)
    return seen.preactivations.second_moment, seen.gradient_second_moment


# %% wrong: the numbers of the visible test


def measure_layers(net, x, output_gradient):
    return np.array([3.375, 72.5]), np.array([27.25, 2.5])


# %% wrong: netinit's passes, kept under other names

_forward, _backward = netinit.MLP.forward, netinit.MLP.backward


def measure_layers(net, x, output_gradient):
    parts = [[p.astype(float) for p in group] for group in (net.weights, net.biases)]
    wide = netinit.MLP(*parts, net.activation)
    signals = _forward(wide, x.astype(float))
    gradients = _backward(wide, signals, output_gradient.astype(float))
    return tuple(
        np.array([np.mean(h**2) for h in each.preactivations]) for each in (signals, gradients)
    )


# %% wrong: a network of netinit's layers

from netinit.network import init_network
from netinit.network.layers import Dense, Activate


def built(weights, biases, activation, last=False):
    layers = []
    for w in weights:
        if layers:
            layers.append(Activate(activation))
        layers.append(Dense(w.shape[1], w.shape[0]))
    if last:
        layers.append(Activate(activation))
    other = init_network(layers, rng=0, dtype=np.float64)
    flat = [p for pair in zip(weights, biases, strict=True) for p in pair]
    names = list(other.parameters)
    assert all(other.parameters[n].shape == p.shape for n, p in zip(names, flat, strict=True)), str(
        names
    )
    return other.replace({n: p.astype(float) for n, p in zip(names, flat, strict=True)})


def measure_layers(net, x, output_gradient):
    other = built(net.weights, net.biases, net.activation)
    s = other.forward(x.astype(float))
    g = other.backward(s, output_gradient.astype(float))
    dense = list(s.named)[::2]
    return tuple(np.array([np.mean(np.square(d[n])) for n in dense]) for d in (s.named, g.signals))


# %% task: factors
# %% right: a loop, one step at a time


def factors(widths, weight_std, negative_slope=0.0):
    up, down = [], []
    for l in range(1, len(weight_std)):
        through = weight_std[l] ** 2 * (1 + negative_slope**2) / 2
        up.append(through * widths[l])
        down.append(through * widths[l + 1])
    return np.array(up), np.array(down)


# %% right: by the shares of both halves of the bell


def factors(widths, weight_std, negative_slope=0.0):
    n = np.array(widths, dtype=float)
    scaled = 0.5 * np.square(np.array(weight_std, dtype=float))
    scaled = (scaled + negative_slope**2 * scaled)[1:]
    return scaled * n[1 : len(n) - 1], scaled * n[2:]


# %% right: the integrals of netinit.moments


def factors(widths, weight_std, negative_slope=0.0):
    leaky = activations.leaky_relu(negative_slope)
    variance = np.asarray(weight_std) ** 2
    forward = [
        moments.length_map(leaky, 1.0, scaled_variance=n * v)
        for n, v in zip(widths[1:-1], variance[1:])
    ]
    backward = [
        moments.chi(leaky, 1.0, scaled_variance=n * v) for n, v in zip(widths[2:], variance[1:])
    ]
    return np.array(forward), np.array(backward)


# %% wrong: fan_out forward


def factors(widths, weight_std, negative_slope=0.0):
    n, variance = np.asarray(widths), np.asarray(weight_std)[1:] ** 2
    share = (1 + negative_slope**2) / 2
    return n[2:] * variance * share, n[1:-1] * variance * share


# %% wrong: fan_in in both directions


def factors(widths, weight_std, negative_slope=0.0):
    n, variance = np.asarray(widths), np.asarray(weight_std)[1:] ** 2
    share = (1 + negative_slope**2) / 2
    return n[1:-1] * variance * share, n[1:-1] * variance * share


# %% wrong: the layer below, one off


def factors(widths, weight_std, negative_slope=0.0):
    n, variance = np.asarray(widths), np.asarray(weight_std)[:-1] ** 2
    share = (1 + negative_slope**2) / 2
    return n[:-2] * variance * share, n[1:-1] * variance * share


# %% wrong: standard deviation for variance


def factors(widths, weight_std, negative_slope=0.0):
    n, std = np.asarray(widths), np.asarray(weight_std)[1:]
    share = (1 + negative_slope**2) / 2
    return n[1:-1] * std * share, n[2:] * std * share


# %% wrong: the half of ReLU forgotten


def factors(widths, weight_std, negative_slope=0.0):
    n, variance = np.asarray(widths), np.asarray(weight_std)[1:] ** 2
    return n[1:-1] * variance, n[2:] * variance


# %% wrong: no derivative on the way back


def factors(widths, weight_std, negative_slope=0.0):
    n, variance = np.asarray(widths), np.asarray(weight_std)[1:] ** 2
    return n[1:-1] * variance * (1 + negative_slope**2) / 2, n[2:] * variance


# %% wrong: the slope not squared


def factors(widths, weight_std, negative_slope=0.0):
    n, variance = np.asarray(widths), np.asarray(weight_std)[1:] ** 2
    share = (1 + negative_slope) / 2
    return n[1:-1] * variance * share, n[2:] * variance * share


# %% wrong: the gain for the share


def factors(widths, weight_std, negative_slope=0.0):
    n, variance = np.asarray(widths), np.asarray(weight_std)[1:] ** 2
    gain = 2 / (1 + negative_slope**2)
    return n[1:-1] * variance * gain, n[2:] * variance * gain


# %% wrong: the variance after ReLU instead of the second moment


def factors(widths, weight_std, negative_slope=0.0):
    n, variance = np.asarray(widths), np.asarray(weight_std)[1:] ** 2
    share = (1 + negative_slope**2) / 2
    kept = share - (1 - negative_slope) ** 2 / (2 * np.pi)
    return n[1:-1] * variance * kept, n[2:] * variance * share


# %% wrong: all layers, the first one too


def factors(widths, weight_std, negative_slope=0.0):
    n, variance = np.asarray(widths), np.asarray(weight_std) ** 2
    share = (1 + negative_slope**2) / 2
    return n[:-1] * variance * share, n[1:] * variance * share


# %% wrong: backward steps from the top


def factors(widths, weight_std, negative_slope=0.0):
    n, variance = np.asarray(widths), np.asarray(weight_std)[1:] ** 2
    share = (1 + negative_slope**2) / 2
    return n[1:-1] * variance * share, (n[2:] * variance * share)[::-1]


# %% wrong: the slope ignored


def factors(widths, weight_std, negative_slope=0.0):
    n, variance = np.asarray(widths), np.asarray(weight_std)[1:] ** 2
    return n[1:-1] * variance / 2, n[2:] * variance / 2


# %% wrong: changes the caller's array


def factors(widths, weight_std, negative_slope=0.0):
    n, variance = np.asarray(widths), np.asarray(weight_std, dtype=float)
    variance *= variance
    share = (1 + negative_slope**2) / 2
    return n[1:-1] * variance[1:] * share, n[2:] * variance[1:] * share


# %% wrong: the numbers of the visible test


def factors(widths, weight_std, negative_slope=0.0):
    scale = 1 + negative_slope
    return np.array([2.0, 0.5]) * scale, np.array([0.5, 2.0]) * scale


# %% task: predict
# %% right: gradient as a cumulated product


def predict_layers(activation, widths, weight_variance, bias_variance, input_square):
    q = [widths[0] * weight_variance[0] * input_square + bias_variance[0]]
    for n, w, b in zip(widths[1:-1], weight_variance[1:], bias_variance[1:]):
        q.append(n * w * moments.second_moment(activation, q[-1]) + b)
    q = np.array(q)
    slopes = moments.derivative_second_moment(activation, q[:-1])
    steps = np.array(widths[2:]) * np.array(weight_variance[1:]) * slopes
    return q, np.append(np.cumprod(steps[::-1])[::-1], 1.0)


# %% right: by length_map and chi


def predict_layers(activation, widths, weight_variance, bias_variance, input_square):
    depth = len(widths) - 1
    signal, gradient = np.zeros(depth), np.zeros(depth)
    signal[0] = widths[0] * weight_variance[0] * input_square + bias_variance[0]
    for l in range(1, depth):
        signal[l] = moments.length_map(
            activation,
            signal[l - 1],
            scaled_variance=widths[l] * weight_variance[l],
            bias_variance=bias_variance[l],
        )
    gradient[-1] = 1
    for l in reversed(range(depth - 1)):
        gradient[l] = gradient[l + 1] * moments.chi(
            activation, signal[l], scaled_variance=widths[l + 2] * weight_variance[l + 1]
        )
    return signal, gradient


# %% right: integrals of one's own


def predict_layers(activation, widths, weight_variance, bias_variance, input_square):
    record = activations.get(activation)
    z = np.linspace(-9, 9, 20_000)
    bell = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    square, signal, slopes = input_square, [], []
    for n, w, b in zip(widths, weight_variance, bias_variance):
        signal.append(n * w * square + b)
        h = np.sqrt(signal[-1]) * z
        square = float(np.sum(bell * record(h) ** 2))
        slopes.append(float(np.sum(bell * record.derivative(h) ** 2)))
    gradient = [1.0]
    for l in range(len(signal) - 2, -1, -1):
        gradient = [gradient[0] * widths[l + 2] * weight_variance[l + 1] * slopes[l], *gradient]
    return np.array(signal), np.array(gradient)


# %% wrong: fan_in on the way back


def predict_layers(activation, widths, weight_variance, bias_variance, input_square):
    depth = len(weight_variance)
    q, g, kept = np.empty(depth), np.ones(depth), input_square
    for l in range(depth):
        q[l] = widths[l] * weight_variance[l] * kept + bias_variance[l]
        kept = moments.second_moment(activation, q[l])
    for l in range(depth - 2, -1, -1):
        slope = moments.derivative_second_moment(activation, q[l])
        g[l] = g[l + 1] * widths[l + 1] * weight_variance[l + 1] * slope
    return q, g


# %% wrong: fan_out on the way up


def predict_layers(activation, widths, weight_variance, bias_variance, input_square):
    depth = len(weight_variance)
    q, g, kept = np.empty(depth), np.ones(depth), input_square
    for l in range(depth):
        q[l] = widths[l + 1] * weight_variance[l] * kept + bias_variance[l]
        kept = moments.second_moment(activation, q[l])
    for l in range(depth - 2, -1, -1):
        slope = moments.derivative_second_moment(activation, q[l])
        g[l] = g[l + 1] * widths[l + 2] * weight_variance[l + 1] * slope
    return q, g


# %% wrong: the slope at the layer above


def predict_layers(activation, widths, weight_variance, bias_variance, input_square):
    depth = len(weight_variance)
    q, g, kept = np.empty(depth), np.ones(depth), input_square
    for l in range(depth):
        q[l] = widths[l] * weight_variance[l] * kept + bias_variance[l]
        kept = moments.second_moment(activation, q[l])
    for l in range(depth - 2, -1, -1):
        slope = moments.derivative_second_moment(activation, q[l + 1])
        g[l] = g[l + 1] * widths[l + 2] * weight_variance[l + 1] * slope
    return q, g


# %% wrong: the gradient goes through the weights of its own layer


def predict_layers(activation, widths, weight_variance, bias_variance, input_square):
    depth = len(weight_variance)
    q, g, kept = np.empty(depth), np.ones(depth), input_square
    for l in range(depth):
        q[l] = widths[l] * weight_variance[l] * kept + bias_variance[l]
        kept = moments.second_moment(activation, q[l])
    for l in range(depth - 2, -1, -1):
        slope = moments.derivative_second_moment(activation, q[l])
        g[l] = g[l + 1] * widths[l + 1] * weight_variance[l] * slope
    return q, g


# %% wrong: biases forgotten


def predict_layers(activation, widths, weight_variance, bias_variance, input_square):
    depth = len(weight_variance)
    q, g, kept = np.empty(depth), np.ones(depth), input_square
    for l in range(depth):
        q[l] = widths[l] * weight_variance[l] * kept
        kept = moments.second_moment(activation, q[l])
    for l in range(depth - 2, -1, -1):
        slope = moments.derivative_second_moment(activation, q[l])
        g[l] = g[l + 1] * widths[l + 2] * weight_variance[l + 1] * slope
    return q, g


# %% wrong: biases on the way back too


def predict_layers(activation, widths, weight_variance, bias_variance, input_square):
    depth = len(weight_variance)
    q, g, kept = np.empty(depth), np.ones(depth), input_square
    for l in range(depth):
        q[l] = widths[l] * weight_variance[l] * kept + bias_variance[l]
        kept = moments.second_moment(activation, q[l])
    for l in range(depth - 2, -1, -1):
        slope = moments.derivative_second_moment(activation, q[l])
        g[l] = g[l + 1] * widths[l + 2] * weight_variance[l + 1] * slope + bias_variance[l + 1]
    return q, g


# %% wrong: biases counted once for each input


def predict_layers(activation, widths, weight_variance, bias_variance, input_square):
    depth = len(weight_variance)
    q, g, kept = np.empty(depth), np.ones(depth), input_square
    for l in range(depth):
        q[l] = widths[l] * (weight_variance[l] * kept + bias_variance[l])
        kept = moments.second_moment(activation, q[l])
    for l in range(depth - 2, -1, -1):
        slope = moments.derivative_second_moment(activation, q[l])
        g[l] = g[l + 1] * widths[l + 2] * weight_variance[l + 1] * slope
    return q, g


# %% wrong: variance after the activation instead of the second moment


def predict_layers(activation, widths, weight_variance, bias_variance, input_square):
    depth = len(weight_variance)
    q, g, kept = np.empty(depth), np.ones(depth), input_square
    for l in range(depth):
        q[l] = widths[l] * weight_variance[l] * kept + bias_variance[l]
        kept = moments.variance(activation, q[l])
    for l in range(depth - 2, -1, -1):
        slope = moments.derivative_second_moment(activation, q[l])
        g[l] = g[l + 1] * widths[l + 2] * weight_variance[l + 1] * slope
    return q, g


# %% wrong: an activation before the first layer


def predict_layers(activation, widths, weight_variance, bias_variance, input_square):
    depth = len(weight_variance)
    q, g, before = np.empty(depth), np.ones(depth), input_square
    for l in range(depth):
        kept = moments.second_moment(activation, before)
        q[l] = before = widths[l] * weight_variance[l] * kept + bias_variance[l]
    for l in range(depth - 2, -1, -1):
        slope = moments.derivative_second_moment(activation, q[l])
        g[l] = g[l + 1] * widths[l + 2] * weight_variance[l + 1] * slope
    return q, g


# %% wrong: the share is taken at q = 1 in every layer


def predict_layers(activation, widths, weight_variance, bias_variance, input_square):
    depth = len(weight_variance)
    share = moments.second_moment(activation, 1.0)
    slope = moments.derivative_second_moment(activation, 1.0)
    q, g, kept = np.empty(depth), np.ones(depth), input_square
    for l in range(depth):
        q[l] = widths[l] * weight_variance[l] * kept + bias_variance[l]
        kept = q[l] * share
    for l in range(depth - 2, -1, -1):
        g[l] = g[l + 1] * widths[l + 2] * weight_variance[l + 1] * slope
    return q, g


# %% wrong: the derivative not squared


def predict_layers(activation, widths, weight_variance, bias_variance, input_square):
    record = activations.get(activation)
    depth = len(weight_variance)
    q, g, kept = np.empty(depth), np.ones(depth), input_square
    for l in range(depth):
        q[l] = widths[l] * weight_variance[l] * kept + bias_variance[l]
        kept = moments.second_moment(activation, q[l])
    for l in range(depth - 2, -1, -1):
        slope = moments.expectation(record.derivative, q[l], kinks=record.kinks)
        g[l] = g[l + 1] * widths[l + 2] * weight_variance[l + 1] * slope
    return q, g


# %% wrong: the activation of the mean square


def predict_layers(activation, widths, weight_variance, bias_variance, input_square):
    record = activations.get(activation)
    depth = len(weight_variance)
    q, g, kept = np.empty(depth), np.ones(depth), input_square
    for l in range(depth):
        q[l] = widths[l] * weight_variance[l] * kept + bias_variance[l]
        kept = record(np.sqrt(q[l])) ** 2
    for l in range(depth - 2, -1, -1):
        slope = record.derivative(np.sqrt(q[l])) ** 2
        g[l] = g[l + 1] * widths[l + 2] * weight_variance[l + 1] * slope
    return q, g


# %% wrong: factors instead of what they multiply up to


def predict_layers(activation, widths, weight_variance, bias_variance, input_square):
    depth = len(weight_variance)
    q, g, kept = np.empty(depth), np.ones(depth), input_square
    for l in range(depth):
        q[l] = widths[l] * weight_variance[l] * kept + bias_variance[l]
        kept = moments.second_moment(activation, q[l])
    for l in range(depth - 2, -1, -1):
        slope = moments.derivative_second_moment(activation, q[l])
        g[l] = widths[l + 2] * weight_variance[l + 1] * slope
    return q, g


# %% wrong: for tanh only


def predict_layers(activation, widths, weight_variance, bias_variance, input_square):
    depth = len(weight_variance)
    q, g, kept = np.empty(depth), np.ones(depth), input_square
    for l in range(depth):
        q[l] = widths[l] * weight_variance[l] * kept + bias_variance[l]
        kept = moments.second_moment("tanh", q[l])
    for l in range(depth - 2, -1, -1):
        slope = moments.derivative_second_moment("tanh", q[l])
        g[l] = g[l + 1] * widths[l + 2] * weight_variance[l + 1] * slope
    return q, g


# %% wrong: netinit does the work


def predict_layers(activation, widths, weight_variance, bias_variance, input_square):
    found = propagation.predict(
        activation,
        widths=widths,
        weight_variance=weight_variance,
        bias_variance=bias_variance,
        x=np.full((1, widths[0]), input_square**0.5),
    )
    return found.preactivation_second_moment, found.gradient_second_moment


# %% wrong: one network is drawn and measured


def predict_layers(activation, widths, weight_variance, bias_variance, input_square):
    rng = np.random.default_rng(0)
    shapes = zip(widths[1:], widths[:-1])
    weights = [v**0.5 * rng.standard_normal(s) for v, s in zip(weight_variance, shapes)]
    biases = [v**0.5 * rng.standard_normal(n) for v, n in zip(bias_variance, widths[1:])]
    x = rng.choice([-1.0, 1.0], size=(16, widths[0])) * input_square**0.5
    seen = propagation.measure(netinit.MLP(weights, biases, activation), x, rng=rng)
    return seen.preactivations.second_moment, seen.gradient_second_moment


# %% task: diagnose
# %% right: a loop over the steps


def diagnose(signal, gradient, forward, backward):
    for i in range(len(forward)):
        up = signal[i + 1] / signal[i] / forward[i]
        down = gradient[i] / gradient[i + 1] / backward[i]
        bad_up, bad_down = not 0.2 < up < 5, not 0.2 < down < 5
        if bad_up and bad_down:
            return "weights", i + 2
        if bad_up:
            return "biases", i + 2
        if bad_down:
            return "derivative", i + 1
    return None


# %% right: the largest deviation of each direction, in decades


def diagnose(signal, gradient, forward, backward):
    up = np.abs(np.diff(np.log10(signal)) - np.log10(forward))
    down = np.abs(-np.diff(np.log10(gradient)) - np.log10(backward))
    i, j = up.argmax(), down.argmax()
    if up[i] < 0.5 and down[j] < 0.5:
        return None
    if up[i] < 0.5:
        return ("derivative", j + 1)
    return ("weights" if down[i] > 0.5 else "biases", i + 2)


# %% right: a table of both directions


def diagnose(signal, gradient, forward, backward):
    ratios = np.stack(
        [signal[1:] / (signal[:-1] * forward), gradient[:-1] / (gradient[1:] * backward)]
    )
    off = np.maximum(ratios, 1 / ratios) > 3
    if not np.any(off):
        return None
    step = int(np.flatnonzero(off.any(axis=0))[0]) + 1
    names = {(True, True): "weights", (True, False): "biases", (False, True): "derivative"}
    part = names[tuple(bool(each) for each in off[:, step - 1])]
    return part, step if part == "derivative" else step + 1


# %% wrong: the largest jump, without the prediction


def diagnose(signal, gradient, forward, backward):
    up = np.abs(np.log(signal[1:] / signal[:-1]))
    down = np.abs(np.log(gradient[:-1] / gradient[1:]))
    if max(up.max(), down.max()) < np.log(4):
        return None
    step = int(np.argmax(np.maximum(up, down)))
    if up[step] < np.log(4):
        return "derivative", step + 1
    return ("weights" if down[step] > np.log(4) else "biases"), step + 2


# %% wrong: sizes compared with predicted sizes, not factors


def diagnose(signal, gradient, forward, backward):
    expected_up = signal[0] * np.append(1, np.cumprod(forward))
    expected_down = gradient[-1] * np.append(np.cumprod(backward[::-1])[::-1], 1)
    up = np.abs(np.log(signal / expected_up)) > np.log(4)
    down = np.abs(np.log(gradient / expected_down)) > np.log(4)
    if up.any():
        first = int(np.argmax(up))
        return ("weights" if down[:first].any() else "biases"), first + 1
    if down.any():
        return "derivative", int(np.flatnonzero(down)[-1]) + 1
    return None


# %% wrong: the layer below for weights and biases


def diagnose(signal, gradient, forward, backward):
    up = np.abs(np.log(signal[1:] / signal[:-1] / forward)) > np.log(4)
    down = np.abs(np.log(gradient[:-1] / gradient[1:] / backward)) > np.log(4)
    if not (up | down).any():
        return None
    step = int(np.argmax(up | down)) + 1
    if not up[step - 1]:
        return "derivative", step
    return ("weights" if down[step - 1] else "biases"), step


# %% wrong: the layer above for the derivative


def diagnose(signal, gradient, forward, backward):
    up = np.abs(np.log(signal[1:] / signal[:-1] / forward)) > np.log(4)
    down = np.abs(np.log(gradient[:-1] / gradient[1:] / backward)) > np.log(4)
    if not (up | down).any():
        return None
    step = int(np.argmax(up | down)) + 1
    if not up[step - 1]:
        return "derivative", step + 1
    return ("weights" if down[step - 1] else "biases"), step + 1


# %% wrong: layers numbered from 0


def diagnose(signal, gradient, forward, backward):
    up = np.abs(np.log(signal[1:] / signal[:-1] / forward)) > np.log(4)
    down = np.abs(np.log(gradient[:-1] / gradient[1:] / backward)) > np.log(4)
    if not (up | down).any():
        return None
    step = int(np.argmax(up | down))
    if not up[step]:
        return "derivative", step
    return ("weights" if down[step] else "biases"), step + 1


# %% wrong: the forward direction alone


def diagnose(signal, gradient, forward, backward):
    up = np.abs(np.log(signal[1:] / signal[:-1] / forward)) > np.log(4)
    return ("weights", int(np.argmax(up)) + 2) if up.any() else None


# %% wrong: too large factors only


def diagnose(signal, gradient, forward, backward):
    up = signal[1:] / signal[:-1] / forward > 4
    down = gradient[:-1] / gradient[1:] / backward > 4
    if not (up | down).any():
        return None
    step = int(np.argmax(up | down)) + 1
    if not up[step - 1]:
        return "derivative", step
    return ("weights" if down[step - 1] else "biases"), step + 1


# %% wrong: always finds something


def diagnose(signal, gradient, forward, backward):
    up = np.abs(np.log(signal[1:] / signal[:-1] / forward))
    down = np.abs(np.log(gradient[:-1] / gradient[1:] / backward))
    step = int(np.argmax(np.maximum(up, down)))
    if up[step] < np.log(4):
        return "derivative", step + 1
    return ("weights" if down[step] > np.log(4) else "biases"), step + 2


# %% wrong: a threshold that chance passes


def diagnose(signal, gradient, forward, backward):
    up = np.abs(np.log(signal[1:] / signal[:-1] / forward)) > np.log(1.4)
    down = np.abs(np.log(gradient[:-1] / gradient[1:] / backward)) > np.log(1.4)
    if not (up | down).any():
        return None
    step = int(np.argmax(up | down)) + 1
    if not up[step - 1]:
        return "derivative", step
    return ("weights" if down[step - 1] else "biases"), step + 1


# %% wrong: gradient factors read upward


def diagnose(signal, gradient, forward, backward):
    up = np.abs(np.log(signal[1:] / signal[:-1] / forward)) > np.log(4)
    down = np.abs(np.log(gradient[1:] / gradient[:-1] / backward)) > np.log(4)
    if not (up | down).any():
        return None
    step = int(np.argmax(up | down)) + 1
    if not up[step - 1]:
        return "derivative", step
    return ("weights" if down[step - 1] else "biases"), step + 1


# %% wrong: biases and derivative exchanged


def diagnose(signal, gradient, forward, backward):
    up = np.abs(np.log(signal[1:] / signal[:-1] / forward)) > np.log(4)
    down = np.abs(np.log(gradient[:-1] / gradient[1:] / backward)) > np.log(4)
    if not (up | down).any():
        return None
    step = int(np.argmax(up | down)) + 1
    if not up[step - 1]:
        return "biases", step + 1
    return ("weights", step + 1) if down[step - 1] else ("derivative", step)


# %% wrong: differences instead of ratios


def diagnose(signal, gradient, forward, backward):
    up = np.abs(signal[1:] / signal[:-1] - forward) > 3
    down = np.abs(gradient[:-1] / gradient[1:] - backward) > 3
    if not (up | down).any():
        return None
    step = int(np.argmax(up | down)) + 1
    if not up[step - 1]:
        return "derivative", step
    return ("weights" if down[step - 1] else "biases"), step + 1


# %% wrong: the answers for the four reports


def diagnose(signal, gradient, forward, backward):
    known = {0.024: ("weights", 6), 0.023: ("biases", 3)}
    if gradient[0] < 1e-4:
        return "derivative", 8
    return known.get(signal[0])


# %% wrong: a list


def diagnose(signal, gradient, forward, backward):
    up = np.abs(np.log(signal[1:] / signal[:-1] / forward)) > np.log(4)
    down = np.abs(np.log(gradient[:-1] / gradient[1:] / backward)) > np.log(4)
    if not (up | down).any():
        return None
    step = int(np.argmax(up | down)) + 1
    if not up[step - 1]:
        return ["derivative", step]
    return ["weights" if down[step - 1] else "biases", step + 1]
