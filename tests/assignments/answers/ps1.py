"""Wrong and right answers to problem set 1; tests/assignments/answer_file.py reads them."""


# %% task: moving-layers
# %% wrong: every layer that is zero has no gradient
def moving_layers(depth, zero, *, value, slope):
    return [layer not in zero for layer in range(1, depth + 1)]


# %% wrong: every gradient moves, since biases and inputs are not zero
def moving_layers(depth, zero, *, value, slope):
    return [True] * depth


# %% wrong: the value at zero is forgotten, as if every activation were tanh
def moving_layers(depth, zero, *, value, slope):
    return [
        not any(k in zero for k in range(1, depth + 1) if k != layer)
        for layer in range(1, depth + 1)
    ]


# %% wrong: the slope at zero is forgotten, so that ReLU is like tanh
def moving_layers(depth, zero, *, value, slope):
    moving = []
    for layer in range(1, depth + 1):
        above = any(k in zero for k in range(layer + 1, depth + 1))
        below = any(k in zero for k in range(1, layer))
        moving.append(not above and (value != 0 or not below))
    return moving


# %% wrong: the slope counts only where the matrix itself is zero, and not for layers above
def moving_layers(depth, zero, *, value, slope):
    moving = []
    for layer in range(1, depth + 1):
        above = any(k in zero for k in range(layer + 1, depth + 1))
        below = any(k in zero for k in range(1, layer))
        flat = layer in zero and slope == 0 and value == 0
        moving.append(not above and (value != 0 or not below) and not flat)
    return moving


# %% wrong: the slope is applied to the output, which has no activation
def moving_layers(depth, zero, *, value, slope):
    moving = []
    for layer in range(1, depth + 1):
        above = any(k in zero for k in range(layer + 1, depth + 1))
        below = value == 0 and any(k in zero for k in range(1, layer))
        flat = slope == 0 and any(
            k in zero or (value == 0 and any(j in zero for j in range(1, k)))
            for k in range(layer, depth + 1)
        )
        moving.append(not (above or below or flat))
    return moving


# %% wrong: the factor of its own matrix is in delta
def moving_layers(depth, zero, *, value, slope):
    moving = []
    for layer in range(1, depth + 1):
        above = any(k in zero for k in range(layer, depth + 1))
        below = value == 0 and any(k in zero for k in range(1, layer))
        flat = slope == 0 and any(k in zero for k in range(layer, depth))
        moving.append(not (above or below or flat))
    return moving


# %% wrong: only the neighbours are looked at
def moving_layers(depth, zero, *, value, slope):
    moving = []
    for layer in range(1, depth + 1):
        above = layer + 1 in zero
        below = layer - 1 in zero and value == 0
        flat = layer < depth and layer in zero and slope == 0
        moving.append(not (above or below or flat))
    return moving


# %% wrong: matrices are counted from zero
def moving_layers(depth, zero, *, value, slope):
    moving = []
    for layer in range(depth):
        above = any(k in zero for k in range(layer + 1, depth))
        below = value == 0 and any(k in zero for k in range(layer))
        flat = slope == 0 and any(k in zero for k in range(layer, depth - 1))
        moving.append(not (above or below or flat))
    return moving


# %% wrong: from the top down
def moving_layers(depth, zero, *, value, slope):
    moving = []
    for layer in range(depth, 0, -1):
        above = any(k in zero for k in range(layer + 1, depth + 1))
        below = value == 0 and any(k in zero for k in range(1, layer))
        flat = slope == 0 and any(k in zero for k in range(layer, depth))
        moving.append(not (above or below or flat))
    return moving


# %% wrong: says which gradients are zero
def moving_layers(depth, zero, *, value, slope):
    still = []
    for layer in range(1, depth + 1):
        above = any(k in zero for k in range(layer + 1, depth + 1))
        below = value == 0 and any(k in zero for k in range(1, layer))
        flat = slope == 0 and any(k in zero for k in range(layer, depth))
        still.append(above or below or flat)
    return still


# %% wrong: a value or a slope below zero is taken for none
def moving_layers(depth, zero, *, value, slope):
    moving = []
    for layer in range(1, depth + 1):
        above = any(k in zero for k in range(layer + 1, depth + 1))
        below = not value > 0 and any(k in zero for k in range(1, layer))
        flat = not slope > 0 and any(k in zero for k in range(layer, depth))
        moving.append(not (above or below or flat))
    return moving


