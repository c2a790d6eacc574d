"""Wrong and right answers to problem set 6; tests/assignments/answer_file.py reads them."""

# %% task: orthogonal
# %% right: fair coins as signs


def orthogonal(shape, *, gain=1.0, rng):
    Q, _ = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))
    Q = gain * Q * rng.choice([-1.0, 1.0], size=min(shape))
    return Q if shape[0] >= shape[1] else Q.T


# %% right: the orthogonal factor of the polar decomposition


def orthogonal(shape, *, gain=1.0, rng):
    U, _, Vt = np.linalg.svd(rng.standard_normal(shape), full_matrices=False)
    return gain * (U @ Vt)


# %% right: Gram and Schmidt, column by column


def orthogonal(shape, *, gain=1.0, rng):
    long, short = max(shape), min(shape)
    columns = []
    for _ in range(short):
        column = rng.normal(size=long)
        for _ in range(2):  # once more for rounding
            for other in columns:
                column = column - (other @ column) * other
        columns.append(column / np.linalg.norm(column))
    Q = gain * np.array(columns)
    return Q if shape[0] < shape[1] else Q.T


# %% right: part of a large square one


def orthogonal(shape, *, gain=1.0, rng):
    n = max(shape)
    A = rng.standard_normal((n, n))
    Q, R = np.linalg.qr(A)
    Q = Q @ np.diag(np.where(np.diag(R) < 0, -1.0, 1.0))
    return gain * Q[: shape[0], : shape[1]]


# %% wrong: Q as LAPACK returns it


def orthogonal(shape, *, gain=1.0, rng):
    Q, _ = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))
    return gain * (Q if shape[0] >= shape[1] else Q.T)


# %% wrong: one sign for the whole matrix


def orthogonal(shape, *, gain=1.0, rng):
    Q, _ = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))
    Q = Q * rng.choice([-1, 1])
    return gain * (Q if shape[0] >= shape[1] else Q.T)


# %% wrong: always a rotation, never a reflection


def orthogonal(shape, *, gain=1.0, rng):
    Q, R = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))
    Q = Q * np.sign(np.diag(R))
    if Q.shape[0] == Q.shape[1] and np.linalg.det(Q) < 0:
        Q[:, 0] *= -1
    return gain * (Q if shape[0] >= shape[1] else Q.T)


# %% wrong: uniform numbers instead of normal ones


def orthogonal(shape, *, gain=1.0, rng):
    Q, R = np.linalg.qr(rng.uniform(-1, 1, (max(shape), min(shape))))
    Q = Q * np.sign(np.diag(R))
    return gain * (Q if shape[0] >= shape[1] else Q.T)


# %% wrong: Gaussian weights of the same mean square


def orthogonal(shape, *, gain=1.0, rng):
    return gain * rng.standard_normal(shape) / max(shape) ** 0.5


# %% wrong: columns of length 1 that are not perpendicular


def orthogonal(shape, *, gain=1.0, rng):
    A = rng.standard_normal((max(shape), min(shape)))
    A = gain * A / np.linalg.norm(A, axis=0)
    return A if shape[0] >= shape[1] else A.T


# %% wrong: the gain squared


def orthogonal(shape, *, gain=1.0, rng):
    Q, R = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))
    Q = gain**2 * Q * np.sign(np.diag(R))
    return Q if shape[0] >= shape[1] else Q.T


# %% wrong: the gain forgotten


def orthogonal(shape, *, gain=1.0, rng):
    Q, R = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))
    Q = Q * np.sign(np.diag(R))
    return Q if shape[0] >= shape[1] else Q.T


# %% wrong: scaled to keep the mean square of its input


def orthogonal(shape, *, gain=1.0, rng):
    Q, R = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))
    Q = gain * Q * np.sign(np.diag(R)) * max(1, shape[0] / shape[1]) ** 0.5
    return Q if shape[0] >= shape[1] else Q.T


# %% wrong: wide matrices are not transposed


def orthogonal(shape, *, gain=1.0, rng):
    Q, R = np.linalg.qr(rng.standard_normal(shape))
    return gain * Q * np.sign(np.diag(R))


# %% wrong: a seed of its own


def orthogonal(shape, *, gain=1.0, rng):
    rng = np.random.default_rng(0)
    Q, R = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))
    Q = gain * Q * np.sign(np.diag(R))
    return Q if shape[0] >= shape[1] else Q.T


# %% wrong: NumPy's global state


def orthogonal(shape, *, gain=1.0, rng):
    Q, R = np.linalg.qr(np.random.standard_normal((max(shape), min(shape))))
    Q = gain * Q * np.sign(np.diag(R))
    return Q if shape[0] >= shape[1] else Q.T


# %% wrong: in single precision


def orthogonal(shape, *, gain=1.0, rng):
    Q, R = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))
    Q = gain * Q * np.sign(np.diag(R))
    return (Q if shape[0] >= shape[1] else Q.T).astype(np.float32)


# %% wrong: a random permutation with random signs


def orthogonal(shape, *, gain=1.0, rng):
    n = max(shape)
    Q = np.eye(n)[rng.permutation(n)] * rng.choice([-1.0, 1.0], size=n)
    return gain * Q[: shape[0], : shape[1]]


