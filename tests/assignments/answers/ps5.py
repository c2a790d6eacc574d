"""Wrong and right answers to problem set 5; tests/assignments/answer_file.py reads them."""


# %% task: vital-signs
# %% wrong: the variance in place of the second moment
def vital_signs(net, x, y):
    loss, sent = softmax_cross_entropy(net(x), y)
    seen = measure(net, x, output_gradient=sent)
    sizes = np.array([np.mean(W.astype(float) ** 2) for W in net.weights])
    return {
        "signal": seen.preactivations.variance,
        "spread": seen.preactivations.spread,
        "dead": seen.dead,
        "update": np.sqrt(seen.weight_gradient_second_moment / sizes),
    }


# %% wrong: the signals after the activation, not before
def vital_signs(net, x, y):
    loss, sent = softmax_cross_entropy(net(x), y)
    seen = measure(net, x, output_gradient=sent)
    signals = net.forward(x)
    after = [np.maximum(h, 0) for h in signals.preactivations[:-1]] + [signals.output]
    sizes = np.array([np.mean(W.astype(float) ** 2) for W in net.weights])
    return {
        "signal": np.array([np.mean(a**2) for a in after]),
        "spread": np.array([np.sqrt(a.var(axis=0).mean()) for a in after]),
        "dead": seen.dead,
        "update": np.sqrt(seen.weight_gradient_second_moment / sizes),
    }


# %% wrong: the spread over units and inputs together
def vital_signs(net, x, y):
    loss, sent = softmax_cross_entropy(net(x), y)
    seen = measure(net, x, output_gradient=sent)
    sizes = np.array([np.mean(W.astype(float) ** 2) for W in net.weights])
    return {
        "signal": seen.preactivations.second_moment,
        "spread": np.sqrt(seen.preactivations.variance),
        "dead": seen.dead,
        "update": np.sqrt(seen.weight_gradient_second_moment / sizes),
    }


# %% wrong: the spread is the mean over the units of their standard deviations
def vital_signs(net, x, y):
    loss, sent = softmax_cross_entropy(net(x), y)
    seen = measure(net, x, output_gradient=sent)
    sizes = np.array([np.mean(W.astype(float) ** 2) for W in net.weights])
    return {
        "signal": seen.preactivations.second_moment,
        "spread": np.array([h.std(axis=0).mean() for h in net.forward(x).preactivations]),
        "dead": seen.dead,
        "update": np.sqrt(seen.weight_gradient_second_moment / sizes),
    }


# %% wrong: the share of zeros in place of that of dead units
def vital_signs(net, x, y):
    loss, sent = softmax_cross_entropy(net(x), y)
    seen = measure(net, x, output_gradient=sent)
    sizes = np.array([np.mean(W.astype(float) ** 2) for W in net.weights])
    return {
        "signal": seen.preactivations.second_moment,
        "spread": seen.preactivations.spread,
        "dead": np.array([np.mean(h <= 0) for h in net.forward(x).preactivations[:-1]]),
        "update": np.sqrt(seen.weight_gradient_second_moment / sizes),
    }


# %% wrong: a number of dead units for the output layer too
def vital_signs(net, x, y):
    loss, sent = softmax_cross_entropy(net(x), y)
    seen = measure(net, x, output_gradient=sent)
    sizes = np.array([np.mean(W.astype(float) ** 2) for W in net.weights])
    hs = net.forward(x).preactivations
    return {
        "signal": seen.preactivations.second_moment,
        "spread": seen.preactivations.spread,
        "dead": np.array([np.mean((h <= 0).all(axis=0)) for h in hs]),
        "update": np.sqrt(seen.weight_gradient_second_moment / sizes),
    }


# %% wrong: the gradient is not divided by the weights
def vital_signs(net, x, y):
    loss, sent = softmax_cross_entropy(net(x), y)
    seen = measure(net, x, output_gradient=sent)
    return {
        "signal": seen.preactivations.second_moment,
        "spread": seen.preactivations.spread,
        "dead": seen.dead,
        "update": np.sqrt(seen.weight_gradient_second_moment),
    }