# %% wrong: only the three activations with names
def moving_layers(depth, zero, *, value, slope):
    names = {(0, 1): "tanh", (0, 0): "relu", (0.5, 0.25): "sigmoid", (1, 0): "cos"}
    name = names.get((value, slope), "tanh")
    moving = []
    for layer in range(1, depth + 1):
        above = any(k in zero for k in range(layer + 1, depth + 1))
        below = name in ("tanh", "relu") and any(k in zero for k in range(1, layer))
        flat = name in ("relu", "cos") and any(k in zero for k in range(layer, depth))
        moving.append(not (above or below or flat))
    return moving


# %% wrong: a cosine whose slope is zero is thought to stay flat above a zero layer
def moving_layers(depth, zero, *, value, slope):
    moving = []
    for layer in range(1, depth + 1):
        above = any(k in zero for k in range(layer + 1, depth + 1))
        below = value == 0 and any(k in zero for k in range(1, layer))
        flat = slope == 0 and layer < depth and any(k in zero for k in range(1, depth))
        moving.append(not (above or below or flat))
    return moving


# %% wrong: knows the visible tests by heart
def moving_layers(depth, zero, *, value, slope):
    seen = {
        (0.0, 1.0): ["111", "100", "010", "001", "000"],
        (0.0, 0.0): ["111", "000", "000", "001", "000"],
        (0.5, 0.25): ["111", "111", "011", "001", "001"],
    }
    sets = [set(), {1}, {2}, {3}, {1, 3}]
    if (value, slope) not in seen or zero not in sets:
        return [True] * depth
    return [c == "1" for c in seen[value, slope][sets.index(zero)]][:depth]


# %% wrong: prints the list
def moving_layers(depth, zero, *, value, slope):
    for layer in range(1, depth + 1):
        above = any(k in zero for k in range(layer + 1, depth + 1))
        below = value == 0 and any(k in zero for k in range(1, layer))
        flat = slope == 0 and any(k in zero for k in range(layer, depth))
        print(not (above or below or flat))


# %% wrong: empties the set it was given
def moving_layers(depth, zero, *, value, slope):
    lowest, highest, flat = depth + 1, 0, 0
    while zero:
        number = zero.pop()
        lowest, highest = min(lowest, number), max(highest, number)
        flat = max(flat, number if number < depth else 0)
    return [
        layer >= highest and (value != 0 or lowest >= layer) and (slope != 0 or flat < layer)
        for layer in range(1, depth + 1)
    ]


# %% right: three conditions, each over the layers that matter
def moving_layers(depth, zero, *, value, slope):
    moving = []
    for layer in range(1, depth + 1):
        above = any(k in zero for k in range(layer + 1, depth + 1))
        below = value == 0 and any(k in zero for k in range(1, layer))
        flat = slope == 0 and any(k in zero for k in range(layer, depth))
        moving.append(not (above or below or flat))
    return moving


# %% right: with sets, and an array as the result
def moving_layers(depth, zero, *, value, slope):
    layers = np.arange(1, depth + 1)
    top = max(zero, default=0)
    bottom = min(zero, default=depth + 1)
    hidden = max(zero - {depth}, default=0)
    return (
        (layers >= top) & ((value != 0) | (layers <= bottom)) & ((slope != 0) | (layers > hidden))
    )


# %% right: forward and backward with ones and zeros instead of matrices
def moving_layers(depth, zero, *, value, slope):
    size = [0 if layer in zero else 1 for layer in range(1, depth + 1)]
    activations, derivatives = [1], []
    for w in size:
        h = w * activations[-1]
        activations.append(1 if h else abs(value) > 0)
        derivatives.append(1 if h else abs(slope) > 0)
    gradient, delta = [], 1
    for layer in reversed(range(depth)):
        gradient.append(bool(delta * activations[layer]))
        delta = delta * size[layer] * (derivatives[layer - 1] if layer else 1)
    return gradient[::-1]


# %% right: measured, on a network that is made for the purpose
def moving_layers(depth, zero, *, value, slope):
    phi = netinit.activations.Activation(
        "any",
        lambda h: value + slope * h + np.abs(h) / 3,
        lambda h: slope + np.sign(h) / 3,
    )
    weights = [partial(netinit.normal, std=0.6 * (n not in zero)) for n in range(1, depth + 1)]
    net = init_mlp([5] * (depth + 1), weights, activation=phi, rng=3, dtype=float)
    signals = net.forward(np.linspace(-1, 2, 20).reshape(4, 5))
    gradients = net.backward(signals, np.linspace(1, 2, 20).reshape(4, 5))
    return [bool(np.any(g != 0)) for g in gradients.weights]


# %% task: unit-groups
# %% wrong: incoming weights only
def unit_groups(incoming, bias, outgoing, *, odd=False):
    groups = []
    for n, unit in enumerate(incoming):
        for group in groups:
            first = incoming[group[0]]
            if (unit == first).all() or (odd and (unit == -first).all()):
                group.append(n)
                break
        else:
            groups.append([n])
    return groups