# %% wrong: one random reflection


def orthogonal(shape, *, gain=1.0, rng):
    n = max(shape)
    v = rng.standard_normal(n)
    Q = np.eye(n) - 2 * np.outer(v, v) / (v @ v)
    return gain * Q[: shape[0], : shape[1]]


# %% wrong: netinit's own


def orthogonal(shape, *, gain=1.0, rng):
    return netinit.orthogonal(shape, gain=gain, rng=rng, dtype=np.float64)


# %% task: stretches
# %% right: from the top down


def stretches(weights, biases, activation, x):
    hs, a = [], x
    for W, b in zip(weights, biases):
        hs.append(W @ a + b)
        a = activation(hs[-1])
    J = np.eye(len(a))
    for W, h in zip(reversed(weights), reversed(hs)):
        J = J @ np.diag(activation.derivative(h)) @ W
    return np.linalg.svd(J)[1]


# %% right: eigenvalues of the smaller product


def stretches(weights, biases, activation, x):
    J, a = None, np.asarray(x, float)
    for W, b in zip(weights, biases):
        h = a @ W.T + b
        a = activation(h)
        layer = np.diag(activation.derivative(h)) @ W
        J = layer if J is None else layer @ J
    small = J @ J.T if J.shape[0] < J.shape[1] else J.T @ J
    squares = np.clip(np.linalg.eigvalsh(small), 0, None)
    squares[squares < 1e-14 * squares.max()] = 0
    return np.sqrt(squares[::-1])


# %% right: column by column, each a small change pushed through


def stretches(weights, biases, activation, x):
    columns = []
    for i in range(len(x)):
        a, change = x, np.zeros(len(x))
        change[i] = 1.0
        for W, b in zip(weights, biases):
            h = W.dot(a) + b
            a = activation(h)
            change = activation.derivative(h) * W.dot(change)
        columns.append(change)
    return np.sort(np.linalg.svd(np.array(columns), compute_uv=False))[::-1]


# %% right: multi_dot


def stretches(weights, biases, activation, x):
    factors, a = [], x
    for W, b in zip(weights, biases):
        h = W @ a + b
        factors = [activation.derivative(h).reshape(-1, 1) * W, *factors]
        a = activation(h)
    J = np.linalg.multi_dot(factors) if len(factors) > 1 else factors[0]
    return np.linalg.svd(J, compute_uv=False)[: min(len(x), len(a))]


# %% wrong: the slope at a instead of h


def stretches(weights, biases, activation, x):
    a, product = x, np.eye(len(x))
    for W, b in zip(weights, biases):
        a = activation(W @ a + b)
        product = activation.derivative(a)[:, None] * (W @ product)
    return np.linalg.svd(product, compute_uv=False)


# %% wrong: slopes times columns


def stretches(weights, biases, activation, x):
    a, product = x, np.eye(len(x))
    for W, b in zip(weights, biases):
        h = W @ a + b
        a = activation(h)
        product = (
            np.diag(activation.derivative(h)) @ W @ product
            if len(h) != len(x)
            else (activation.derivative(h) * (W @ product))
        )
    return np.linalg.svd(product, compute_uv=False)


# %% wrong: the last activation left out


def stretches(weights, biases, activation, x):
    a, product = x, np.eye(len(x))
    for n, (W, b) in enumerate(zip(weights, biases)):
        h = W @ a + b
        a = activation(h)
        product = W @ product
        if n < len(weights) - 1:
            product = activation.derivative(h)[:, None] * product
    return np.linalg.svd(product, compute_uv=False)


# %% wrong: without the activation


def stretches(weights, biases, activation, x):
    product = np.eye(len(x))
    for W in weights:
        product = W @ product
    return np.linalg.svd(product, compute_uv=False)


# %% wrong: the biases left out


def stretches(weights, biases, activation, x):
    a, product = x, np.eye(len(x))
    for W in weights:
        h = W @ a
        a = activation(h)
        product = activation.derivative(h)[:, None] * (W @ product)
    return np.linalg.svd(product, compute_uv=False)


# %% wrong: all slopes at the input


def stretches(weights, biases, activation, x):
    product, a = np.eye(len(x)), x
    for W, b in zip(weights, biases):
        h = W @ a + b
        a = h  # the activation is not applied on the way
        product = activation.derivative(h)[:, None] * (W @ product)
    return np.linalg.svd(product, compute_uv=False)


# %% wrong: multiplied in the wrong order


def stretches(weights, biases, activation, x):
    a, product = x, None
    for W, b in zip(weights, biases):
        h = W @ a + b
        a = activation(h)
        layer = activation.derivative(h)[:, None] * W
        product = layer if product is None else product @ layer
    return np.linalg.svd(product, compute_uv=False)


# %% wrong: singular values of the layers, multiplied


def stretches(weights, biases, activation, x):
    a, s = x, 1.0
    for W, b in zip(weights, biases):
        h = W @ a + b
        a = activation(h)
        own = np.linalg.svd(activation.derivative(h)[:, None] * W, compute_uv=False)
        s = s * own[: min(len(own), np.size(s))] if np.size(s) > 1 else s * own
    return s