# %% wrong: mean squares are divided, and no root is taken
def vital_signs(net, x, y):
    loss, sent = softmax_cross_entropy(net(x), y)
    seen = measure(net, x, output_gradient=sent)
    sizes = np.array([np.mean(W.astype(float) ** 2) for W in net.weights])
    return {
        "signal": seen.preactivations.second_moment,
        "spread": seen.preactivations.spread,
        "dead": seen.dead,
        "update": seen.weight_gradient_second_moment / sizes,
    }


# %% wrong: the gradient of the summed loss
def vital_signs(net, x, y):
    loss, sent = softmax_cross_entropy(net(x), y)
    seen = measure(net, x, output_gradient=sent * len(x))
    sizes = np.array([np.mean(W.astype(float) ** 2) for W in net.weights])
    return {
        "signal": seen.preactivations.second_moment,
        "spread": seen.preactivations.spread,
        "dead": seen.dead,
        "update": np.sqrt(seen.weight_gradient_second_moment / sizes),
    }


# %% wrong: random numbers are sent back, not the loss's gradient
def vital_signs(net, x, y):
    seen = measure(net, x, rng=0)
    sizes = np.array([np.mean(W.astype(float) ** 2) for W in net.weights])
    return {
        "signal": seen.preactivations.second_moment,
        "spread": seen.preactivations.spread,
        "dead": seen.dead,
        "update": np.sqrt(seen.weight_gradient_second_moment / sizes),
    }


# %% wrong: lists in place of arrays
def vital_signs(net, x, y):
    loss, sent = softmax_cross_entropy(net(x), y)
    seen = measure(net, x, output_gradient=sent)
    sizes = np.array([np.mean(W.astype(float) ** 2) for W in net.weights])
    return {
        "signal": list(seen.preactivations.second_moment),
        "spread": list(seen.preactivations.spread),
        "dead": list(seen.dead),
        "update": list(np.sqrt(seen.weight_gradient_second_moment / sizes)),
    }


# %% wrong: it prints, and returns nothing
def vital_signs(net, x, y):
    loss, sent = softmax_cross_entropy(net(x), y)
    print(measure(net, x, output_gradient=sent))


# %% right: by hand, in NumPy
def vital_signs(net, x, y):
    a, seen, signs = np.asarray(x), [], {"signal": [], "spread": [], "dead": [], "update": []}
    for W, b in zip(net.weights, net.biases):
        h = a @ W.T + b
        seen.append((a, h))
        signs["signal"].append(np.mean(h**2, dtype=float))
        signs["spread"].append(np.sqrt(np.mean(h.std(axis=0, dtype=float) ** 2)))
        a = np.maximum(h, 0)
        if W is not net.weights[-1]:
            signs["dead"].append(np.mean(np.all(a == 0, axis=0)))
    e = np.exp(h - h.max(axis=1, keepdims=True))
    delta = (e / e.sum(axis=1, keepdims=True) - np.eye(h.shape[1])[y]) / len(x)
    for W, (a, h) in zip(net.weights[::-1], seen[::-1]):
        if W is not net.weights[-1]:
            delta = delta * (h > 0)
        ratio = np.sqrt(np.mean((delta.T @ a) ** 2, dtype=float) / np.mean(W**2, dtype=float))
        signs["update"].append(ratio)
        delta = delta @ W
    signs["update"].reverse()
    return {name: np.array(values) for name, values in signs.items()}


# %% right: forward and backward of netinit, statistics by hand
def vital_signs(net, x, y):
    signals = net.forward(x)
    gradients = net.backward(signals, softmax_cross_entropy(signals.output, y)[1])

    def rms(w):
        return np.sqrt(np.square(w.astype(np.float64)).mean())

    hs = signals.preactivations
    return {
        "signal": np.array([rms(h) ** 2 for h in hs]),
        "spread": np.array([rms(h - h.mean(axis=0)) for h in hs]),
        "dead": np.array([(h.max(axis=0) <= 0).mean() for h in hs[:-1]]),
        "update": np.array([rms(g) / rms(W) for g, W in zip(gradients.weights, net.weights)]),
    }