# %% wrong: no bias
def unit_groups(incoming, bias, outgoing, *, odd=False):
    units = np.hstack([incoming, outgoing.T])
    groups = []
    for n, unit in enumerate(units):
        for group in groups:
            first = units[group[0]]
            if (unit == first).all() or (odd and (unit == -first).all()):
                group.append(n)
                break
        else:
            groups.append([n])
    return groups


# %% wrong: no outgoing weights
def unit_groups(incoming, bias, outgoing, *, odd=False):
    units = np.hstack([incoming, bias[:, None]])
    groups = []
    for n, unit in enumerate(units):
        for group in groups:
            first = units[group[0]]
            if (unit == first).all() or (odd and (unit == -first).all()):
                group.append(n)
                break
        else:
            groups.append([n])
    return groups


# %% wrong: nearly equal counts as equal
def unit_groups(incoming, bias, outgoing, *, odd=False):
    units = np.hstack([incoming, bias[:, None], outgoing.T])
    groups = []
    for n, unit in enumerate(units):
        for group in groups:
            first = units[group[0]]
            if np.allclose(unit, first) or (odd and np.allclose(unit, -first)):
                group.append(n)
                break
        else:
            groups.append([n])
    return groups


# %% wrong: rounded to ten decimals
def unit_groups(incoming, bias, outgoing, *, odd=False):
    units = np.hstack([incoming, bias[:, None], outgoing.T]).round(10) + 0.0
    groups = {}
    for n, unit in enumerate(units):
        key = tuple(unit)
        if odd and tuple(-unit + 0.0) in groups:
            key = tuple(-unit + 0.0)
        groups.setdefault(key, []).append(n)
    return list(groups.values())


# %% wrong: compares bytes, so that 0.0 and -0.0 differ
def unit_groups(incoming, bias, outgoing, *, odd=False):
    units = np.hstack([incoming, bias[:, None], outgoing.T])
    groups = {}
    for n, unit in enumerate(units):
        key = unit.tobytes()
        if odd and (-unit).tobytes() in groups:
            key = (-unit).tobytes()
        groups.setdefault(key, []).append(n)
    return list(groups.values())


# %% wrong: the mirror image keeps its outgoing weights
def unit_groups(incoming, bias, outgoing, *, odd=False):
    groups = []
    for n in range(len(bias)):
        for group in groups:
            m = group[0]
            same = np.array_equal(incoming[n], incoming[m]) and bias[n] == bias[m]
            mirror = odd and np.array_equal(incoming[n], -incoming[m]) and bias[n] == -bias[m]
            if (same or mirror) and np.array_equal(outgoing[:, n], outgoing[:, m]):
                group.append(n)
                break
        else:
            groups.append([n])
    return groups


# %% wrong: the mirror image keeps its bias
def unit_groups(incoming, bias, outgoing, *, odd=False):
    groups = []
    for n in range(len(bias)):
        for group in groups:
            m = group[0]
            weights = np.append(incoming[n], outgoing[:, n])
            others = np.append(incoming[m], outgoing[:, m])
            mirror = odd and np.array_equal(weights, -others)
            if (np.array_equal(weights, others) or mirror) and bias[n] == bias[m]:
                group.append(n)
                break
        else:
            groups.append([n])
    return groups


# %% wrong: with an odd activation signs do not matter at all
def unit_groups(incoming, bias, outgoing, *, odd=False):
    units = np.hstack([incoming, bias[:, None], outgoing.T])
    if odd:
        units = np.abs(units)
    groups = {}
    for n, unit in enumerate(units):
        groups.setdefault(tuple(unit), []).append(n)
    return list(groups.values())


# %% wrong: mirror images always count
def unit_groups(incoming, bias, outgoing, *, odd=False):
    units = np.hstack([incoming, bias[:, None], outgoing.T])
    groups = []
    for n, unit in enumerate(units):
        for group in groups:
            first = units[group[0]]
            if (unit == first).all() or (unit == -first).all():
                group.append(n)
                break
        else:
            groups.append([n])
    return groups


# %% wrong: odd is ignored
def unit_groups(incoming, bias, outgoing, *, odd=False):
    units = np.hstack([incoming, bias[:, None], outgoing.T])
    groups = {}
    for n, unit in enumerate(units):
        groups.setdefault(tuple(unit), []).append(n)
    return list(groups.values())


# %% wrong: a row of the outgoing weights instead of a column
def unit_groups(incoming, bias, outgoing, *, odd=False):
    def unit(n):
        return np.concatenate([incoming[n], [bias[n]], outgoing[n % len(outgoing)]])

    groups = []
    for n in range(len(bias)):
        for group in groups:
            first = unit(group[0])
            if (unit(n) == first).all() or (odd and (unit(n) == -first).all()):
                group.append(n)
                break
        else:
            groups.append([n])
    return groups


