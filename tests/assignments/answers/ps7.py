"""Wrong and right answers to problem set 7; tests/assignments/answer_file.py reads them."""

# %% task: attention
# %% right: a loop over the heads


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    n = d // heads
    q, k = x @ Q.T, x @ K.T
    result = []
    for h in range(heads):
        part = slice(h * n, (h + 1) * n)
        logits = q[:, part] @ k[:, part].T / np.sqrt(n)
        logits[np.triu_indices(T, 1)] = -np.inf
        logits -= logits.max(axis=1, keepdims=True)
        p = np.exp(logits)
        result.append(p / p.sum(axis=1, keepdims=True))
    return np.array(result)


# %% right: einsum, and log-sum-exp


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    q = np.einsum("td,hkd->htk", x, Q.reshape(heads, -1, d))
    k = np.einsum("td,hkd->htk", x, K.reshape(heads, -1, d))
    logits = np.einsum("htk,hsk->hts", q, k) * (d / heads) ** -0.5
    seen = np.tril(np.ones((T, T), bool))
    total = np.logaddexp.reduce(np.where(seen, logits, -np.inf), axis=-1, keepdims=True)
    return np.where(seen, np.exp(np.minimum(logits - total, 0)), 0.0)


# %% right: token by token


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    weights = np.zeros((heads, T, T))
    queries = np.split(Q @ x.T / math.sqrt(d / heads), heads)
    keys = np.split(K @ x.T, heads)
    for h in range(heads):
        for t in range(T):
            logit = keys[h][:, : t + 1].T @ queries[h][:, t]
            e = np.exp(logit - np.max(logit))
            weights[h, t, : t + 1] = e / sum(e)
    return weights