# %% wrong: squares


def stretches(weights, biases, activation, x):
    a, product = x, np.eye(len(x))
    for W, b in zip(weights, biases):
        h = W @ a + b
        a = activation(h)
        product = activation.derivative(h)[:, None] * (W @ product)
    return np.linalg.svd(product, compute_uv=False) ** 2


# %% wrong: moduli of eigenvalues


def stretches(weights, biases, activation, x):
    a, product = x, np.eye(len(x))
    for W, b in zip(weights, biases):
        h = W @ a + b
        a = activation(h)
        product = activation.derivative(h)[:, None] * (W @ product)
    return np.sort(np.abs(np.linalg.eigvals(product)))[::-1]


# %% wrong: the eigenvalues of the larger product


def stretches(weights, biases, activation, x):
    a, product = x, np.eye(len(x))
    for W, b in zip(weights, biases):
        h = W @ a + b
        a = activation(h)
        product = activation.derivative(h)[:, None] * (W @ product)
    return np.sqrt(np.clip(np.linalg.eigvalsh(product @ product.T), 0, None))[::-1]


# %% wrong: from the smallest


def stretches(weights, biases, activation, x):
    a, product = x, np.eye(len(x))
    for W, b in zip(weights, biases):
        h = W @ a + b
        a = activation(h)
        product = activation.derivative(h)[:, None] * (W @ product)
    return np.linalg.svd(product, compute_uv=False)[::-1]


# %% wrong: only those that are not zero


def stretches(weights, biases, activation, x):
    a, product = x, np.eye(len(x))
    for W, b in zip(weights, biases):
        h = W @ a + b
        a = activation(h)
        product = activation.derivative(h)[:, None] * (W @ product)
    s = np.linalg.svd(product, compute_uv=False)
    return s[s > 1e-12]


# %% wrong: x is overwritten


def stretches(weights, biases, activation, x):
    product = np.eye(len(x))
    for W, b in zip(weights, biases):
        h = W @ x + b
        product = activation.derivative(h)[:, None] * (W @ product)
        if len(h) == len(x):
            x[:] = activation(h)
        else:
            x = activation(h)
    return np.linalg.svd(product, compute_uv=False)


# %% wrong: netinit's passes, kept under other names

_f, _b = netinit.MLP.forward, netinit.MLP.backward


def stretches(weights, biases, activation, x):
    net = netinit.MLP(weights, biases, activation)
    s = _f(net, x[None])
    n = len(biases[-1])
    rows = []
    for i in range(n):
        g = np.zeros((1, n))
        g[0, i] = activation.derivative(s.preactivations[-1])[0, i]
        rows.append(_b(net, s, g).inputs[0])
    return np.linalg.svd(np.array(rows), compute_uv=False)


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


from netinit.propagation import singular_values


def stretches(weights, biases, activation, x):
    return singular_values(built(weights, biases, activation, True), x[None])[0]


# %% task: next-pair
# %% right: Gauss and Hermite in two dimensions


def next_pair(function, q, c, *, scaled_variance, bias_variance=0.0):
    z, w = np.polynomial.hermite_e.hermegauss(150)
    w = w / w.sum()
    z1, z2 = np.meshgrid(z, z, indexing="ij")
    u = np.sqrt(q) * z1
    v = np.sqrt(q) * (c * z1 + np.sqrt(1 - c**2) * z2)
    weights = np.outer(w, w)
    square = np.sum(weights * function(u) ** 2)
    product = np.sum(weights * function(u) * function(v))
    after = scaled_variance * square + bias_variance
    return float(after), float((scaled_variance * product + bias_variance) / after)


# %% right: a shared part and two parts of their own


def next_pair(function, q, c, *, scaled_variance, bias_variance=0.0):
    z = np.arange(-7, 7.01, 0.05)
    p = np.exp(-z * z / 2)
    p = p / p.sum()

    def given_shared(sign):
        common = sign * abs(c) ** 0.5 * z[:, None]
        return function(q**0.5 * (common + (1 - abs(c)) ** 0.5 * z[None, :])) @ p

    second = (p * function(q**0.5 * z) ** 2).sum()
    mixed = (p * given_shared(1) * given_shared(1 if c > 0 else -1)).sum()
    q2 = float(scaled_variance * second + bias_variance)
    return q2, float(scaled_variance * mixed + bias_variance) / q2


# %% right: the joint density, an ellipse


def next_pair(function, q, c, *, scaled_variance, bias_variance=0.0):
    def mean(g):
        z = np.linspace(-7, 7, 301)
        b = np.exp(-0.5 * z**2)
        b /= b.sum()
        if abs(c) > 0.999999:  # the ellipse is a line
            s = np.sqrt(q) * z
            return b @ g(s, s if c > 0 else -s)
        plus, minus = np.sqrt(q * (1 + c)), np.sqrt(q * (1 - c))
        s, d = plus * z[:, None], minus * z[None, :]
        return b @ g((s + d) / np.sqrt(2), (s - d) / np.sqrt(2)) @ b

    later = scaled_variance * mean(lambda u, v: function(u) ** 2) + bias_variance
    product = scaled_variance * mean(lambda u, v: function(u) * function(v)) + bias_variance
    return float(later), float(product / later)