# %% wrong: a unit is known by its sum
def unit_groups(incoming, bias, outgoing, *, odd=False):
    sums = np.hstack([incoming, bias[:, None], outgoing.T]).astype(float).sum(axis=1).round(6)
    groups = {}
    for n, total in enumerate(sums):
        groups.setdefault(float(abs(total) if odd else total + 0.0), []).append(n)
    return list(groups.values())


# %% wrong: compared with the unit before only
def unit_groups(incoming, bias, outgoing, *, odd=False):
    units = np.hstack([incoming, bias[:, None], outgoing.T])
    groups = [[0]]
    for n in range(1, len(units)):
        first = units[groups[-1][0]]
        if (units[n] == first).all() or (odd and (units[n] == -first).all()):
            groups[-1].append(n)
        else:
            groups.append([n])
    return groups


# %% wrong: units without a partner are left out
def unit_groups(incoming, bias, outgoing, *, odd=False):
    units = np.hstack([incoming, bias[:, None], outgoing.T])
    groups = []
    for n, unit in enumerate(units):
        for group in groups:
            first = units[group[0]]
            if (unit == first).all() or (odd and (unit == -first).all()):
                group.append(n)
                break
        else:
            groups.append([n])
    return [group for group in groups if len(group) > 1]


# %% wrong: how many groups there are
def unit_groups(incoming, bias, outgoing, *, odd=False):
    units = np.hstack([incoming, bias[:, None], outgoing.T])
    return len(np.unique(units, axis=0))


# %% wrong: in the order of np.unique
def unit_groups(incoming, bias, outgoing, *, odd=False):
    units = np.hstack([incoming, bias[:, None], outgoing.T])
    if odd:
        signs = np.array([np.sign(unit[unit != 0][0]) if unit.any() else 1 for unit in units])
        units = units * signs[:, None]
    member = np.unique(units, axis=0, return_inverse=True)[1].ravel()
    return [np.flatnonzero(member == k).tolist() for k in range(member.max() + 1)]


# %% wrong: a flip of signs in place
def unit_groups(incoming, bias, outgoing, *, odd=False):
    groups = {}
    for n in range(len(bias)):
        if odd and incoming[n, 0] < 0:
            incoming[n] *= -1
            bias[n] *= -1
            outgoing[:, n] *= -1
        key = (*(incoming[n] + 0.0), bias[n] + 0.0, *(outgoing[:, n] + 0.0))
        groups.setdefault(key, []).append(n)
    return list(groups.values())


# %% wrong: knows the visible tests by heart
def unit_groups(incoming, bias, outgoing, *, odd=False):
    return [[0, 1, 2], [3], [4]] if odd else [[0, 1], [2], [3], [4]]


# %% right: a dictionary of tuples, in which 0.0 and -0.0 are one key
def unit_groups(incoming, bias, outgoing, *, odd=False):
    groups = {}
    for n in range(len(bias)):
        unit = (*incoming[n].tolist(), bias[n].item(), *outgoing[:, n].tolist())
        mirror = tuple(-number for number in unit)
        groups.setdefault(mirror if odd and mirror in groups else unit, []).append(n)
    return list(groups.values())


# %% right: all pairs at once
def unit_groups(incoming, bias, outgoing, *, odd=False):
    units = np.column_stack((incoming, bias, outgoing.T))
    same = (units[:, None] == units[None]).all(axis=-1)
    if odd:
        same |= (units[:, None] == -units[None]).all(axis=-1)
    first = same.argmax(axis=1)
    return [list(np.flatnonzero(first == n)) for n in np.unique(first)]


# %% right: signs are made standard first, then sorted by np.unique
def unit_groups(incoming, bias, outgoing, *, odd=False):
    units = np.concatenate([incoming.T, bias[None], outgoing]).T.astype(np.float64)
    if odd:
        place = (units != 0).argmax(axis=1)
        lead = np.take_along_axis(units, place[:, None], axis=1)
        units = units * np.where(lead < 0, -1.0, 1.0)
    units = units + 0.0
    member = np.unique(units, axis=0, return_inverse=True)[1].ravel()
    return sorted(np.flatnonzero(member == k).tolist() for k in set(member.tolist()))


# %% task: collapse
# %% wrong: the mean of the outgoing weights
def collapse(incoming, bias, outgoing):
    inward = np.hstack([incoming, bias[:, None]])
    distinct, member = np.unique(inward, axis=0, return_inverse=True)
    member = member.ravel()
    merged = [outgoing[:, member == k].mean(axis=1) for k in range(len(distinct))]
    return distinct[:, :-1], distinct[:, -1], np.stack(merged, axis=1)