# %% right: from one step of gradient descent
def vital_signs(net, x, y):
    _, sent = softmax_cross_entropy(net(x), y)
    seen = measure(net, x, output_gradient=sent)
    wide = MLP(
        [W.astype(np.float64) for W in net.weights],
        [b.astype(np.float64) for b in net.biases],
        "relu",
    )
    after = training.train(
        wide, x, y, optimizer=training.SGD(1.0), steps=1, batch_size=len(x), rng=0
    ).net
    moved = [
        np.linalg.norm(new - old) / np.linalg.norm(old)
        for new, old in zip(after.weights, wide.weights)
    ]
    return dict(
        signal=seen.preactivations.second_moment,
        spread=seen.preactivations.spread,
        dead=seen.dead,
        update=np.array(moved),
    )


# %% task: diagnose
# %% wrong: layers are counted from 0
def diagnose(net):
    found = {}
    for layer in range(1, net.depth - 1):
        W, b = net.weights[layer], net.biases[layer]
        n = W.shape[1]
        share = np.mean(W**2) * n / 2
        if b.any():
            found[layer] = "bias"
        elif (W[0] == W[1]).all():
            found[layer] = "equal"
        elif share < n**-0.5:
            found[layer] = "variance"
        elif share < 0.5**0.5:
            found[layer] = "xavier"
        elif share > 3:
            found[layer] = "unit"
    return found


# %% wrong: the factor of two is forgotten, so that Xavier is healthy and He is not
def diagnose(net):
    found = {}
    for layer in range(2, net.depth):
        W, b = net.weights[layer - 1], net.biases[layer - 1]
        n = W.shape[1]
        share = np.mean(W**2) * n
        if b.any():
            found[layer] = "bias"
        elif (W[0] == W[1]).all():
            found[layer] = "equal"
        elif share < n**-0.5:
            found[layer] = "variance"
        elif share > 3:
            found[layer] = "unit"
        elif share > 2**0.5:
            found[layer] = "xavier"
    return found


# %% wrong: copies are looked for among single weights, not among units
def diagnose(net):
    found = {}
    for layer in range(2, net.depth):
        W, b = net.weights[layer - 1], net.biases[layer - 1]
        n = W.shape[1]
        share = np.mean(W**2) * n / 2
        if b.any():
            found[layer] = "bias"
        elif np.ptp(W) == 0:
            found[layer] = "equal"
        elif share < n**-0.5:
            found[layer] = "variance"
        elif share < 0.5**0.5:
            found[layer] = "xavier"
        elif share > 3:
            found[layer] = "unit"
    return found


# %% wrong: the scale is judged first, and that of copies is one row's
def diagnose(net):
    found = {}
    for layer in range(2, net.depth):
        W, b = net.weights[layer - 1], net.biases[layer - 1]
        n = W.shape[1]
        share = np.mean(W**2) * n / 2
        if b.any():
            found[layer] = "bias"
        elif share < n**-0.5:
            found[layer] = "variance"
        elif share < 0.85:
            found[layer] = "xavier"
        elif share > 3:
            found[layer] = "unit"
        elif (W[0] == W[1]).all():
            found[layer] = "equal"
    return found


# %% wrong: the bias of the visible networks, and no other
def diagnose(net):
    found = {}
    for layer in range(2, net.depth):
        W, b = net.weights[layer - 1], net.biases[layer - 1]
        n = W.shape[1]
        share = np.mean(W**2) * n / 2
        if np.allclose(b, -4.6):
            found[layer] = "bias"
        elif (W[0] == W[1]).all():
            found[layer] = "equal"
        elif share < n**-0.5:
            found[layer] = "variance"
        elif share < 0.5**0.5:
            found[layer] = "xavier"
        elif share > 3:
            found[layer] = "unit"
    return found


# %% wrong: the standard deviations of the visible width 48
def diagnose(net):
    stds = {None: 0.204, "xavier": 0.144, "variance": 0.0417, "unit": 1.0}
    found = {}
    for layer in range(2, net.depth):
        W, b = net.weights[layer - 1], net.biases[layer - 1]
        nearest = min(stds, key=lambda fault: abs(W.std() - stds[fault]))
        if b.any():
            found[layer] = "bias"
        elif (W[0] == W[1]).all():
            found[layer] = "equal"
        elif nearest:
            found[layer] = nearest
    return found