# %% right: a list of two


def next_pair(function, q, c, *, scaled_variance, bias_variance=0.0):
    z = np.linspace(-8, 8, 161)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    u = np.sqrt(q) * z[:, None]
    v = np.sqrt(q) * (c * z[:, None] + np.sqrt(1 - c**2) * z)
    later = scaled_variance * (bell @ function(np.sqrt(q) * z) ** 2) + bias_variance
    product = scaled_variance * (bell @ (function(u) * function(v)) @ bell) + bias_variance
    return [later, product / later]


# %% wrong: divided by the old q


def next_pair(function, q, c, *, scaled_variance, bias_variance=0.0):
    z = np.linspace(-8, 8, 241)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    u = math.sqrt(q) * z[:, None]
    v = math.sqrt(q) * (c * z[:, None] + math.sqrt(1 - c**2) * z)
    later = scaled_variance * float(bell @ function(u[:, 0]) ** 2) + bias_variance
    product = scaled_variance * float(bell @ (function(u) * function(v)) @ bell) + bias_variance
    return later, product / q


# %% wrong: the bias left out of the product


def next_pair(function, q, c, *, scaled_variance, bias_variance=0.0):
    z = np.linspace(-8, 8, 241)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    u = math.sqrt(q) * z[:, None]
    v = math.sqrt(q) * (c * z[:, None] + math.sqrt(1 - c**2) * z)
    later = scaled_variance * float(bell @ function(u[:, 0]) ** 2) + bias_variance
    product = scaled_variance * float(bell @ (function(u) * function(v)) @ bell)
    return later, product / later


# %% wrong: the bias left out of both


def next_pair(function, q, c, *, scaled_variance, bias_variance=0.0):
    z = np.linspace(-8, 8, 241)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    u = math.sqrt(q) * z[:, None]
    v = math.sqrt(q) * (c * z[:, None] + math.sqrt(1 - c**2) * z)
    later = scaled_variance * float(bell @ function(u[:, 0]) ** 2)
    product = scaled_variance * float(bell @ (function(u) * function(v)) @ bell)
    return later, product / later


# %% wrong: the bias scale for its variance


def next_pair(function, q, c, *, scaled_variance, bias_variance=0.0):
    z = np.linspace(-8, 8, 241)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    u = math.sqrt(q) * z[:, None]
    v = math.sqrt(q) * (c * z[:, None] + math.sqrt(1 - c**2) * z)
    bias = math.sqrt(bias_variance)
    later = scaled_variance * float(bell @ function(u[:, 0]) ** 2) + bias
    product = scaled_variance * float(bell @ (function(u) * function(v)) @ bell) + bias
    return later, product / later


# %% wrong: z is not stretched by the root of q


def next_pair(function, q, c, *, scaled_variance, bias_variance=0.0):
    z = np.linspace(-8, 8, 241)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    u = z[:, None]
    v = c * z[:, None] + math.sqrt(1 - c**2) * z
    later = scaled_variance * q * float(bell @ function(u[:, 0]) ** 2) + bias_variance
    product = scaled_variance * q * float(bell @ (function(u) * function(v)) @ bell) + bias_variance
    return later, product / later


# %% wrong: stretched by q


def next_pair(function, q, c, *, scaled_variance, bias_variance=0.0):
    z = np.linspace(-8, 8, 241)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    u = q * z[:, None]
    v = q * (c * z[:, None] + math.sqrt(1 - c**2) * z)
    later = scaled_variance * float(bell @ function(u[:, 0]) ** 2) + bias_variance
    product = scaled_variance * float(bell @ (function(u) * function(v)) @ bell) + bias_variance
    return later, product / later


# %% wrong: a mixture with 1 - c


def next_pair(function, q, c, *, scaled_variance, bias_variance=0.0):
    z = np.linspace(-8, 8, 241)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    u = math.sqrt(q) * z[:, None]
    v = math.sqrt(q) * (c * z[:, None] + (1 - c) * z)
    later = scaled_variance * float(bell @ function(u[:, 0]) ** 2) + bias_variance
    product = scaled_variance * float(bell @ (function(u) * function(v)) @ bell) + bias_variance
    return later, product / later


# %% wrong: the mean is subtracted


def next_pair(function, q, c, *, scaled_variance, bias_variance=0.0):
    z = np.linspace(-8, 8, 241)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    u = math.sqrt(q) * z[:, None]
    v = math.sqrt(q) * (c * z[:, None] + math.sqrt(1 - c**2) * z)
    mean = float(bell @ function(u[:, 0]))
    later = scaled_variance * float(bell @ function(u[:, 0]) ** 2) + bias_variance
    product = float(bell @ (function(u) * function(v)) @ bell) - mean**2
    return later, (scaled_variance * product + bias_variance) / later


# %% wrong: variances for second moments