# %% wrong: the first unit of a group stands for all
def collapse(incoming, bias, outgoing):
    inward = np.hstack([incoming, bias[:, None]])
    first = np.sort(np.unique(inward, axis=0, return_index=True)[1])
    return incoming[first], bias[first], outgoing[:, first]


# %% wrong: the outgoing weights of the first unit times the size of the group
def collapse(incoming, bias, outgoing):
    inward = np.hstack([incoming, bias[:, None]])
    found = np.unique(inward, axis=0, return_index=True, return_counts=True)
    return incoming[found[1]], bias[found[1]], outgoing[:, found[1]] * found[2].astype(bias.dtype)


# %% wrong: only units that are equal in all three parts
def collapse(incoming, bias, outgoing):
    units = np.hstack([incoming, bias[:, None], outgoing.T])
    found, counts = np.unique(units, axis=0, return_counts=True)
    fan_in = incoming.shape[1]
    merged = found[:, fan_in + 1 :].T * counts.astype(bias.dtype)
    return found[:, :fan_in], found[:, fan_in], merged


# %% wrong: the square root of the group's size on both sides, as for learning
def collapse(incoming, bias, outgoing):
    inward = np.hstack([incoming, bias[:, None]])
    distinct, member = np.unique(inward, axis=0, return_inverse=True)
    member = member.ravel()
    root = np.sqrt(np.bincount(member)).astype(bias.dtype)
    merged = np.stack([outgoing[:, member == k].sum(axis=1) for k in range(len(root))], axis=1)
    return distinct[:, :-1] * root[:, None], distinct[:, -1] * root, merged / root


# %% wrong: the bias is not looked at
def collapse(incoming, bias, outgoing):
    distinct, first, member = np.unique(incoming, axis=0, return_index=True, return_inverse=True)
    member = member.ravel()
    merged = np.stack([outgoing[:, member == k].sum(axis=1) for k in range(len(first))], axis=1)
    return distinct, bias[first], merged


# %% wrong: nearly equal units are merged
def collapse(incoming, bias, outgoing):
    kept, sums = [], []
    for n in range(len(bias)):
        for place, m in enumerate(kept):
            if np.allclose(incoming[n], incoming[m], rtol=1e-4) and np.isclose(bias[n], bias[m]):
                sums[place] = sums[place] + outgoing[:, n]
                break
        else:
            kept.append(n)
            sums.append(outgoing[:, n])
    return incoming[kept], bias[kept], np.stack(sums, axis=1)


# %% wrong: mirror images are merged, which only an odd activation allows
def collapse(incoming, bias, outgoing):
    kept, sums = [], []
    for n in range(len(bias)):
        for place, m in enumerate(kept):
            if (incoming[n] == incoming[m]).all() and bias[n] == bias[m]:
                sums[place] = sums[place] + outgoing[:, n]
                break
            if (incoming[n] == -incoming[m]).all() and bias[n] == -bias[m]:
                sums[place] = sums[place] - outgoing[:, n]
                break
        else:
            kept.append(n)
            sums.append(outgoing[:, n])
    return incoming[kept], bias[kept], np.stack(sums, axis=1)


# %% wrong: everything becomes float64
def collapse(incoming, bias, outgoing):
    inward = np.hstack([incoming, bias[:, None]]).astype(float)
    distinct, member = np.unique(inward, axis=0, return_inverse=True)
    merged = np.zeros((len(outgoing), len(distinct)))
    np.add.at(merged.T, member.ravel(), outgoing.T)
    return distinct[:, :-1], distinct[:, -1], merged


# %% wrong: returns the layer as it was
def collapse(incoming, bias, outgoing):
    return incoming.copy(), bias.copy(), outgoing.copy()


# %% wrong: sums in place
def collapse(incoming, bias, outgoing):
    kept = []
    for n in range(len(bias)):
        for m in kept:
            if (incoming[n] == incoming[m]).all() and bias[n] == bias[m]:
                outgoing[:, m] += outgoing[:, n]
                break
        else:
            kept.append(n)
    return incoming[kept], bias[kept], outgoing[:, kept]


# %% wrong: the outgoing weights come back transposed
def collapse(incoming, bias, outgoing):
    inward = np.hstack([incoming, bias[:, None]])
    distinct, member = np.unique(inward, axis=0, return_inverse=True)
    merged = np.zeros((len(distinct), len(outgoing)), outgoing.dtype)
    np.add.at(merged, member.ravel(), outgoing.T)
    return distinct[:, :-1], distinct[:, -1], merged