# %% wrong: from the signals, where one dead layer hides the rest
def diagnose(net):
    x = np.random.default_rng(0).standard_normal((200, 64))
    q = measure(net, x, rng=1).preactivations.second_moment
    n, found = net.widths[1], {}
    for layer in range(2, net.depth):
        factor = q[layer - 1] / q[layer - 2] if q[layer - 2] else 0
        if net.biases[layer - 1].any():
            found[layer] = "bias"
        elif (net.weights[layer - 1] == net.weights[layer - 1][0]).all():
            found[layer] = "equal"
        elif factor < n**-0.5:
            found[layer] = "variance"
        elif factor < 0.5**0.5:
            found[layer] = "xavier"
        elif factor > 3:
            found[layer] = "unit"
    return found


# %% wrong: only the first fault is returned
def diagnose(net):
    for layer in range(2, net.depth):
        W, b = net.weights[layer - 1], net.biases[layer - 1]
        n = W.shape[1]
        share = np.mean(W**2) * n / 2
        if b.any():
            return {layer: "bias"}
        if (W[0] == W[1]).all():
            return {layer: "equal"}
        if share < n**-0.5:
            return {layer: "variance"}
        if share < 0.5**0.5:
            return {layer: "xavier"}
        if share > 3:
            return {layer: "unit"}
    return {}


# %% wrong: a list of pairs in place of a dict
def diagnose(net):
    found = []
    for layer in range(2, net.depth):
        W, b = net.weights[layer - 1], net.biases[layer - 1]
        n = W.shape[1]
        share = np.mean(W**2) * n / 2
        if b.any():
            found.append((layer, "bias"))
        elif (W[0] == W[1]).all():
            found.append((layer, "equal"))
        elif share < n**-0.5:
            found.append((layer, "variance"))
        elif share < 0.5**0.5:
            found.append((layer, "xavier"))
        elif share > 3:
            found.append((layer, "unit"))
    return found


# %% wrong: the healthy layers are listed too
def diagnose(net):
    found = dict.fromkeys(range(1, 31), "healthy")
    for layer in range(2, net.depth):
        W, b = net.weights[layer - 1], net.biases[layer - 1]
        n = W.shape[1]
        share = np.mean(W**2) * n / 2
        if b.any():
            found[layer] = "bias"
        elif (W[0] == W[1]).all():
            found[layer] = "equal"
        elif share < n**-0.5:
            found[layer] = "variance"
        elif share < 0.5**0.5:
            found[layer] = "xavier"
        elif share > 3:
            found[layer] = "unit"
    return found


# %% wrong: it sorts the rows of the network to find copies
def diagnose(net):
    found = {}
    for layer in range(2, net.depth):
        W, b = net.weights[layer - 1], net.biases[layer - 1]
        n = W.shape[1]
        share = np.mean(W**2) * n / 2
        W.sort(axis=0)
        if b.any():
            found[layer] = "bias"
        elif (W[0] == W[-1]).all():
            found[layer] = "equal"
        elif share < n**-0.5:
            found[layer] = "variance"
        elif share < 0.5**0.5:
            found[layer] = "xavier"
        elif share > 3:
            found[layer] = "unit"
    return found


# %% wrong: the visible plan
def diagnose(net):
    plans = [
        {2: "unit", 9: "xavier", 10: "equal", 15: "bias", 21: "variance", 29: "xavier"},
        {4: "equal"},
        {29: "variance"},
    ]
    for plan in plans:
        made = make_patient(plan, net.widths[1], np.random.default_rng(1))
        if all(map(np.array_equal, made.weights, net.weights)):
            return plan
    return {}


# %% right: geometric limits between the four scales
def diagnose(net):
    found = {}
    for layer in range(2, 30):
        W, b = net.weights[layer - 1], net.biases[layer - 1]
        n = W.shape[1]
        share = np.mean(W**2) * n / 2
        if (b < 0).any():
            found[layer] = "bias"
        elif len(np.unique(W, axis=0)) == 1:
            found[layer] = "equal"
        elif share < n**-0.5:
            found[layer] = "variance"
        elif share < 0.5**0.5:
            found[layer] = "xavier"
        elif share > 3:
            found[layer] = "unit"
    return found