def next_pair(function, q, c, *, scaled_variance, bias_variance=0.0):
    z = np.linspace(-8, 8, 241)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    u = math.sqrt(q) * z[:, None]
    v = math.sqrt(q) * (c * z[:, None] + math.sqrt(1 - c**2) * z)
    mean = float(bell @ function(u[:, 0]))
    square = float(bell @ function(u[:, 0]) ** 2) - mean**2
    product = float(bell @ (function(u) * function(v)) @ bell) - mean**2
    later = scaled_variance * square + bias_variance
    return later, (scaled_variance * product + bias_variance) / later


# %% wrong: the scaled variance squared, as if it were a scale


def next_pair(function, q, c, *, scaled_variance, bias_variance=0.0):
    z = np.linspace(-8, 8, 241)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    u = math.sqrt(q) * z[:, None]
    v = math.sqrt(q) * (c * z[:, None] + math.sqrt(1 - c**2) * z)
    later = scaled_variance**2 * float(bell @ function(u[:, 0]) ** 2) + bias_variance
    product = scaled_variance**2 * float(bell @ (function(u) * function(v)) @ bell)
    return later, (product + bias_variance) / later


# %% wrong: one bell for both numbers


def next_pair(function, q, c, *, scaled_variance, bias_variance=0.0):
    z = np.linspace(-8, 8, 241)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    u = math.sqrt(q) * z
    v = math.sqrt(q) * (c * z + math.sqrt(1 - c**2) * z)
    later = scaled_variance * float(bell @ function(u) ** 2) + bias_variance
    product = scaled_variance * float(bell @ (function(u) * function(v))) + bias_variance
    return later, product / later


# %% wrong: a few hundred random pairs


def next_pair(function, q, c, *, scaled_variance, bias_variance=0.0):
    z = np.random.default_rng(0).standard_normal((2, 300))
    u = math.sqrt(q) * z[0]
    v = math.sqrt(q) * (c * z[0] + math.sqrt(1 - c**2) * z[1])
    later = scaled_variance * float(np.mean(function(u) ** 2)) + bias_variance
    product = scaled_variance * float(np.mean(function(u) * function(v))) + bias_variance
    return later, product / later


# %% wrong: the old q is returned


def next_pair(function, q, c, *, scaled_variance, bias_variance=0.0):
    z = np.linspace(-8, 8, 241)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    u = math.sqrt(q) * z[:, None]
    v = math.sqrt(q) * (c * z[:, None] + math.sqrt(1 - c**2) * z)
    later = scaled_variance * float(bell @ function(u[:, 0]) ** 2) + bias_variance
    product = scaled_variance * float(bell @ (function(u) * function(v)) @ bell) + bias_variance
    return q, product / later


# %% wrong: netinit's integrals


def next_pair(function, q, c, *, scaled_variance, bias_variance=0.0):
    from netinit.theory.correlated import product_moment

    later = scaled_variance * float(netinit.moments.second_moment(function, q)) + bias_variance
    product = scaled_variance * float(product_moment(function, q, c)) + bias_variance
    return later, product / later


# %% task: critical-start
# %% right: a table of q, then a finer one


def critical_start(function, derivative, depth, limit):
    z, w = np.polynomial.hermite_e.hermegauss(180)
    w = w / np.sum(w)

    def v(q):
        d = derivative(np.sqrt(q) * z)
        return depth * (np.sum(w * d**4) / np.sum(w * d**2) ** 2 - 1)

    low, high = 0.001, 100.0
    for _ in range(4):
        table = np.geomspace(low, high, 30)
        allowed = np.flatnonzero([v(q) <= limit * (1 + 1e-12) for q in table])
        last = allowed[-1]
        low, high = table[last], table[min(last + 1, 29)]
    q = float(low)
    s = float(1 / np.sum(w * derivative(np.sqrt(q) * z) ** 2))
    b = float(q - s * np.sum(w * function(np.sqrt(q) * z) ** 2))
    if b < 0:
        raise ValueError("negative")
    return q, s, b


# %% right: one fine table, all at once


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-8, 8, 401)
    bell = np.exp(-z * z / 2)
    bell = bell / bell.sum()
    q = np.exp(np.arange(np.log(0.001), np.log(100), 0.008))
    slopes = derivative(np.sqrt(q)[:, None] * z) ** 2
    first, second = slopes @ bell, slopes**2 @ bell
    best = np.sum(depth * (second / first**2 - 1) <= limit) - 1
    b = q[best] - function(np.sqrt(q[best]) * z) ** 2 @ bell / first[best]
    if not b >= 0:
        raise ValueError(f"bias variance {b}")
    return float(q[best]), float(1 / first[best]), float(b)


# %% right: bisection of the logarithm


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-9, 9, 2001)
    bell = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()

    def over(log_q):
        d = derivative(np.exp(log_q / 2) * z)
        return np.dot(bell, d**4) / np.dot(bell, d**2) ** 2 - 1 - limit / depth

    a, b = np.log(1e-3), np.log(100)
    while b - a > 1e-3:
        c = (a + b) / 2
        a, b = (a, c) if over(c) > 0 else (c, b)
    q = math.exp(a)
    weight = 1.0 / np.dot(bell, derivative(math.sqrt(q) * z) ** 2)
    bias = q - weight * np.dot(bell, function(math.sqrt(q) * z) ** 2)
    if bias < 0:
        raise ValueError("there is no such start")
    return q, float(weight), float(bias)