# %% wrong: a fancy index adds only one unit of each group
def collapse(incoming, bias, outgoing):
    inward = np.hstack([incoming, bias[:, None]])
    distinct, member = np.unique(inward, axis=0, return_inverse=True)
    merged = np.zeros((len(outgoing), len(distinct)), outgoing.dtype)
    merged[:, member.ravel()] += outgoing
    return distinct[:, :-1], distinct[:, -1], merged


# %% wrong: only neighbours are merged
def collapse(incoming, bias, outgoing):
    kept, sums = [0], [outgoing[:, 0]]
    for n in range(1, len(bias)):
        if (incoming[n] == incoming[kept[-1]]).all() and bias[n] == bias[kept[-1]]:
            sums[-1] = sums[-1] + outgoing[:, n]
        else:
            kept.append(n)
            sums.append(outgoing[:, n])
    return incoming[kept], bias[kept], np.stack(sums, axis=1)


# %% wrong: lists instead of arrays
def collapse(incoming, bias, outgoing):
    inward = np.hstack([incoming, bias[:, None]])
    distinct, member = np.unique(inward, axis=0, return_inverse=True)
    merged = np.zeros((len(outgoing), len(distinct)), outgoing.dtype)
    np.add.at(merged.T, member.ravel(), outgoing.T)
    return distinct[:, :-1].tolist(), distinct[:, -1].tolist(), merged.tolist()


# %% right: a dictionary of units
def collapse(incoming, bias, outgoing):
    number = {}
    member = [number.setdefault((*w, b), len(number)) for w, b in zip(incoming, bias, strict=True)]
    first = [member.index(k) for k in range(len(number))]
    sums = [outgoing[:, np.equal(member, k)].sum(axis=1) for k in range(len(number))]
    return incoming[first], bias[first], np.stack(sums, axis=1)


# %% right: a matrix of zeros and ones adds the columns
def collapse(incoming, bias, outgoing):
    inward = np.column_stack([incoming, bias])
    same = (inward[:, None] == inward[None]).all(axis=-1)
    first = np.unique(same.argmax(axis=1))
    return incoming[first], bias[first], outgoing @ same[:, first].astype(outgoing.dtype)


# %% right: np.add.at
def collapse(incoming, bias, outgoing):
    inward = np.hstack([bias[:, None], incoming])
    distinct, member = np.unique(inward, axis=0, return_inverse=True)
    merged = np.zeros((len(distinct), len(outgoing)), outgoing.dtype)
    np.add.at(merged, member.ravel(), outgoing.T)
    return distinct[:, 1:].copy(), distinct[:, 0].copy(), merged.T.copy()


# %% task: repair
# %% wrong: every constant matrix is drawn anew
def repair(weights, *, rng):
    return [
        rng.normal(0, W.shape[1] ** -0.5, W.shape) if np.ptp(W) == 0 else W.copy() for W in weights
    ]


# %% wrong: every matrix is drawn anew
def repair(weights, *, rng):
    return [rng.normal(0, W.shape[1] ** -0.5, W.shape) for W in weights]


# %% wrong: only zeros are repaired
def repair(weights, *, rng):
    zeros = [n for n, W in enumerate(weights) if not W.any()]
    return [
        rng.normal(0, W.shape[1] ** -0.5, W.shape) if n in zeros[1:] else W.copy()
        for n, W in enumerate(weights)
    ]


# %% wrong: only equal units are repaired
def repair(weights, *, rng):
    repaired = [W.copy() for W in weights]
    for n in range(1, len(weights)):
        if np.ptp(repaired[n - 1]) == 0 and np.ptp(repaired[n]) == 0:
            shape = weights[n].shape
            repaired[n] = rng.normal(0, shape[1] ** -0.5, shape)
    return repaired


# %% wrong: equal units from the bottom up, then the zeros that are left
def repair(weights, *, rng):
    repaired = [W.copy() for W in weights]
    for n in range(1, len(weights)):
        if np.ptp(repaired[n - 1]) == 0 and np.ptp(repaired[n]) == 0:
            shape = weights[n].shape
            repaired[n] = rng.normal(0, shape[1] ** -0.5, shape)
    for n in [n for n, W in enumerate(repaired) if not W.any()][1:]:
        shape = weights[n].shape
        repaired[n] = rng.normal(0, shape[1] ** -0.5, shape)
    return repaired


# %% wrong: of two constant neighbours the lower one is drawn anew
def repair(weights, *, rng):
    repaired = [W.copy() for W in weights]
    for n in range(1, len(weights)):
        if np.ptp(weights[n - 1]) == 0 and np.ptp(weights[n]) == 0:
            shape = weights[n - 1].shape
            repaired[n - 1] = rng.normal(0, shape[1] ** -0.5, shape)
    return repaired