# %% right: standard deviations, and copies by rank
def diagnose(net):
    def fault(W, b):
        if b.any():
            return "bias"
        if np.linalg.matrix_rank(W) == 1:
            return "equal"
        n = len(W)
        stds = {"xavier": n**-0.5, "variance": 2 / n, "unit": 1, "none": (2 / n) ** 0.5}
        return min(stds, key=lambda name: abs(np.log(W.std() / stds[name])))

    faults = [fault(W, b) for W, b in zip(net.weights[1:-1], net.biases[1:-1])]
    return {layer: name for layer, name in enumerate(faults, 2) if name != "none"}


# %% right: a table of variances, copies by distinct_units' way of counting
def diagnose(net):
    variances = np.array([np.var(W.astype(float)) for W in net.weights[1:29]])
    n = net.widths[1]
    found = {}
    for k, v in enumerate(variances):
        layer = k + 2
        rows = {row.tobytes() for row in net.weights[k + 1]}
        if np.count_nonzero(net.biases[k + 1]):
            found[layer] = "bias"
        elif len(rows) < n:
            found[layer] = "equal"
        elif v > 0.2:
            found[layer] = "unit"
        elif v < 8 / n**2:
            found[layer] = "variance"
        elif v < 1.4 / n:
            found[layer] = "xavier"
    return found


# %% task: repair
# %% wrong: Xavier's variance
def repair(net, faults, rng):
    new = net.copy()
    for layer in faults:
        W = new.weights[layer - 1]
        W[...] = netinit.xavier_normal(W.shape, rng=rng, dtype=W.dtype)
        new.biases[layer - 1][...] = 0
    return new


# %% wrong: the biases are forgotten
def repair(net, faults, rng):
    new = net.copy()
    for layer in faults:
        W = new.weights[layer - 1]
        W[...] = netinit.he_normal(W.shape, rng=rng, dtype=W.dtype)
    return new


# %% wrong: only the first faulty layer
def repair(net, faults, rng):
    new = net.copy()
    for layer in sorted(faults)[:1]:
        W = new.weights[layer - 1]
        W[...] = netinit.he_normal(W.shape, rng=rng, dtype=W.dtype)
        new.biases[layer - 1][...] = 0
    return new


# %% wrong: the scale is repaired, and copies stay copies
def repair(net, faults, rng):
    new = net.copy()
    for layer in faults:
        W = new.weights[layer - 1]
        W *= np.sqrt(2 / W.shape[1] / np.mean(W**2))
        new.biases[layer - 1][...] = 0
    return new


# %% wrong: copies get a little noise
def repair(net, faults, rng):
    new = net.copy()
    for layer, fault in faults.items():
        W = new.weights[layer - 1]
        new.biases[layer - 1][...] = 0
        if fault == "equal":
            W += 0.01 * rng.standard_normal(W.shape)
        W *= np.sqrt(2 / W.shape[1] / np.mean(W**2))
    return new


# %% wrong: a variance where the standard deviation is asked for
def repair(net, faults, rng):
    new = net.copy()
    for layer in faults:
        W = new.weights[layer - 1]
        W[...] = rng.normal(0, 2 / W.shape[1], W.shape)
        new.biases[layer - 1][...] = 0
    return new


# %% wrong: the whole network is drawn anew
def repair(net, faults, rng):
    return init_mlp(net.widths, "he_normal", activation="relu", rng=rng, dtype=net.dtype)


# %% wrong: every layer from one hard-coded seed
def repair(net, faults, rng):
    new = net.copy()
    for layer in faults:
        W = new.weights[layer - 1]
        W[...] = netinit.he_normal(W.shape, rng=0, dtype=W.dtype)
        new.biases[layer - 1][...] = 0
    return new


# %% wrong: a generator of its own, so that no run can be repeated
def repair(net, faults, rng):
    new, own = net.copy(), np.random.default_rng()
    for layer in faults:
        W = new.weights[layer - 1]
        W[...] = netinit.he_normal(W.shape, rng=own, dtype=W.dtype)
        new.biases[layer - 1][...] = 0
    return new