# %% right: an array, and q a little too small


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-8, 8, 1601)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    for q in np.geomspace(1e-3, 100, 3000):
        slopes = derivative(np.sqrt(q) * z)
        if depth * (bell @ slopes**4 / (bell @ slopes**2) ** 2 - 1) > limit:
            break
        best = 0.996 * q
    weight = 1 / (bell @ derivative(np.sqrt(best) * z) ** 2)
    bias = best - weight * (bell @ function(np.sqrt(best) * z) ** 2)
    if bias < 0:
        raise ValueError("no such start")
    return np.array([best, weight, bias])


# %% wrong: Gaussian weights


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-9, 9, 2401)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()

    def unevenness(q):
        d = derivative(math.sqrt(q) * z)
        return depth * (bell @ d**4 / (bell @ d**2) ** 2)

    low, high = 1e-3, 100.0
    while high / low > 1.0001:
        middle = math.sqrt(low * high)
        if unevenness(middle) <= limit:
            low = middle
        else:
            high = middle
    q = low
    d, f = derivative(math.sqrt(q) * z), function(math.sqrt(q) * z)
    scaled_variance = 1 / (bell @ d**2)
    bias_variance = q - scaled_variance * (bell @ f**2)
    if bias_variance < 0:
        raise ValueError("the bias variance is negative")
    return float(q), float(scaled_variance), float(bias_variance)


# %% wrong: the depth left out


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-9, 9, 2401)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()

    def unevenness(q):
        d = derivative(math.sqrt(q) * z)
        return bell @ d**4 / (bell @ d**2) ** 2 - 1

    low, high = 1e-3, 100.0
    while high / low > 1.0001:
        middle = math.sqrt(low * high)
        if unevenness(middle) <= limit:
            low = middle
        else:
            high = middle
    q = low
    d, f = derivative(math.sqrt(q) * z), function(math.sqrt(q) * z)
    scaled_variance = 1 / (bell @ d**2)
    bias_variance = q - scaled_variance * (bell @ f**2)
    if bias_variance < 0:
        raise ValueError("the bias variance is negative")
    return float(q), float(scaled_variance), float(bias_variance)


# %% wrong: the slope squared instead of its fourth power


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-9, 9, 2401)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()

    def unevenness(q):
        d = derivative(math.sqrt(q) * z)
        return depth * (bell @ d**2 / (bell @ d) ** 2 - 1)

    low, high = 1e-3, 100.0
    while high / low > 1.0001:
        middle = math.sqrt(low * high)
        if unevenness(middle) <= limit:
            low = middle
        else:
            high = middle
    q = low
    d, f = derivative(math.sqrt(q) * z), function(math.sqrt(q) * z)
    scaled_variance = 1 / (bell @ d**2)
    bias_variance = q - scaled_variance * (bell @ f**2)
    if bias_variance < 0:
        raise ValueError("the bias variance is negative")
    return float(q), float(scaled_variance), float(bias_variance)


# %% wrong: the 1 subtracted once for the network


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-9, 9, 2401)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()

    def unevenness(q):
        d = derivative(math.sqrt(q) * z)
        return depth * (bell @ d**4 / (bell @ d**2) ** 2) - 1

    low, high = 1e-3, 100.0
    while high / low > 1.0001:
        middle = math.sqrt(low * high)
        if unevenness(middle) <= limit:
            low = middle
        else:
            high = middle
    q = low
    d, f = derivative(math.sqrt(q) * z), function(math.sqrt(q) * z)
    scaled_variance = 1 / (bell @ d**2)
    bias_variance = q - scaled_variance * (bell @ f**2)
    if bias_variance < 0:
        raise ValueError("the bias variance is negative")
    return float(q), float(scaled_variance), float(bias_variance)


# %% wrong: the variance not divided by the squared mean


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-9, 9, 2401)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()

    def unevenness(q):
        d = derivative(math.sqrt(q) * z)
        return depth * (bell @ d**4 - (bell @ d**2) ** 2)

    low, high = 1e-3, 100.0
    while high / low > 1.0001:
        middle = math.sqrt(low * high)
        if unevenness(middle) <= limit:
            low = middle
        else:
            high = middle
    q = low
    d, f = derivative(math.sqrt(q) * z), function(math.sqrt(q) * z)
    scaled_variance = 1 / (bell @ d**2)
    bias_variance = q - scaled_variance * (bell @ f**2)
    if bias_variance < 0:
        raise ValueError("the bias variance is negative")
    return float(q), float(scaled_variance), float(bias_variance)


# %% wrong: z stretched by q


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-9, 9, 2401)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()

    def unevenness(q):
        d = derivative(q * z)
        return depth * (bell @ d**4 / (bell @ d**2) ** 2 - 1)

    low, high = 1e-3, 100.0
    while high / low > 1.0001:
        middle = math.sqrt(low * high)
        if unevenness(middle) <= limit:
            low = middle
        else:
            high = middle
    q = low
    d, f = derivative(q * z), function(q * z)
    scaled_variance = 1 / (bell @ d**2)
    bias_variance = q - scaled_variance * (bell @ f**2)
    if bias_variance < 0:
        raise ValueError("the bias variance is negative")
    return float(q), float(scaled_variance), float(bias_variance)