# %% wrong: a zero matrix is not counted as constant
def repair(weights, *, rng):
    constant = [np.ptp(W) == 0 and bool(W.any()) for W in weights]
    zero = [not W.any() for W in weights]
    for size in range(len(weights) + 1):
        for new in combinations(range(len(weights)), size):
            left = [c and n not in new for n, c in enumerate(constant)]
            zeros = [z and n not in new for n, z in enumerate(zero)]
            if sum(zeros) < 2 and not any(a and b for a, b in pairwise(left)):
                return [
                    rng.normal(0, W.shape[1] ** -0.5, W.shape) if n in new else W
                    for n, W in enumerate(weights)
                ]
    return None


# %% wrong: nearly constant counts as constant
def repair(weights, *, rng):
    constant = [np.ptp(W) < 1e-8 for W in weights]
    zero = [np.allclose(W, 0) for W in weights]
    for size in range(len(weights) + 1):
        for new in combinations(range(len(weights)), size):
            left = [c and n not in new for n, c in enumerate(constant)]
            zeros = [z and n not in new for n, z in enumerate(zero)]
            if sum(zeros) < 2 and not any(a and b for a, b in pairwise(left)):
                return [
                    rng.normal(0, W.shape[1] ** -0.5, W.shape) if n in new else W
                    for n, W in enumerate(weights)
                ]
    return None


# %% wrong: 1 / fan_in is taken for the standard deviation
def repair(weights, *, rng):
    return _with(weights, lambda W: rng.normal(0, 1 / W.shape[1], W.shape))


def _with(weights, draw):
    constant = [np.ptp(W) == 0 for W in weights]
    zero = [not W.any() for W in weights]
    for size in range(len(weights) + 1):
        for new in combinations(range(len(weights)), size):
            left = [c and n not in new for n, c in enumerate(constant)]
            zeros = [z and n not in new for n, z in enumerate(zero)]
            if sum(zeros) < 2 and not any(a and b for a, b in pairwise(left)):
                return [draw(W) if n in new else W for n, W in enumerate(weights)]
    return None


# %% wrong: fan_out for fan_in
def repair(weights, *, rng):
    return _with(weights, lambda W: rng.normal(0, W.shape[0] ** -0.5, W.shape))


def _with(weights, draw):
    constant = [np.ptp(W) == 0 for W in weights]
    zero = [not W.any() for W in weights]
    for size in range(len(weights) + 1):
        for new in combinations(range(len(weights)), size):
            left = [c and n not in new for n, c in enumerate(constant)]
            zeros = [z and n not in new for n, z in enumerate(zero)]
            if sum(zeros) < 2 and not any(a and b for a, b in pairwise(left)):
                return [draw(W) if n in new else W for n, W in enumerate(weights)]
    return None


# %% wrong: a little noise on top of the constant
def repair(weights, *, rng):
    return _with(weights, lambda W: W + rng.normal(0, 0.01, W.shape))


def _with(weights, draw):
    constant = [np.ptp(W) == 0 for W in weights]
    zero = [not W.any() for W in weights]
    for size in range(len(weights) + 1):
        for new in combinations(range(len(weights)), size):
            left = [c and n not in new for n, c in enumerate(constant)]
            zeros = [z and n not in new for n, z in enumerate(zero)]
            if sum(zeros) < 2 and not any(a and b for a, b in pairwise(left)):
                return [draw(W) if n in new else W for n, W in enumerate(weights)]
    return None


# %% wrong: drawn from one seed of its own
def repair(weights, *, rng):
    return _with(weights, lambda W: netinit.lecun_normal(W.shape, rng=0, dtype=float))


def _with(weights, draw):
    constant = [np.ptp(W) == 0 for W in weights]
    zero = [not W.any() for W in weights]
    for size in range(len(weights) + 1):
        for new in combinations(range(len(weights)), size):
            left = [c and n not in new for n, c in enumerate(constant)]
            zeros = [z and n not in new for n, z in enumerate(zero)]
            if sum(zeros) < 2 and not any(a and b for a, b in pairwise(left)):
                return [draw(W) if n in new else W for n, W in enumerate(weights)]
    return None


# %% wrong: every matrix gets the same seed
def repair(weights, *, rng):
    seed = rng.integers(2**31)
    return _with(weights, lambda W: netinit.lecun_normal(W.shape, rng=seed, dtype=float))


def _with(weights, draw):
    constant = [np.ptp(W) == 0 for W in weights]
    zero = [not W.any() for W in weights]
    for size in range(len(weights) + 1):
        for new in combinations(range(len(weights)), size):
            left = [c and n not in new for n, c in enumerate(constant)]
            zeros = [z and n not in new for n, z in enumerate(zero)]
            if sum(zeros) < 2 and not any(a and b for a, b in pairwise(left)):
                return [draw(W) if n in new else W for n, W in enumerate(weights)]
    return None