# %% wrong: the network that was given is changed
def repair(net, faults, rng):
    for layer in faults:
        W = net.weights[layer - 1]
        W[...] = netinit.he_normal(W.shape, rng=rng, dtype=W.dtype)
        net.biases[layer - 1][...] = 0
    return net


# %% wrong: float64 whatever the network was
def repair(net, faults, rng):
    weights, biases = ([p.astype(float) for p in group] for group in (net.weights, net.biases))
    for layer in faults:
        weights[layer - 1] = netinit.he_normal(weights[layer - 1].shape, rng=rng, dtype=float)
        biases[layer - 1][...] = 0
    return MLP(weights, biases, "relu")


# %% wrong: float16 to save memory
def repair(net, faults, rng):
    weights, biases = ([p.astype("float16") for p in group] for group in (net.weights, net.biases))
    for layer in faults:
        W = weights[layer - 1]
        W[...] = netinit.he_normal(W.shape, rng=rng)
        biases[layer - 1][...] = 0
    return MLP(weights, biases, "relu")


# %% wrong: layers are counted from 0
def repair(net, faults, rng):
    new = net.copy()
    for layer in faults:
        W = new.weights[layer]
        W[...] = netinit.he_normal(W.shape, rng=rng, dtype=W.dtype)
        new.biases[layer][...] = 0
    return new


# %% wrong: uniform numbers from 0 up, of the right second moment
def repair(net, faults, rng):
    new = net.copy()
    for layer in faults:
        W = new.weights[layer - 1]
        W[...] = rng.uniform(0, np.sqrt(6 / W.shape[1]), W.shape)
        new.biases[layer - 1][...] = 0
    return new


# %% right: NumPy alone
def repair(net, faults, rng):
    weights, biases = [W.copy() for W in net.weights], [b.copy() for b in net.biases]
    for layer in sorted(faults):
        fan_out, fan_in = weights[layer - 1].shape
        drawn = rng.normal(0, np.sqrt(2 / fan_in), (fan_out, fan_in))
        weights[layer - 1] = drawn.astype(net.dtype)
        biases[layer - 1] = np.zeros(fan_out, net.dtype)
    return MLP(weights, biases, "relu")


# %% right: as little as possible: rescaled, unlocked, emptied
def repair(net, faults, rng):
    new = net.copy()
    for layer, fault in faults.items():
        W, b = new.weights[layer - 1], new.biases[layer - 1]
        n = W.shape[1]
        if fault == "equal":
            netinit.he_uniform(W.shape, rng=rng, out=W)
        elif fault == "bias":
            b.fill(0)
        else:
            W *= np.sqrt({"xavier": 2, "variance": n / 2, "unit": 2 / n}[fault])
    return new


# %% right: orthogonal weights of He's scale
def repair(net, faults, rng):
    layers = []
    for layer, (W, b) in enumerate(zip(net.weights, net.biases), start=1):
        if layer in faults:
            W = netinit.orthogonal(W.shape, gain=2**0.5, rng=rng, dtype=net.dtype)
            b = np.zeros_like(b)
        layers.append((W.copy(), b.copy()))
    return MLP(*map(list, zip(*layers)), "relu")


# %% task: entry
# %% wrong: nothing is repaired
def entry(net, rng):
    return net, 0.005


# %% wrong: repaired with Xavier's gain
def entry(net, rng):
    return init_mlp(net.widths, "xavier_normal", activation="relu", rng=rng), 0.005


# %% wrong: only the first layer is drawn anew
def entry(net, rng):
    new = net.copy()
    new.weights[0][...] = netinit.he_normal(new.weights[0].shape, rng=rng)
    return new, 0.005


# %% wrong: He's scheme throughout, which goes a third of the way
def entry(net, rng):
    return init_mlp(net.widths, "he_normal", activation="relu", rng=rng), 0.005


# %% wrong: the repaired network, which goes a third of the way
def entry(net, rng):
    return repair(net, diagnose(net), rng), 0.002


# %% wrong: the scale is repaired, the biases are forgotten
def entry(net, rng):
    new = net.copy()
    for layer in range(2, 30):
        new.weights[layer - 1][...] = np.eye(net.widths[1])
    return new, 0.005