# %% right: a large negative number as the mask


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    query, key = ((x @ W.T).reshape(T, heads, d // heads).transpose(1, 0, 2) for W in (Q, K))
    logits = np.matmul(query, key.transpose(0, 2, 1)) / (d // heads) ** 0.5
    logits = logits + np.triu(np.full((T, T), -1e30), 1)
    logits = logits - np.max(logits, axis=2)[:, :, None]
    powers = np.exp(logits)
    return powers / np.sum(powers, axis=2)[:, :, None]


# %% wrong: not divided by the root of the head's size


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    query, key = ((x @ W.T).reshape(T, heads, -1).swapaxes(0, 1) for W in (Q, K))
    logits = query @ key.swapaxes(1, 2)
    logits = np.where(np.tri(T, dtype=bool), logits, -np.inf)
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


# %% wrong: divided by the root of d


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    query, key = ((x @ W.T).reshape(T, heads, -1).swapaxes(0, 1) for W in (Q, K))
    logits = query @ key.swapaxes(1, 2) / math.sqrt(d)
    logits = np.where(np.tri(T, dtype=bool), logits, -np.inf)
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


# %% wrong: divided by the head's size itself


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    query, key = ((x @ W.T).reshape(T, heads, -1).swapaxes(0, 1) for W in (Q, K))
    logits = query @ key.swapaxes(1, 2) / (d // heads)
    logits = np.where(np.tri(T, dtype=bool), logits, -np.inf)
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


# %% wrong: no mask


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    query, key = ((x @ W.T).reshape(T, heads, -1).swapaxes(0, 1) for W in (Q, K))
    logits = query @ key.swapaxes(1, 2) / math.sqrt(d // heads)
    logits = logits + 0
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


# %% wrong: the mask hides the past


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    query, key = ((x @ W.T).reshape(T, heads, -1).swapaxes(0, 1) for W in (Q, K))
    logits = query @ key.swapaxes(1, 2) / math.sqrt(d // heads)
    logits = np.where(np.tri(T, dtype=bool).T, logits, -np.inf)
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


# %% wrong: the mask hides the token itself


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    query, key = ((x @ W.T).reshape(T, heads, -1).swapaxes(0, 1) for W in (Q, K))
    logits = query @ key.swapaxes(1, 2) / math.sqrt(d // heads)
    logits = np.where(np.tri(T, k=-1, dtype=bool), logits, -1e30)
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


# %% wrong: masked logits set to 0


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    query, key = ((x @ W.T).reshape(T, heads, -1).swapaxes(0, 1) for W in (Q, K))
    logits = query @ key.swapaxes(1, 2) / math.sqrt(d // heads)
    logits = logits * np.tri(T)
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


# %% wrong: masked after the softmax, not normalized again


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    query, key = ((x @ W.T).reshape(T, heads, -1).swapaxes(0, 1) for W in (Q, K))
    logits = query @ key.swapaxes(1, 2) / math.sqrt(d // heads)
    later = np.tri(T)
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return later * weights / weights.sum(axis=-1, keepdims=True)


# %% wrong: softmax over those that listen


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    query, key = ((x @ W.T).reshape(T, heads, -1).swapaxes(0, 1) for W in (Q, K))
    logits = query @ key.swapaxes(1, 2) / math.sqrt(d // heads)
    logits = np.where(np.tri(T, dtype=bool), logits, -np.inf)
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-2, keepdims=True)


# %% wrong: heads interleaved


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    query, key = ((x @ W.T).reshape(T, -1, heads).transpose(2, 0, 1) for W in (Q, K))
    logits = query @ key.swapaxes(1, 2) / math.sqrt(d // heads)
    logits = np.where(np.tri(T, dtype=bool), logits, -np.inf)
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


# %% wrong: weights not transposed


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    query, key = ((x @ W).reshape(T, heads, -1).swapaxes(0, 1) for W in (Q, K))
    logits = query @ key.swapaxes(1, 2) / math.sqrt(d // heads)
    logits = np.where(np.tri(T, dtype=bool), logits, -np.inf)
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


# %% wrong: queries and keys exchanged


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    query, key = ((x @ W.T).reshape(T, heads, -1).swapaxes(0, 1) for W in (Q, K))
    logits = key @ query.swapaxes(1, 2) / math.sqrt(d // heads)
    logits = np.where(np.tri(T, dtype=bool), logits, -np.inf)
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


# %% wrong: exponentials overflow


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    query, key = ((x @ W.T).reshape(T, heads, -1).swapaxes(0, 1) for W in (Q, K))
    logits = query @ key.swapaxes(1, 2) / math.sqrt(d // heads)
    logits = np.where(np.tri(T, dtype=bool), logits, -np.inf)
    weights = np.exp(logits)
    return weights / weights.sum(axis=-1, keepdims=True)


# %% wrong: tokens and heads mixed up by reshape


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    query, key = ((x @ W.T).reshape(heads, T, -1) for W in (Q, K))
    logits = query @ key.swapaxes(1, 2) / math.sqrt(d // heads)
    logits = np.where(np.tri(T, dtype=bool), logits, -np.inf)
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


# %% wrong: the heads averaged


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    query, key = ((x @ W.T).reshape(T, heads, -1).swapaxes(0, 1) for W in (Q, K))
    logits = query @ key.swapaxes(1, 2) / math.sqrt(d // heads)
    logits = np.where(np.tri(T, dtype=bool), logits, -np.inf)
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return (weights / weights.sum(axis=-1, keepdims=True)).mean(axis=0)


# %% wrong: the weights are not normalized


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    query, key = ((x @ W.T).reshape(T, heads, -1).swapaxes(0, 1) for W in (Q, K))
    logits = query @ key.swapaxes(1, 2) / math.sqrt(d // heads)
    logits = np.where(np.tri(T, dtype=bool), logits, -np.inf)
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights


# %% wrong: masked after the softmax, normalized again: nothing may be left


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    q, k = ((x @ W.T).reshape(T, heads, -1).swapaxes(0, 1) for W in (Q, K))
    u = q @ k.swapaxes(1, 2) / math.sqrt(d // heads)
    w = np.exp(u - u.max(axis=-1, keepdims=True)) * np.tri(T)
    return w / w.sum(axis=-1, keepdims=True)


# %% wrong: logits multiplied by the mask


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    q, k = ((x @ W.T).reshape(T, heads, -1).swapaxes(0, 1) for W in (Q, K))
    u = q @ k.swapaxes(1, 2) / math.sqrt(d // heads)
    u = u * np.where(np.tri(T, dtype=bool), 1, -np.inf)
    w = np.exp(u - u.max(axis=-1, keepdims=True))
    return w / w.sum(axis=-1, keepdims=True)


# %% wrong: a list of heads


def attention_weights(x, Q, K, heads):
    T, d = x.shape
    q, k = ((x @ W.T).reshape(T, heads, -1).swapaxes(0, 1) for W in (Q, K))
    u = q @ k.swapaxes(1, 2) / math.sqrt(d // heads)
    u = np.where(np.tri(T, dtype=bool), u, -np.inf)
    w = np.exp(u - u.max(axis=-1, keepdims=True))
    return list(w / w.sum(axis=-1, keepdims=True))


# %% task: stream
# %% right: Gauss and Hermite, a loop over the blocks


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z, w = np.polynomial.hermite_e.hermegauss(80)
    after = np.sum(w * function(np.sqrt(width * first_std**2) * z) ** 2) / np.sum(w)
    sizes = [token_std**2 + position_std**2]
    for _ in range(blocks):
        sizes.append(sizes[-1] + hidden * last_std**2 * after)
    return np.array(sizes)


# %% right: a cumulative sum


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.arange(-7, 7, 0.01)
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    h = first_std * width**0.5 * z
    branch = hidden * last_std * last_std * np.sum(function(h) ** 2 * density) * 0.01
    bottom = token_std * token_std + position_std * position_std
    return np.cumsum([bottom] + [branch] * blocks)


# %% right: linspace between bottom and top


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    q = width * first_std**2
    h = np.linspace(-8 * q**0.5, 8 * q**0.5, 3001)
    p = np.exp(-(h**2) / (2 * q))
    after = np.average(function(h) ** 2, weights=p)
    bottom = token_std**2 + position_std**2
    return np.linspace(bottom, bottom + blocks * hidden * last_std**2 * after, blocks + 1)


# %% wrong: z stretched by the mean square


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    values = function(width * first_std**2 * z)
    after = float(bell @ values**2)
    bottom = token_std**2 + position_std**2
    added = hidden * last_std**2 * after
    return bottom + added * np.arange(blocks + 1)


# %% wrong: the width left out of the first layer


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    values = function(first_std * z)
    after = float(bell @ values**2)
    bottom = token_std**2 + position_std**2
    added = hidden * last_std**2 * after
    return bottom + added * np.arange(blocks + 1)


# %% wrong: hidden units instead of inputs in the first layer


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    values = function(math.sqrt(hidden) * first_std * z)
    after = float(bell @ values**2)
    bottom = token_std**2 + position_std**2
    added = hidden * last_std**2 * after
    return bottom + added * np.arange(blocks + 1)


# %% wrong: inputs instead of hidden units in the last layer


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    values = function(math.sqrt(width) * first_std * z)
    after = float(bell @ values**2)
    bottom = token_std**2 + position_std**2
    added = width * last_std**2 * after
    return bottom + added * np.arange(blocks + 1)


# %% wrong: always 4 d hidden units


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    values = function(math.sqrt(width) * first_std * z)
    after = float(bell @ values**2)
    bottom = token_std**2 + position_std**2
    added = 4 * width * last_std**2 * after
    return bottom + added * np.arange(blocks + 1)


# %% wrong: the standard deviation of the last layer, not squared


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    values = function(math.sqrt(width) * first_std * z)
    after = float(bell @ values**2)
    bottom = token_std**2 + position_std**2
    added = hidden * last_std * after
    return bottom + added * np.arange(blocks + 1)


# %% wrong: the variance after the activation


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    values = function(math.sqrt(width) * first_std * z)
    after = float(bell @ values**2 - (bell @ values) ** 2)
    bottom = token_std**2 + position_std**2
    added = hidden * last_std**2 * after
    return bottom + added * np.arange(blocks + 1)


# %% wrong: ReLU's half for every activation


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    values = function(math.sqrt(width) * first_std * z)
    after = float(width * first_std**2 / 2)
    bottom = token_std**2 + position_std**2
    added = hidden * last_std**2 * after
    return bottom + added * np.arange(blocks + 1)


# %% wrong: without the activation


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    values = function(math.sqrt(width) * first_std * z)
    after = float(width * first_std**2)
    bottom = token_std**2 + position_std**2
    added = hidden * last_std**2 * after
    return bottom + added * np.arange(blocks + 1)


# %% wrong: the bottom without positions


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    values = function(math.sqrt(width) * first_std * z)
    after = float(bell @ values**2)
    bottom = token_std**2
    added = hidden * last_std**2 * after
    return bottom + added * np.arange(blocks + 1)


# %% wrong: root of the sum at the bottom


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    values = function(math.sqrt(width) * first_std * z)
    after = float(bell @ values**2)
    bottom = math.sqrt(token_std**2 + position_std**2)
    added = hidden * last_std**2 * after
    return bottom + added * np.arange(blocks + 1)


# %% wrong: standard deviations added before they are squared


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    values = function(math.sqrt(width) * first_std * z)
    after = float(bell @ values**2)
    bottom = (token_std + position_std) ** 2
    added = hidden * last_std**2 * after
    return bottom + added * np.arange(blocks + 1)


# %% wrong: the stream multiplied instead of added to


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    values = function(math.sqrt(width) * first_std * z)
    after = float(bell @ values**2)
    bottom = token_std**2 + position_std**2
    added = hidden * last_std**2 * after
    return bottom * (1 + added / bottom) ** np.arange(blocks + 1)


# %% wrong: each branch reads the stream without layer norm


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    values = function(math.sqrt(width) * first_std * z)
    after = float(bell @ values**2)
    bottom = token_std**2 + position_std**2
    added = hidden * last_std**2 * after * bottom
    return bottom + added * np.arange(blocks + 1)


# %% wrong: two branches for each block


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    values = function(math.sqrt(width) * first_std * z)
    after = float(bell @ values**2)
    bottom = token_std**2 + position_std**2
    added = 2 * hidden * last_std**2 * after
    return bottom + added * np.arange(blocks + 1)


# %% wrong: the last layers divided once more


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    values = function(math.sqrt(width) * first_std * z)
    after = float(bell @ values**2)
    bottom = token_std**2 + position_std**2
    added = hidden * last_std**2 * after / (2 * blocks)
    return bottom + added * np.arange(blocks + 1)


# %% wrong: root mean squares


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    values = function(math.sqrt(width) * first_std * z)
    after = float(bell @ values**2)
    bottom = token_std**2 + position_std**2
    added = hidden * last_std**2 * after
    return np.sqrt(bottom + added * np.arange(blocks + 1))


# %% wrong: the bottom left out


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    values = function(math.sqrt(width) * first_std * z)
    after = float(bell @ values**2)
    bottom = token_std**2 + position_std**2
    added = hidden * last_std**2 * after
    return bottom + added * np.arange(1, blocks + 1)


# %% wrong: amplitudes add up


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    values = function(math.sqrt(width) * first_std * z)
    after = float(bell @ values**2)
    bottom = token_std**2 + position_std**2
    added = hidden * last_std**2 * after
    return (math.sqrt(bottom) + math.sqrt(added) * np.arange(blocks + 1)) ** 2


# %% wrong: netinit's integral


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    after = float(netinit.moments.second_moment(function, width * first_std**2))
    bottom = token_std**2 + position_std**2
    return bottom + hidden * last_std**2 * after * np.arange(blocks + 1)


# %% wrong: a list


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    after = float(bell @ function(math.sqrt(width) * first_std * z) ** 2)
    sizes = [token_std**2 + position_std**2]
    for _ in range(blocks):
        sizes.append(sizes[-1] + hidden * last_std**2 * after)
    return sizes


# %% wrong: the activation of the root mean square


def stream_sizes(function, *, blocks, width, hidden, token_std, position_std, first_std, last_std):
    after = function(np.array([math.sqrt(width) * first_std]))[0] ** 2
    return token_std**2 + position_std**2 + hidden * last_std**2 * after * np.arange(blocks + 1)


# %% task: after-attention
# %% right: loops


def after_attention(products, gain):
    T = len(products)
    new = np.array(products, dtype=float)
    for s in range(T):
        for t in range(T):
            total = 0.0
            for i in range(s + 1):
                for j in range(t + 1):
                    total += products[i, j] / math.sqrt(products[i, i] * products[j, j])
            new[s, t] += gain * gain * total / ((s + 1) * (t + 1))
    return new


# %% right: cumulative sums


def after_attention(products, gain):
    size = np.sqrt(np.diagonal(products))
    unit = products / size / size[:, None]
    count = np.arange(1, len(products) + 1)
    mixed = np.cumsum(np.cumsum(unit, axis=0), axis=1) / count / count[:, None]
    return products + gain**2 * mixed


# %% right: through vectors that have these products


def after_attention(products, gain):
    values, vectors = np.linalg.eigh(products)
    X = vectors * np.sqrt(np.maximum(values, 0))
    X = X / np.sqrt(np.diag(products))[:, None]
    average = np.tril(np.ones((len(X), len(X))))
    average = average / average.sum(axis=1, keepdims=True)
    X = gain * average @ X
    return products + X @ X.T


# %% wrong: not normalized


def after_attention(products, gain):
    T = len(products)
    R = products
    M = np.tri(T) / np.arange(1, T + 1)[:, None]
    return products + gain**2 * M @ R @ M.T


# %% wrong: one size for all tokens


def after_attention(products, gain):
    T = len(products)
    R = products / np.mean(np.diag(products))
    M = np.tri(T) / np.arange(1, T + 1)[:, None]
    return products + gain**2 * M @ R @ M.T


# %% wrong: divided by mean squares


def after_attention(products, gain):
    T = len(products)
    root = np.diag(products)
    R = products / np.outer(root, root)
    M = np.tri(T) / np.arange(1, T + 1)[:, None]
    return products + gain**2 * M @ R @ M.T


# %% wrong: each row divided by its own mean square


def after_attention(products, gain):
    T = len(products)
    R = products / np.diag(products)[:, None]
    M = np.tri(T) / np.arange(1, T + 1)[:, None]
    return products + gain**2 * M @ R @ M.T


# %% wrong: an average over all tokens


def after_attention(products, gain):
    T = len(products)
    root = np.sqrt(np.diag(products))
    R = products / np.outer(root, root)
    M = np.full((T, T), 1 / T)
    return products + gain**2 * M @ R @ M.T


# %% wrong: only earlier tokens, not itself


def after_attention(products, gain):
    T = len(products)
    root = np.sqrt(np.diag(products))
    R = products / np.outer(root, root)
    M = np.tri(T, k=-1) / np.maximum(np.arange(T), 1)[:, None]
    return products + gain**2 * M @ R @ M.T


# %% wrong: sums instead of averages


def after_attention(products, gain):
    T = len(products)
    root = np.sqrt(np.diag(products))
    R = products / np.outer(root, root)
    M = np.tri(T)
    return products + gain**2 * M @ R @ M.T


# %% wrong: columns averaged instead of rows


def after_attention(products, gain):
    T = len(products)
    root = np.sqrt(np.diag(products))
    R = products / np.outer(root, root)
    M = np.tri(T) / np.arange(1, T + 1)
    return products + gain**2 * M @ R @ M.T


# %% wrong: averages over later tokens


def after_attention(products, gain):
    T = len(products)
    root = np.sqrt(np.diag(products))
    R = products / np.outer(root, root)
    M = np.tri(T).T / np.arange(T, 0, -1)[:, None]
    return products + gain**2 * M @ R @ M.T


# %% wrong: the gain not squared


def after_attention(products, gain):
    T = len(products)
    root = np.sqrt(np.diag(products))
    R = products / np.outer(root, root)
    M = np.tri(T) / np.arange(1, T + 1)[:, None]
    return products + gain * M @ R @ M.T


# %% wrong: averaged on one side only


def after_attention(products, gain):
    T = len(products)
    root = np.sqrt(np.diag(products))
    R = products / np.outer(root, root)
    M = np.tri(T) / np.arange(1, T + 1)[:, None]
    return products + gain**2 * M @ R


# %% wrong: M twice, not transposed


def after_attention(products, gain):
    T = len(products)
    root = np.sqrt(np.diag(products))
    R = products / np.outer(root, root)
    M = np.tri(T) / np.arange(1, T + 1)[:, None]
    return products + gain**2 * M @ R @ M


# %% wrong: transposed on the wrong side


def after_attention(products, gain):
    T = len(products)
    root = np.sqrt(np.diag(products))
    R = products / np.outer(root, root)
    M = np.tri(T) / np.arange(1, T + 1)[:, None]
    return products + gain**2 * M.T @ R @ M


# %% wrong: the skip connection forgotten


def after_attention(products, gain):
    T = len(products)
    root = np.sqrt(np.diag(products))
    R = products / np.outer(root, root)
    M = np.tri(T) / np.arange(1, T + 1)[:, None]
    return gain**2 * M @ R @ M.T


# %% wrong: unrelated tokens, always


def after_attention(products, gain):
    T = len(products)
    root = np.sqrt(np.diag(products))
    R = products / np.outer(root, root)
    M = np.tri(T) / np.arange(1, T + 1)[:, None]
    return products + gain**2 * M @ M.T


# %% wrong: mean squares alone


def after_attention(products, gain):
    T = len(products)
    root = np.sqrt(np.diag(products))
    R = products / np.outer(root, root)
    M = np.tri(T) / np.arange(1, T + 1)[:, None]
    return products + gain**2 * np.diag(np.diag(M @ R @ M.T))


# %% wrong: the skip connection normalized


def after_attention(products, gain):
    T = len(products)
    root = np.sqrt(np.diag(products))
    R = products / np.outer(root, root)
    M = np.tri(T) / np.arange(1, T + 1)[:, None]
    return R + gain**2 * M @ R @ M.T


# %% wrong: the table itself is changed


def after_attention(products, gain):
    T = len(products)
    root = np.sqrt(np.diag(products))
    R = products / np.outer(root, root)
    M = np.tri(T) / np.arange(1, T + 1)[:, None]
    products += gain**2 * M @ R @ M.T
    return products


# %% wrong: normalized after the average


def after_attention(products, gain):
    T = len(products)
    M = np.tri(T) / np.arange(1, T + 1)[:, None]
    new = M @ products @ M.T
    r = np.sqrt(np.diag(new))
    return products + gain**2 * new / np.outer(r, r)


# %% wrong: a list of lists


def after_attention(products, gain):
    T = len(products)
    r = np.sqrt(np.diag(products))
    M = np.tri(T) / np.arange(1, T + 1)[:, None]
    return (products + gain**2 * M @ (products / np.outer(r, r)) @ M.T).tolist()


# %% task: first-loss
# %% right: the largest exponent taken out


def first_loss(*, vocabulary, width, token_std, position_std, added):
    v = width * token_std**2
    own = v / np.sqrt(token_std**2 + position_std**2 + added)
    rest = np.log(vocabulary - 1) + v / 2
    top = max(own, rest)
    loss = top + np.log(np.exp(own - top) + np.exp(rest - top))
    return float(loss), float(np.exp(own - loss))


# %% right: log1p


def first_loss(*, vocabulary, width, token_std, position_std, added):
    size = math.hypot(token_std, position_std, added**0.5)
    cosine = token_std / size
    own = width * token_std * cosine
    others = math.log(vocabulary - 1) + 0.5 * width * token_std**2
    if own > others:
        loss = own + math.log1p(math.exp(others - own))
    else:
        loss = others + math.log1p(math.exp(own - others))
    return loss, math.exp(own - loss)


# %% right: the odds first


def first_loss(*, vocabulary, width, token_std, position_std, added):
    bottom = token_std**2 + position_std**2
    own = width * token_std**2 * (bottom + added) ** -0.5
    others = np.logaddexp.reduce([np.log(vocabulary - 1)]) + width * token_std**2 / 2
    difference = own - others
    probability = np.exp(-np.logaddexp(0.0, -difference))
    return float(others + np.logaddexp(0.0, difference)), float(probability)


# %% wrong: ln V


def first_loss(*, vocabulary, width, token_std, position_std, added):
    root = math.sqrt(token_std**2 + position_std**2 + added)
    own = width * token_std**2 / root
    others = math.log(vocabulary - 1) + width * token_std**2 / 2
    loss = math.log(vocabulary)
    return loss, math.exp(own - loss)


# %% wrong: without the own row


def first_loss(*, vocabulary, width, token_std, position_std, added):
    root = math.sqrt(token_std**2 + position_std**2 + added)
    own = width * token_std**2 / root
    others = math.log(vocabulary - 1) + width * token_std**2 / 2
    loss = math.log(vocabulary) + width * token_std**2 / 2
    return loss, math.exp(min(own - loss, 0))


# %% wrong: the variance, not half of it


def first_loss(*, vocabulary, width, token_std, position_std, added):
    root = math.sqrt(token_std**2 + position_std**2 + added)
    own = width * token_std**2 / root
    others = math.log(vocabulary - 1) + width * token_std**2
    loss = float(np.logaddexp(own, others))
    return loss, math.exp(own - loss)


# %% wrong: the standard deviation for the variance


def first_loss(*, vocabulary, width, token_std, position_std, added):
    root = math.sqrt(token_std**2 + position_std**2 + added)
    own = width * token_std**2 / root
    others = math.log(vocabulary - 1) + math.sqrt(width) * token_std / 2
    loss = float(np.logaddexp(own, others))
    return loss, math.exp(own - loss)


# %% wrong: the width left out


def first_loss(*, vocabulary, width, token_std, position_std, added):
    root = math.sqrt(token_std**2 + position_std**2 + added)
    own = width * token_std**2 / root
    others = math.log(vocabulary - 1) + token_std**2 / 2
    loss = float(np.logaddexp(own, others))
    return loss, math.exp(own - loss)


# %% wrong: all V rows, and the own one again


def first_loss(*, vocabulary, width, token_std, position_std, added):
    root = math.sqrt(token_std**2 + position_std**2 + added)
    own = width * token_std**2 / root
    others = math.log(vocabulary) + width * token_std**2 / 2
    loss = float(np.logaddexp(own, others))
    return loss, math.exp(own - loss)


# %% wrong: the layer norm forgotten


def first_loss(*, vocabulary, width, token_std, position_std, added):
    root = math.sqrt(token_std**2 + position_std**2 + added)
    own = width * token_std**2
    others = math.log(vocabulary - 1) + width * token_std**2 / 2
    loss = float(np.logaddexp(own, others))
    return loss, math.exp(own - loss)


# %% wrong: divided by the mean square


def first_loss(*, vocabulary, width, token_std, position_std, added):
    root = token_std**2 + position_std**2 + added
    own = width * token_std**2 / root
    others = math.log(vocabulary - 1) + width * token_std**2 / 2
    loss = float(np.logaddexp(own, others))
    return loss, math.exp(own - loss)


# %% wrong: the stream is the token alone


def first_loss(*, vocabulary, width, token_std, position_std, added):
    root = token_std
    own = width * token_std**2 / root
    others = math.log(vocabulary - 1) + width * token_std**2 / 2
    loss = float(np.logaddexp(own, others))
    return loss, math.exp(own - loss)


# %% wrong: positions left out of the stream


def first_loss(*, vocabulary, width, token_std, position_std, added):
    root = math.sqrt(token_std**2 + added)
    own = width * token_std**2 / root
    others = math.log(vocabulary - 1) + width * token_std**2 / 2
    loss = float(np.logaddexp(own, others))
    return loss, math.exp(own - loss)


# %% wrong: branches left out of the stream


def first_loss(*, vocabulary, width, token_std, position_std, added):
    root = math.sqrt(token_std**2 + position_std**2)
    own = width * token_std**2 / root
    others = math.log(vocabulary - 1) + width * token_std**2 / 2
    loss = float(np.logaddexp(own, others))
    return loss, math.exp(own - loss)


# %% wrong: what is added taken for a standard deviation


def first_loss(*, vocabulary, width, token_std, position_std, added):
    root = math.sqrt(token_std**2 + position_std**2 + added**2)
    own = width * token_std**2 / root
    others = math.log(vocabulary - 1) + width * token_std**2 / 2
    loss = float(np.logaddexp(own, others))
    return loss, math.exp(own - loss)


# %% wrong: standard deviations added


def first_loss(*, vocabulary, width, token_std, position_std, added):
    root = token_std + position_std + math.sqrt(added)
    own = width * token_std**2 / root
    others = math.log(vocabulary - 1) + width * token_std**2 / 2
    loss = float(np.logaddexp(own, others))
    return loss, math.exp(own - loss)


# %% wrong: the root of the width in the own logit


def first_loss(*, vocabulary, width, token_std, position_std, added):
    root = math.sqrt(token_std**2 + position_std**2 + added)
    own = math.sqrt(width) * token_std**2 / root
    others = math.log(vocabulary - 1) + width * token_std**2 / 2
    loss = float(np.logaddexp(own, others))
    return loss, math.exp(own - loss)


# %% wrong: the cosine squared


def first_loss(*, vocabulary, width, token_std, position_std, added):
    root = math.sqrt(token_std**2 + position_std**2 + added)
    own = width * token_std**3 / root**2
    others = math.log(vocabulary - 1) + width * token_std**2 / 2
    loss = float(np.logaddexp(own, others))
    return loss, math.exp(own - loss)


# %% wrong: the own token as the target


def first_loss(*, vocabulary, width, token_std, position_std, added):
    root = math.sqrt(token_std**2 + position_std**2 + added)
    own = width * token_std**2 / root
    others = math.log(vocabulary - 1) + width * token_std**2 / 2
    loss = float(np.logaddexp(own, others)) - own
    return loss, math.exp(-loss)


# %% wrong: odds for the probability


def first_loss(*, vocabulary, width, token_std, position_std, added):
    root = math.sqrt(token_std**2 + position_std**2 + added)
    own = width * token_std**2 / root
    others = math.log(vocabulary - 1) + width * token_std**2 / 2
    loss = float(np.logaddexp(own, others))
    return loss, math.exp(min(own - others, 700))


# %% wrong: exponentials overflow


def first_loss(*, vocabulary, width, token_std, position_std, added):
    root = math.sqrt(token_std**2 + position_std**2 + added)
    own = width * token_std**2 / root
    others = math.log(vocabulary - 1) + width * token_std**2 / 2
    loss = float(np.log((vocabulary - 1) * np.exp(width * token_std**2 / 2) + np.exp(own)))
    return loss, float(
        np.exp(own) / ((vocabulary - 1) * np.exp(width * token_std**2 / 2) + np.exp(own))
    )


# %% wrong: in bits


def first_loss(*, vocabulary, width, token_std, position_std, added):
    root = math.sqrt(token_std**2 + position_std**2 + added)
    own = width * token_std**2 / root
    others = math.log(vocabulary - 1) + width * token_std**2 / 2
    loss = float(np.logaddexp(own, others)) / math.log(2)
    return loss, math.exp(own - loss * math.log(2))


# %% wrong: the loss alone


def first_loss(*, vocabulary, width, token_std, position_std, added):
    own = width * token_std**2 / math.sqrt(token_std**2 + position_std**2 + added)
    return np.logaddexp(np.log(vocabulary - 1) + width * token_std**2 / 2, own)


# %% wrong: an array


def first_loss(*, vocabulary, width, token_std, position_std, added):
    own = width * token_std**2 / math.sqrt(token_std**2 + position_std**2 + added)
    loss = np.logaddexp(np.log(vocabulary - 1) + width * token_std**2 / 2, own)
    return np.array([loss, np.exp(own - loss)])


# %% wrong: the probability by exponentials


def first_loss(*, vocabulary, width, token_std, position_std, added):
    own = width * token_std**2 / math.sqrt(token_std**2 + position_std**2 + added)
    o = np.log(vocabulary - 1) + width * token_std**2 / 2
    loss = np.logaddexp(o, own)
    return loss, np.exp(own) / (np.exp(own) + np.exp(o))


# %% task: diagnose
# %% right: all by hand


def diagnose(signs, *, vocabulary, context, width, blocks, std):
    z = np.linspace(-8, 8, 2001)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    v = width * std**2
    h = v**0.5 * z
    gelu = h / 2 * (1 + np.tanh(0.7978845608 * (h + 0.044715 * h**3)))
    growth = 1 + width * (bell @ gelu**2)
    if not 0.75 <= signs["embedding"] / (2 * std**2) <= 1.25:
        return "embedding"
    if not 0.75 <= signs["hidden"] / v <= 1.25:
        return "first"
    if signs["entropy"] < math.log(context) - v**2 / 2 - 0.45:
        return "attention"
    if not 0.6 < (signs["growth"] - 1) / (growth - 1) < 3:
        return "last"
    return None


# %% right: a list of rules in order


def diagnose(signs, *, vocabulary, context, width, blocks, std):
    plan = transformers.gpt2_start(
        vocabulary=vocabulary, context=context, width=width, layers=blocks, std=std
    )
    rules = [
        ("embedding", signs["embedding"] / plan.embedding_second_moment, 0.7, 1.4),
        ("first", signs["hidden"] / plan.attention_logit_std, 0.7, 1.4),
        ("attention", math.exp(signs["entropy"] - plan.attention_entropy), 0.6, 10.0),
        ("last", (signs["growth"] - 1) / (plan.stream_growth - 1), 0.55, 3.2),
    ]
    for name, ratio, low, high in rules:
        if not low < ratio < high:
            return name


# %% right: what the blocks add, in absolute numbers


def diagnose(signs, *, vocabulary, context, width, blocks, std):
    plan = transformers.gpt2_start(
        vocabulary=vocabulary, context=context, width=width, layers=blocks, std=std
    )
    added = (signs["growth"] - 1) * signs["embedding"]
    wanted = blocks * plan.mlp_second_moment
    off = {
        "embedding": abs(np.log2(signs["embedding"] / plan.embedding_second_moment)) > 1,
        "attention": abs(signs["entropy"] - plan.attention_entropy) > 0.45,
        "first": abs(np.log2(signs["hidden"] / (width * std**2))) > 1,
        "last": not 0.55 < added / wanted < 3.2,
    }
    found = [name for name, wrong in off.items() if wrong]
    return found[0] if found else None


# %% wrong: the growth is looked at first


def diagnose(signs, *, vocabulary, context, width, blocks, std):
    wanted = transformers.gpt2_start(
        vocabulary=vocabulary, context=context, width=width, layers=blocks, std=std
    )
    embedding = abs(math.log(signs["embedding"] / wanted.embedding_second_moment)) > math.log(2)
    attention = abs(signs["entropy"] - wanted.attention_entropy) > 0.45
    first = abs(math.log(signs["hidden"] / (width * std**2))) > math.log(2)
    last = not 0.6 < (signs["growth"] - 1) / (wanted.stream_growth - 1) < 3
    for name, wrong in [
        ("last", last),
        ("embedding", embedding),
        ("attention", attention),
        ("first", first),
    ]:
        if wrong:
            return name
    return None


# %% wrong: the growth is looked at before the hidden layer


def diagnose(signs, *, vocabulary, context, width, blocks, std):
    wanted = transformers.gpt2_start(
        vocabulary=vocabulary, context=context, width=width, layers=blocks, std=std
    )
    embedding = abs(math.log(signs["embedding"] / wanted.embedding_second_moment)) > math.log(2)
    attention = abs(signs["entropy"] - wanted.attention_entropy) > 0.45
    first = abs(math.log(signs["hidden"] / (width * std**2))) > math.log(2)
    last = not 0.6 < (signs["growth"] - 1) / (wanted.stream_growth - 1) < 3
    for name, wrong in [
        ("embedding", embedding),
        ("attention", attention),
        ("last", last),
        ("first", first),
    ]:
        if wrong:
            return name
    return None


# %% wrong: faults by the loss


def diagnose(signs, *, vocabulary, context, width, blocks, std):
    wanted = transformers.gpt2_start(
        vocabulary=vocabulary, context=context, width=width, layers=blocks, std=std
    )
    embedding = abs(math.log(signs["embedding"] / wanted.embedding_second_moment)) > math.log(2)
    attention = abs(signs["entropy"] - wanted.attention_entropy) > 0.45
    first = abs(math.log(signs["hidden"] / (width * std**2))) > math.log(2)
    last = abs(signs["loss"] - wanted.loss) > 0.1
    for name, wrong in [
        ("embedding", embedding),
        ("attention", attention),
        ("first", first),
        ("last", last),
    ]:
        if wrong:
            return name
    return None


# %% wrong: an embedding fault seen in the loss when it is too large only


def diagnose(signs, *, vocabulary, context, width, blocks, std):
    wanted = transformers.gpt2_start(
        vocabulary=vocabulary, context=context, width=width, layers=blocks, std=std
    )
    embedding = signs["loss"] > wanted.loss + 0.3
    attention = abs(signs["entropy"] - wanted.attention_entropy) > 0.45
    first = abs(math.log(signs["hidden"] / (width * std**2))) > math.log(2)
    last = not 0.6 < (signs["growth"] - 1) / (wanted.stream_growth - 1) < 3
    for name, wrong in [
        ("embedding", embedding),
        ("attention", attention),
        ("first", first),
        ("last", last),
    ]:
        if wrong:
            return name
    return None


# %% wrong: only what is too large


def diagnose(signs, *, vocabulary, context, width, blocks, std):
    wanted = transformers.gpt2_start(
        vocabulary=vocabulary, context=context, width=width, layers=blocks, std=std
    )
    embedding = signs["embedding"] > 2 * wanted.embedding_second_moment
    attention = abs(signs["entropy"] - wanted.attention_entropy) > 0.45
    first = signs["hidden"] > 2 * width * std**2
    last = signs["growth"] > 3 * wanted.stream_growth
    for name, wrong in [
        ("embedding", embedding),
        ("attention", attention),
        ("first", first),
        ("last", last),
    ]:
        if wrong:
            return name
    return None


# %% wrong: one embedding instead of two


def diagnose(signs, *, vocabulary, context, width, blocks, std):
    wanted = transformers.gpt2_start(
        vocabulary=vocabulary, context=context, width=width, layers=blocks, std=std
    )
    embedding = abs(math.log(signs["embedding"] / std**2)) > math.log(1.6)
    attention = abs(signs["entropy"] - wanted.attention_entropy) > 0.45
    first = abs(math.log(signs["hidden"] / (width * std**2))) > math.log(2)
    last = not 0.6 < (signs["growth"] - 1) / (wanted.stream_growth - 1) < 3
    for name, wrong in [
        ("embedding", embedding),
        ("attention", attention),
        ("first", first),
        ("last", last),
    ]:
        if wrong:
            return name
    return None


# %% wrong: hidden without the width


def diagnose(signs, *, vocabulary, context, width, blocks, std):
    wanted = transformers.gpt2_start(
        vocabulary=vocabulary, context=context, width=width, layers=blocks, std=std
    )
    embedding = abs(math.log(signs["embedding"] / wanted.embedding_second_moment)) > math.log(2)
    attention = abs(signs["entropy"] - wanted.attention_entropy) > 0.45
    first = abs(math.log(signs["hidden"] / std**2)) > math.log(2)
    last = not 0.6 < (signs["growth"] - 1) / (wanted.stream_growth - 1) < 3
    for name, wrong in [
        ("embedding", embedding),
        ("attention", attention),
        ("first", first),
        ("last", last),
    ]:
        if wrong:
            return name
    return None


# %% wrong: uniform attention expected, with a narrow tolerance


def diagnose(signs, *, vocabulary, context, width, blocks, std):
    wanted = transformers.gpt2_start(
        vocabulary=vocabulary, context=context, width=width, layers=blocks, std=std
    )
    embedding = abs(math.log(signs["embedding"] / wanted.embedding_second_moment)) > math.log(2)
    attention = abs(signs["entropy"] - math.log(context)) > 0.1
    first = abs(math.log(signs["hidden"] / (width * std**2))) > math.log(2)
    last = not 0.6 < (signs["growth"] - 1) / (wanted.stream_growth - 1) < 3
    for name, wrong in [
        ("embedding", embedding),
        ("attention", attention),
        ("first", first),
        ("last", last),
    ]:
        if wrong:
            return name
    return None


# %% wrong: attention never suspected


def diagnose(signs, *, vocabulary, context, width, blocks, std):
    wanted = transformers.gpt2_start(
        vocabulary=vocabulary, context=context, width=width, layers=blocks, std=std
    )
    embedding = abs(math.log(signs["embedding"] / wanted.embedding_second_moment)) > math.log(2)
    attention = False
    first = abs(math.log(signs["hidden"] / (width * std**2))) > math.log(2)
    last = not 0.6 < (signs["growth"] - 1) / (wanted.stream_growth - 1) < 3
    for name, wrong in [
        ("embedding", embedding),
        ("attention", attention),
        ("first", first),
        ("last", last),
    ]:
        if wrong:
            return name
    return None


# %% wrong: entropy too large is suspected, too small is not


def diagnose(signs, *, vocabulary, context, width, blocks, std):
    wanted = transformers.gpt2_start(
        vocabulary=vocabulary, context=context, width=width, layers=blocks, std=std
    )
    embedding = abs(math.log(signs["embedding"] / wanted.embedding_second_moment)) > math.log(2)
    attention = signs["entropy"] - wanted.attention_entropy > 0.45
    first = abs(math.log(signs["hidden"] / (width * std**2))) > math.log(2)
    last = not 0.6 < (signs["growth"] - 1) / (wanted.stream_growth - 1) < 3
    for name, wrong in [
        ("embedding", embedding),
        ("attention", attention),
        ("first", first),
        ("last", last),
    ]:
        if wrong:
            return name
    return None


# %% wrong: a tolerance of 10 percent for the growth


def diagnose(signs, *, vocabulary, context, width, blocks, std):
    wanted = transformers.gpt2_start(
        vocabulary=vocabulary, context=context, width=width, layers=blocks, std=std
    )
    embedding = abs(math.log(signs["embedding"] / wanted.embedding_second_moment)) > math.log(2)
    attention = abs(signs["entropy"] - wanted.attention_entropy) > 0.45
    first = abs(math.log(signs["hidden"] / (width * std**2))) > math.log(2)
    last = abs(signs["growth"] / wanted.stream_growth - 1) > 0.1
    for name, wrong in [
        ("embedding", embedding),
        ("attention", attention),
        ("first", first),
        ("last", last),
    ]:
        if wrong:
            return name
    return None


# %% wrong: growth compared without the factor of the last layers


def diagnose(signs, *, vocabulary, context, width, blocks, std):
    wanted = transformers.gpt2_start(
        vocabulary=vocabulary, context=context, width=width, layers=blocks, std=std
    )
    embedding = abs(math.log(signs["embedding"] / wanted.embedding_second_moment)) > math.log(2)
    attention = abs(signs["entropy"] - wanted.attention_entropy) > 0.45
    first = abs(math.log(signs["hidden"] / (width * std**2))) > math.log(2)
    last = not 0.6 < (signs["growth"] - 1) / (wanted.stream_growth - 1) / (2 * blocks) < 3
    for name, wrong in [
        ("embedding", embedding),
        ("attention", attention),
        ("first", first),
        ("last", last),
    ]:
        if wrong:
            return name
    return None


# %% wrong: attention and first exchanged


def diagnose(signs, *, vocabulary, context, width, blocks, std):
    wanted = transformers.gpt2_start(
        vocabulary=vocabulary, context=context, width=width, layers=blocks, std=std
    )
    embedding = abs(math.log(signs["embedding"] / wanted.embedding_second_moment)) > math.log(2)
    attention = abs(signs["entropy"] - wanted.attention_entropy) > 0.45
    first = abs(math.log(signs["hidden"] / (width * std**2))) > math.log(2)
    last = not 0.6 < (signs["growth"] - 1) / (wanted.stream_growth - 1) < 3
    for name, wrong in [
        ("embedding", embedding),
        ("first", attention),
        ("attention", first),
        ("last", last),
    ]:
        if wrong:
            return name
    return None


# %% wrong: the last layers never suspected


def diagnose(signs, *, vocabulary, context, width, blocks, std):
    wanted = transformers.gpt2_start(
        vocabulary=vocabulary, context=context, width=width, layers=blocks, std=std
    )
    embedding = abs(math.log(signs["embedding"] / wanted.embedding_second_moment)) > math.log(2)
    attention = abs(signs["entropy"] - wanted.attention_entropy) > 0.45
    first = abs(math.log(signs["hidden"] / (width * std**2))) > math.log(2)
    last = False
    for name, wrong in [
        ("embedding", embedding),
        ("attention", attention),
        ("first", first),
        ("last", last),
    ]:
        if wrong:
            return name
    return None


# %% wrong: "sound" instead of None


def diagnose(signs, *, vocabulary, context, width, blocks, std):
    wanted = transformers.gpt2_start(
        vocabulary=vocabulary, context=context, width=width, layers=blocks, std=std
    )
    embedding = abs(math.log(signs["embedding"] / wanted.embedding_second_moment)) > math.log(2)
    attention = abs(signs["entropy"] - wanted.attention_entropy) > 0.45
    first = abs(math.log(signs["hidden"] / (width * std**2))) > math.log(2)
    last = not 0.6 < (signs["growth"] - 1) / (wanted.stream_growth - 1) < 3
    for name, wrong in [
        ("embedding", embedding),
        ("attention", attention),
        ("first", first),
        ("last", last),
    ]:
        if wrong:
            return name
    return "sound"


# %% wrong: limits for standard deviations


def diagnose(signs, *, vocabulary, context, width, blocks, std):
    w = transformers.gpt2_start(
        vocabulary=vocabulary, context=context, width=width, layers=blocks, std=std
    )
    if not 1 / 20 < signs["embedding"] / w.embedding_second_moment < 20:
        return "embedding"
    if signs["entropy"] < w.attention_entropy - 0.45:
        return "attention"
    if not 1 / 20 < signs["hidden"] / (width * std**2) < 20:
        return "first"
    return None if 0.5 < (signs["growth"] - 1) / (w.stream_growth - 1) < 4 else "last"


# %% wrong: the sign that is off most


def diagnose(signs, *, vocabulary, context, width, blocks, std):
    w = transformers.gpt2_start(
        vocabulary=vocabulary, context=context, width=width, layers=blocks, std=std
    )
    off = {
        "embedding": abs(math.log(signs["embedding"] / w.embedding_second_moment)),
        "attention": w.attention_entropy - signs["entropy"],
        "first": abs(math.log(signs["hidden"] / (width * std**2))),
        "last": abs(math.log((signs["growth"] - 1) / (w.stream_growth - 1))) - 0.5,
    }
    worst = max(off, key=off.get)
    return worst if off[worst] > 0.45 else None