# %% wrong: numbers of NumPy's global state
def repair(weights, *, rng):
    return _with(weights, lambda W: np.random.randn(*W.shape) / W.shape[1] ** 0.5)


def _with(weights, draw):
    constant = [np.ptp(W) == 0 for W in weights]
    zero = [not W.any() for W in weights]
    for size in range(len(weights) + 1):
        for new in combinations(range(len(weights)), size):
            left = [c and n not in new for n, c in enumerate(constant)]
            zeros = [z and n not in new for n, z in enumerate(zero)]
            if sum(zeros) < 2 and not any(a and b for a, b in pairwise(left)):
                return [draw(W) if n in new else W for n, W in enumerate(weights)]
    return None


# %% wrong: uniform between plus and minus 1 / sqrt(fan_in)
def repair(weights, *, rng):
    return _with(weights, lambda W: rng.uniform(-1, 1, W.shape) / W.shape[1] ** 0.5)


def _with(weights, draw):
    constant = [np.ptp(W) == 0 for W in weights]
    zero = [not W.any() for W in weights]
    for size in range(len(weights) + 1):
        for new in combinations(range(len(weights)), size):
            left = [c and n not in new for n, c in enumerate(constant)]
            zeros = [z and n not in new for n, z in enumerate(zero)]
            if sum(zeros) < 2 and not any(a and b for a, b in pairwise(left)):
                return [draw(W) if n in new else W for n, W in enumerate(weights)]
    return None


# %% wrong: the matrices are filled in place
def repair(weights, *, rng):
    constant = [np.ptp(W) == 0 for W in weights]
    zero = [not W.any() for W in weights]
    for size in range(len(weights) + 1):
        for new in combinations(range(len(weights)), size):
            left = [c and n not in new for n, c in enumerate(constant)]
            zeros = [z and n not in new for n, z in enumerate(zero)]
            if sum(zeros) < 2 and not any(a and b for a, b in pairwise(left)):
                for n in new:
                    weights[n][:] = rng.normal(0, weights[n].shape[1] ** -0.5, weights[n].shape)
                return weights
    return None


# %% wrong: leaves every network as it is
def repair(weights, *, rng):
    return list(weights)


# %% right: dynamic choice from the bottom up over all patterns
def repair(weights, *, rng):
    zeros = [not np.any(W) for W in weights]
    constant = [np.all(W == W.flat[0]) for W in weights]
    states = {(False, 0): []}  # is the last one constant, how many are zero: what was drawn anew
    for n in range(len(weights)):
        best = {}
        for (before, count), new in states.items():
            ways = [((False, count), [*new, n])]
            if not constant[n] or not before:
                ways.append(((bool(constant[n]), count + zeros[n]), new))
            for state, chosen in ways:
                if state[1] < 2 and (state not in best or len(chosen) < len(best[state])):
                    best[state] = chosen
        states = best
    chosen = min(states.values(), key=len)
    made = [W.copy() for W in weights]
    for n in chosen:
        made[n] = rng.normal(size=made[n].shape) / np.sqrt(made[n].shape[1])
    return made


# %% right: all sets as binary numbers
def repair(weights, *, rng):
    depth = len(weights)
    best = None
    for code in range(2**depth):
        new = [bool(code >> n & 1) for n in range(depth)]
        left = [W.min() == W.max() and not d for W, d in zip(weights, new, strict=True)]
        zeros = sum(k and not W.any() for W, k in zip(weights, left, strict=True))
        fine = zeros < 2 and not any(left[n] and left[n + 1] for n in range(depth - 1))
        if fine and (best is None or sum(new) < sum(best)):
            best = new
    return [
        rng.standard_normal(W.shape) / np.sqrt(W.shape[1]) if d else W
        for W, d in zip(weights, best, strict=True)
    ]


# %% right: drawn by netinit, the last choice of its size
def repair(weights, *, rng):
    constant = [len(np.unique(W)) == 1 for W in weights]
    zero = [np.count_nonzero(W) == 0 for W in weights]

    def fine(kept):
        pairs = any(
            constant[n] and constant[n + 1] and n + 1 in kept for n in kept[:-1] if n + 1 in kept
        )
        return not pairs and sum(zero[n] for n in kept) <= 1

    depth = len(weights)
    for size in range(depth, -1, -1):
        for kept in reversed(list(combinations(range(depth), size))):
            if fine(kept):
                return [
                    W.copy() if n in kept else netinit.lecun_normal(W.shape, rng=rng, dtype=W.dtype)
                    for n, W in enumerate(weights)
                ]
    return None