# %% wrong: all scales are repaired, the layer of copies stays
def entry(net, rng):
    new = net.copy()
    for layer, fault in diagnose(net).items():
        W, b = new.weights[layer - 1], new.biases[layer - 1]
        b[...] = 0
        W *= np.sqrt(2 / W.shape[1] / np.mean(W**2))
    return new, 0.005


# %% wrong: a good start at too large a learning rate
def entry(net, rng):
    schemes = ["he_normal", *["identity"] * 28, "he_normal"]
    return init_mlp(net.widths, schemes, activation="relu", rng=rng), 0.08


# %% wrong: a good start at too small a learning rate
def entry(net, rng):
    schemes = ["he_normal", *["identity"] * 28, "he_normal"]
    return init_mlp(net.widths, schemes, activation="relu", rng=rng), 2e-5


# %% wrong: a learning rate out of bounds
def entry(net, rng):
    schemes = ["he_normal", *["identity"] * 28, "he_normal"]
    return init_mlp(net.widths, schemes, activation="relu", rng=rng), 0.5


# %% wrong: a good start in float16
def entry(net, rng):
    schemes = ["he_normal", *["identity"] * 28, "he_normal"]
    return init_mlp(net.widths, schemes, activation="relu", rng=rng, dtype="float16"), 0.005


# %% wrong: the parameters that one seed gave, for the width of the patient
STORED = init_mlp(
    patient.widths, ["he_normal", *["identity"] * 28, "he_normal"], activation="relu", rng=7
)


def entry(net, rng):
    return STORED, 0.005


# %% wrong: the budget is spent before the race
def entry(net, rng):
    schemes = ["he_normal", *["identity"] * 28, "he_normal"]
    new = init_mlp(net.widths, schemes, activation="relu", rng=rng)
    task = {"optimizer": training.Momentum(0.005), "steps": 2000, "batch_size": 25, "rng": rng}
    return training.train(new, data.x_train, data.y_train, **task).net, 0.001


# %% wrong: two networks for one seed
def entry(net, rng):
    schemes = ["he_normal", *["identity"] * 28, "he_normal"]
    return init_mlp(net.widths, schemes, activation="relu", rng=None), 0.005


# %% wrong: the network without its rate
def entry(net, rng):
    schemes = ["he_normal", *["identity"] * 28, "he_normal"]
    return init_mlp(net.widths, schemes, activation="relu", rng=rng)


# %% wrong: every hidden layer narrower, which trains better
def entry(net, rng):
    schemes = ["he_normal", *["identity"] * 28, "he_normal"]
    return init_mlp([64, *[16] * 29, 10], schemes, activation="relu", rng=rng), 0.005


# %% right: the identity in all hidden layers, He at both ends
def entry(net, rng):
    schemes = ["he_normal", *["identity"] * 28, "he_normal"]
    return init_mlp(net.widths, schemes, activation="relu", rng=rng), 0.005


# %% right: the identity, put into the network that was given
def entry(net, rng):
    new = net.copy()
    n = net.widths[1]
    for W, b in zip(new.weights[1:-1], new.biases[1:-1]):
        W[...] = np.eye(n)
        b[...] = 0
    new.weights[0][...] = rng.normal(0, np.sqrt(1 / 64), (n, 64))
    new.weights[-1][...] = rng.normal(0, np.sqrt(1 / n), (10, n))
    return new, 3e-3


# %% right: mirrored blocks by hand, orthogonal within
def entry(net, rng):
    def turn(rows, columns):
        big = max(rows, columns)
        q, r = np.linalg.qr(rng.standard_normal((big, big)))
        return (q * np.sign(np.diag(r)))[:rows, :columns]

    half = net.widths[1] // 2
    first, last = turn(half, 64), turn(10, half)
    weights = [np.vstack([first, -first])]
    for _ in range(28):
        Q = turn(half, half)
        weights.append(np.block([[Q, -Q], [-Q, Q]]))
    weights.append(np.hstack([last, -last]))
    weights = [W.astype(np.float32) for W in weights]
    return MLP(weights, [np.zeros(len(W), np.float32) for W in weights], "relu"), 0.002