# %% wrong: z not stretched


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-9, 9, 2401)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()

    def unevenness(q):
        d = derivative(1 * z)
        return depth * (bell @ d**4 / (bell @ d**2) ** 2 - 1)

    low, high = 1e-3, 100.0
    while high / low > 1.0001:
        middle = math.sqrt(low * high)
        if unevenness(middle) <= limit:
            low = middle
        else:
            high = middle
    q = low
    d, f = derivative(1 * z), function(1 * z)
    scaled_variance = 1 / (bell @ d**2)
    bias_variance = q - scaled_variance * (bell @ f**2)
    if bias_variance < 0:
        raise ValueError("the bias variance is negative")
    return float(q), float(scaled_variance), float(bias_variance)


# %% wrong: the mean slope squared for its mean square


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-9, 9, 2401)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()

    def unevenness(q):
        d = derivative(math.sqrt(q) * z)
        return depth * (bell @ d**4 / (bell @ d**2) ** 2 - 1)

    low, high = 1e-3, 100.0
    while high / low > 1.0001:
        middle = math.sqrt(low * high)
        if unevenness(middle) <= limit:
            low = middle
        else:
            high = middle
    q = low
    d, f = derivative(math.sqrt(q) * z), function(math.sqrt(q) * z)
    scaled_variance = 1 / (bell @ d) ** 2
    bias_variance = q - scaled_variance * (bell @ f**2)
    if bias_variance < 0:
        raise ValueError("the bias variance is negative")
    return float(q), float(scaled_variance), float(bias_variance)


# %% wrong: the weight scale for its square


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-9, 9, 2401)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()

    def unevenness(q):
        d = derivative(math.sqrt(q) * z)
        return depth * (bell @ d**4 / (bell @ d**2) ** 2 - 1)

    low, high = 1e-3, 100.0
    while high / low > 1.0001:
        middle = math.sqrt(low * high)
        if unevenness(middle) <= limit:
            low = middle
        else:
            high = middle
    q = low
    d, f = derivative(math.sqrt(q) * z), function(math.sqrt(q) * z)
    scaled_variance = (bell @ d**2) ** -0.5
    bias_variance = q - (bell @ f**2) / (bell @ d**2)
    if bias_variance < 0:
        raise ValueError("the bias variance is negative")
    return float(q), float(scaled_variance), float(bias_variance)


# %% wrong: no biases


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-9, 9, 2401)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()

    def unevenness(q):
        d = derivative(math.sqrt(q) * z)
        return depth * (bell @ d**4 / (bell @ d**2) ** 2 - 1)

    low, high = 1e-3, 100.0
    while high / low > 1.0001:
        middle = math.sqrt(low * high)
        if unevenness(middle) <= limit:
            low = middle
        else:
            high = middle
    q = low
    d, f = derivative(math.sqrt(q) * z), function(math.sqrt(q) * z)
    scaled_variance = 1 / (bell @ d**2)
    bias_variance = 0.0
    if bias_variance < 0:
        raise ValueError("the bias variance is negative")
    return float(q), float(scaled_variance), float(bias_variance)


# %% wrong: the bias scale for its variance


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-9, 9, 2401)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()

    def unevenness(q):
        d = derivative(math.sqrt(q) * z)
        return depth * (bell @ d**4 / (bell @ d**2) ** 2 - 1)

    low, high = 1e-3, 100.0
    while high / low > 1.0001:
        middle = math.sqrt(low * high)
        if unevenness(middle) <= limit:
            low = middle
        else:
            high = middle
    q = low
    d, f = derivative(math.sqrt(q) * z), function(math.sqrt(q) * z)
    scaled_variance = 1 / (bell @ d**2)
    bias_variance = abs(q - scaled_variance * (bell @ f**2)) ** 0.5
    return float(q), float(scaled_variance), float(bias_variance)


# %% wrong: the variance of the activation for its second moment


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-9, 9, 2401)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()

    def unevenness(q):
        d = derivative(math.sqrt(q) * z)
        return depth * (bell @ d**4 / (bell @ d**2) ** 2 - 1)

    low, high = 1e-3, 100.0
    while high / low > 1.0001:
        middle = math.sqrt(low * high)
        if unevenness(middle) <= limit:
            low = middle
        else:
            high = middle
    q = low
    d, f = derivative(math.sqrt(q) * z), function(math.sqrt(q) * z)
    scaled_variance = 1 / (bell @ d**2)
    bias_variance = q - scaled_variance * (bell @ f**2 - (bell @ f) ** 2)
    if bias_variance < 0:
        raise ValueError("the bias variance is negative")
    return float(q), float(scaled_variance), float(bias_variance)


# %% wrong: gain by the signal instead of the gradient


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-9, 9, 2401)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()

    def unevenness(q):
        d = derivative(math.sqrt(q) * z)
        return depth * (bell @ d**4 / (bell @ d**2) ** 2 - 1)

    low, high = 1e-3, 100.0
    while high / low > 1.0001:
        middle = math.sqrt(low * high)
        if unevenness(middle) <= limit:
            low = middle
        else:
            high = middle
    q = low
    d, f = derivative(math.sqrt(q) * z), function(math.sqrt(q) * z)
    scaled_variance = q / (bell @ f**2)
    bias_variance = q - scaled_variance * (bell @ f**2)
    if bias_variance < 0:
        raise ValueError("the bias variance is negative")
    return float(q), float(scaled_variance), float(bias_variance)


# %% wrong: a negative bias variance is returned


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-9, 9, 2401)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()

    def unevenness(q):
        d = derivative(math.sqrt(q) * z)
        return depth * (bell @ d**4 / (bell @ d**2) ** 2 - 1)

    low, high = 1e-3, 100.0
    while high / low > 1.0001:
        middle = math.sqrt(low * high)
        if unevenness(middle) <= limit:
            low = middle
        else:
            high = middle
    q = low
    d, f = derivative(math.sqrt(q) * z), function(math.sqrt(q) * z)
    scaled_variance = 1 / (bell @ d**2)
    bias_variance = q - scaled_variance * (bell @ f**2)
    return float(q), float(scaled_variance), float(bias_variance)


# %% wrong: a negative bias variance is set to 0


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-9, 9, 2401)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()

    def unevenness(q):
        d = derivative(math.sqrt(q) * z)
        return depth * (bell @ d**4 / (bell @ d**2) ** 2 - 1)

    low, high = 1e-3, 100.0
    while high / low > 1.0001:
        middle = math.sqrt(low * high)
        if unevenness(middle) <= limit:
            low = middle
        else:
            high = middle
    q = low
    d, f = derivative(math.sqrt(q) * z), function(math.sqrt(q) * z)
    scaled_variance = 1 / (bell @ d**2)
    bias_variance = q - scaled_variance * (bell @ f**2)
    bias_variance = max(bias_variance, 0.0)
    return float(q), float(scaled_variance), float(bias_variance)


# %% wrong: the size of a negative bias variance


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-9, 9, 2401)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()

    def unevenness(q):
        d = derivative(math.sqrt(q) * z)
        return depth * (bell @ d**4 / (bell @ d**2) ** 2 - 1)

    low, high = 1e-3, 100.0
    while high / low > 1.0001:
        middle = math.sqrt(low * high)
        if unevenness(middle) <= limit:
            low = middle
        else:
            high = middle
    q = low
    d, f = derivative(math.sqrt(q) * z), function(math.sqrt(q) * z)
    scaled_variance = 1 / (bell @ d**2)
    bias_variance = q - scaled_variance * (bell @ f**2)
    bias_variance = abs(bias_variance)
    return float(q), float(scaled_variance), float(bias_variance)


# %% wrong: a search that stops too early


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-9, 9, 2401)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()

    def unevenness(q):
        d = derivative(math.sqrt(q) * z)
        return depth * (bell @ d**4 / (bell @ d**2) ** 2 - 1)

    low, high = 1e-3, 100.0
    while high / low > 1.3:
        middle = math.sqrt(low * high)
        if unevenness(middle) <= limit:
            low = middle
        else:
            high = middle
    q = low
    d, f = derivative(math.sqrt(q) * z), function(math.sqrt(q) * z)
    scaled_variance = 1 / (bell @ d**2)
    bias_variance = q - scaled_variance * (bell @ f**2)
    if bias_variance < 0:
        raise ValueError("the bias variance is negative")
    return float(q), float(scaled_variance), float(bias_variance)


# %% wrong: a table of equal steps


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-8, 8, 1601)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    best = 0.001
    for q in np.linspace(0.001, 100, 1000):
        slopes = derivative(np.sqrt(q) * z)
        if depth * (bell @ slopes**4 / (bell @ slopes**2) ** 2 - 1) > limit:
            break
        best = q
    weight = 1 / (bell @ derivative(np.sqrt(best) * z) ** 2)
    bias = best - weight * (bell @ function(np.sqrt(best) * z) ** 2)
    if bias < 0:
        raise ValueError("no such start")
    return float(best), float(weight), float(bias)


# %% wrong: the formulas at h = 0


def critical_start(function, derivative, depth, limit):
    z = np.linspace(-9, 9, 2401)
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()

    def unevenness(q):
        d = derivative(math.sqrt(q) * z)
        return depth * (bell @ d**4 / (bell @ d**2) ** 2 - 1)

    low, high = 1e-3, 100.0
    while high / low > 1.0001:
        middle = math.sqrt(low * high)
        if unevenness(middle) <= limit:
            low = middle
        else:
            high = middle
    q = low
    d, f = derivative(math.sqrt(q) * z), function(math.sqrt(q) * z)
    scaled_variance = 1 / derivative(np.zeros(1))[0] ** 2
    bias_variance = q - scaled_variance * (bell @ f**2)
    if bias_variance < 0:
        raise ValueError("the bias variance is negative")
    return float(q), float(scaled_variance), float(bias_variance)
