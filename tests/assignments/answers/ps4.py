"""Wrong and right answers to problem set 4, as `answer_file` reads them."""

# %% task: bent
# %% right: if after if


def bent_layer(fan_in, fan_out, *, left, right, mode="fan_in"):
    if mode == "fan_in":
        n = fan_in
    elif mode == "fan_out":
        n = fan_out
    elif mode == "fan_avg":
        n = 0.5 * (fan_in + fan_out)
    elif mode == "fan_geo_avg":
        n = (fan_in * fan_out) ** 0.5
    else:
        raise ValueError(f"unknown mode {mode}")
    if left == 0 and right == 0:
        raise ValueError("nothing passes")
    return (2 / (left**2 + right**2) / n) ** 0.5, fan_in / n, fan_out / n


# %% right: a gain, and factors from the standard deviation


def bent_layer(fan_in, fan_out, *, left, right, mode="fan_in"):
    if not (left or right):
        raise ValueError("both slopes are 0")
    gain = np.sqrt(2 / (left**2 + right**2))
    try:
        n = dict(
            fan_in=fan_in,
            fan_out=fan_out,
            fan_avg=np.mean([fan_in, fan_out]),
            fan_geo_avg=np.exp((np.log(fan_in) + np.log(fan_out)) / 2),
        )[mode]
    except KeyError:
        raise ValueError("no such mode") from None
    std = gain / np.sqrt(n)
    return std, fan_in * (std / gain) ** 2, fan_out * (std / gain) ** 2


# %% right: match, and the share of each half


def bent_layer(fan_in, fan_out, *, left, right, mode="fan_in"):
    kept = left * left / 2 + right * right / 2
    if kept == 0:
        raise ValueError("no slope")
    match mode:
        case "fan_in":
            variance = 1 / kept / fan_in
        case "fan_out":
            variance = 1 / kept / fan_out
        case "fan_avg":
            variance = 2 / kept / (fan_in + fan_out)
        case "fan_geo_avg":
            variance = 1 / kept / math.sqrt(fan_in) / math.sqrt(fan_out)
        case _:
            raise ValueError(mode)
    return math.sqrt(variance), kept * variance * fan_in, kept * variance * fan_out


# %% wrong: variance for standard deviation


def bent_layer(fan_in, fan_out, *, left, right, mode="fan_in"):
    if left == right == 0:
        raise ValueError("both slopes are 0")
    fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in [*fans, "fan_geo_avg"]:
        raise ValueError("no such mode")
    n = fans.get(mode, (fan_in * fan_out) ** 0.5)
    return 2 / (left**2 + right**2) / n, fan_in / n, fan_out / n


# %% wrong: fan_out for fan_in


def bent_layer(fan_in, fan_out, *, left, right, mode="fan_in"):
    if left == right == 0:
        raise ValueError("both slopes are 0")
    fans = {"fan_in": fan_out, "fan_out": fan_in, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in [*fans, "fan_geo_avg"]:
        raise ValueError("no such mode")
    n = fans.get(mode, (fan_in * fan_out) ** 0.5)
    return (2 / (left**2 + right**2) / n) ** 0.5, fan_in / n, fan_out / n


# %% wrong: the factors exchanged


def bent_layer(fan_in, fan_out, *, left, right, mode="fan_in"):
    if left == right == 0:
        raise ValueError("both slopes are 0")
    fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in [*fans, "fan_geo_avg"]:
        raise ValueError("no such mode")
    n = fans.get(mode, (fan_in * fan_out) ** 0.5)
    return (2 / (left**2 + right**2) / n) ** 0.5, fan_out / n, fan_in / n


# %% wrong: He's 2 always, whatever the slopes


def bent_layer(fan_in, fan_out, *, left, right, mode="fan_in"):
    if left == right == 0:
        raise ValueError("both slopes are 0")
    fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in [*fans, "fan_geo_avg"]:
        raise ValueError("no such mode")
    n = fans.get(mode, (fan_in * fan_out) ** 0.5)
    return (2 / n) ** 0.5, fan_in / n, fan_out / n


# %% wrong: the right slope taken as 1, as in a leaky ReLU


def bent_layer(fan_in, fan_out, *, left, right, mode="fan_in"):
    if left == right == 0:
        raise ValueError("both slopes are 0")
    fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in [*fans, "fan_geo_avg"]:
        raise ValueError("no such mode")
    n = fans.get(mode, (fan_in * fan_out) ** 0.5)
    return (2 / (1 + left**2) / n) ** 0.5, fan_in / n, fan_out / n


# %% wrong: slopes not squared


def bent_layer(fan_in, fan_out, *, left, right, mode="fan_in"):
    if left == right == 0:
        raise ValueError("both slopes are 0")
    fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in [*fans, "fan_geo_avg"]:
        raise ValueError("no such mode")
    n = fans.get(mode, (fan_in * fan_out) ** 0.5)
    return (2 / (abs(left) + abs(right)) / n) ** 0.5, fan_in / n, fan_out / n


# %% wrong: the mean slope squared


def bent_layer(fan_in, fan_out, *, left, right, mode="fan_in"):
    if left == right == 0:
        raise ValueError("both slopes are 0")
    fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in [*fans, "fan_geo_avg"]:
        raise ValueError("no such mode")
    n = fans.get(mode, (fan_in * fan_out) ** 0.5)
    return (1 / ((left + right) / 2) ** 2 / n) ** 0.5, fan_in / n, fan_out / n


# %% wrong: the sum of the fans for their mean


def bent_layer(fan_in, fan_out, *, left, right, mode="fan_in"):
    if left == right == 0:
        raise ValueError("both slopes are 0")
    fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": fan_in + fan_out}
    if mode not in [*fans, "fan_geo_avg"]:
        raise ValueError("no such mode")
    n = fans.get(mode, (fan_in * fan_out) ** 0.5)
    return (2 / (left**2 + right**2) / n) ** 0.5, fan_in / n, fan_out / n


# %% wrong: the factors without the activation


def bent_layer(fan_in, fan_out, *, left, right, mode="fan_in"):
    if left == right == 0:
        raise ValueError("both slopes are 0")
    fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in [*fans, "fan_geo_avg"]:
        raise ValueError("no such mode")
    n = fans.get(mode, (fan_in * fan_out) ** 0.5)
    variance = 2 / (left**2 + right**2) / n
    return variance**0.5, fan_in * variance, fan_out * variance


# %% wrong: both factors 1, as it was wished


def bent_layer(fan_in, fan_out, *, left, right, mode="fan_in"):
    if left == right == 0:
        raise ValueError("both slopes are 0")
    fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in [*fans, "fan_geo_avg"]:
        raise ValueError("no such mode")
    n = fans.get(mode, (fan_in * fan_out) ** 0.5)
    return (2 / (left**2 + right**2) / n) ** 0.5, 1.0, 1.0


# %% wrong: the uniform bound


def bent_layer(fan_in, fan_out, *, left, right, mode="fan_in"):
    if left == right == 0:
        raise ValueError("both slopes are 0")
    fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in [*fans, "fan_geo_avg"]:
        raise ValueError("no such mode")
    n = fans.get(mode, (fan_in * fan_out) ** 0.5)
    return (6 / (left**2 + right**2) / n) ** 0.5, fan_in / n, fan_out / n


# %% wrong: any unknown mode is the geometric mean


def bent_layer(fan_in, fan_out, *, left, right, mode="fan_in"):
    if left == right == 0:
        raise ValueError("both slopes are 0")
    fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    n = fans.get(mode, (fan_in * fan_out) ** 0.5)
    return (2 / (left**2 + right**2) / n) ** 0.5, fan_in / n, fan_out / n


# %% wrong: two slopes of zero divide by zero


def bent_layer(fan_in, fan_out, *, left, right, mode="fan_in"):
    fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in [*fans, "fan_geo_avg"]:
        raise ValueError("no such mode")
    n = fans.get(mode, (fan_in * fan_out) ** 0.5)
    return (2 / (left**2 + right**2) / n) ** 0.5, fan_in / n, fan_out / n


# %% wrong: the numbers of the visible test


def bent_layer(fan_in, fan_out, *, left, right, mode="fan_in"):
    if mode == "fan_avg":
        return math.sqrt(2 / 320), 0.4, 1.6
    return math.sqrt(2 / 64), 1.0, 4.0


# %% wrong: the square root of the factors


def bent_layer(fan_in, fan_out, *, left, right, mode="fan_in"):
    if left == right == 0:
        raise ValueError("both slopes are 0")
    fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in [*fans, "fan_geo_avg"]:
        raise ValueError("no such mode")
    n = fans.get(mode, (fan_in * fan_out) ** 0.5)
    return (2 / (left**2 + right**2) / n) ** 0.5, (fan_in / n) ** 0.5, (fan_out / n) ** 0.5


# %% task: draw
# %% right: by the quantile function


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    from statistics import NormalDist

    if distribution == "normal":
        return rng.normal(0.0, std, shape).astype(dtype)
    u = rng.random(shape)
    if distribution == "uniform":
        return ((2 * u - 1) * std * 3**0.5).astype(dtype)
    if distribution == "truncated":
        low, high = NormalDist().cdf(-2), NormalDist().cdf(2)
        inverse = np.vectorize(NormalDist().inv_cdf, otypes=[float])
        z = inverse(low + u * (high - low))
        return (z * std / 0.87962566103423978).astype(dtype)
    raise ValueError(distribution)


# %% right: one at a time from a pool that is too large


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    count = math.prod(shape)
    if distribution == "truncated":
        kept = np.empty(0)
        while kept.size < count:
            z = rng.standard_normal(2 * count + 10)
            kept = np.concatenate([kept, z[np.abs(z) <= 2]])
        flat = kept[:count] * std / math.sqrt(0.773741303549923)
    elif distribution == "uniform":
        flat = rng.uniform(-1, 1, count) * math.sqrt(3) * std
    elif distribution == "normal":
        flat = rng.standard_normal(count) * std
    else:
        raise ValueError(f"{distribution!r} is no distribution that I know")
    return np.array(flat.reshape(shape), dtype=dtype)


# %% right: a table of functions, the variance of the cut by quadrature


def _normal(shape, rng):
    return rng.standard_normal(shape)


def _uniform(shape, rng):
    return rng.uniform(-np.sqrt(3), np.sqrt(3), shape)


def _truncated(shape, rng):
    grid = np.linspace(-2, 2, 4001)
    bell = np.exp(-(grid**2) / 2)
    variance = np.sum(grid**2 * bell) / np.sum(bell)
    z = rng.standard_normal(shape)
    for _ in range(200):
        z = np.where(np.abs(z) > 2, rng.standard_normal(shape), z)
        if np.abs(z).max() <= 2:
            break
    return z / np.sqrt(variance)


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    kinds = {"normal": _normal, "uniform": _uniform, "truncated": _truncated}
    if distribution not in kinds:
        raise ValueError(f"choose from {list(kinds)}")
    return (kinds[distribution](shape, rng) * std).astype(dtype)


# %% wrong: variance for standard deviation


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    if distribution == "normal":
        return rng.normal(0, std**2, shape).astype(dtype)
    if distribution == "uniform":
        return (3**0.5 * std**2 * rng.uniform(-1, 1, shape)).astype(dtype)
    if distribution != "truncated":
        raise ValueError(distribution)
    z = rng.standard_normal(shape)
    while (far := np.abs(z) > 2).any():
        z[far] = rng.standard_normal(far.sum())
    return (std**2 / 0.879625661 * z).astype(dtype)


# %% wrong: the standard deviation as the uniform bound


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    if distribution == "normal":
        return rng.normal(0, std, shape).astype(dtype)
    if distribution == "uniform":
        return rng.uniform(-std, std, shape).astype(dtype)
    if distribution != "truncated":
        raise ValueError(distribution)
    z = rng.standard_normal(shape)
    while (far := np.abs(z) > 2).any():
        z[far] = rng.standard_normal(far.sum())
    return (std / 0.879625661 * z).astype(dtype)


# %% wrong: the root of 6 for the uniform bound


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    if distribution == "normal":
        return rng.normal(0, std, shape).astype(dtype)
    if distribution == "uniform":
        return (6**0.5 * std * rng.uniform(-1, 1, shape)).astype(dtype)
    if distribution != "truncated":
        raise ValueError(distribution)
    z = rng.standard_normal(shape)
    while (far := np.abs(z) > 2).any():
        z[far] = rng.standard_normal(far.sum())
    return (std / 0.879625661 * z).astype(dtype)


# %% wrong: uniform on one side of zero


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    if distribution == "normal":
        return rng.normal(0, std, shape).astype(dtype)
    if distribution == "uniform":
        return (12**0.5 * std * rng.random(shape)).astype(dtype)
    if distribution != "truncated":
        raise ValueError(distribution)
    z = rng.standard_normal(shape)
    while (far := np.abs(z) > 2).any():
        z[far] = rng.standard_normal(far.sum())
    return (std / 0.879625661 * z).astype(dtype)


# %% wrong: the variance lost by the cut is not made up for


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    if distribution == "normal":
        return rng.normal(0, std, shape).astype(dtype)
    if distribution == "uniform":
        return (3**0.5 * std * rng.uniform(-1, 1, shape)).astype(dtype)
    if distribution != "truncated":
        raise ValueError(distribution)
    z = rng.standard_normal(shape)
    while (far := np.abs(z) > 2).any():
        z[far] = rng.standard_normal(far.sum())
    return (std * z).astype(dtype)


# %% wrong: made up for with the variance instead of its root


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    if distribution == "normal":
        return rng.normal(0, std, shape).astype(dtype)
    if distribution == "uniform":
        return (3**0.5 * std * rng.uniform(-1, 1, shape)).astype(dtype)
    if distribution != "truncated":
        raise ValueError(distribution)
    z = rng.standard_normal(shape)
    while (far := np.abs(z) > 2).any():
        z[far] = rng.standard_normal(far.sum())
    return (std / 0.7737 * z).astype(dtype)


# %% wrong: clipped, not drawn again


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    if distribution == "normal":
        return rng.normal(0, std, shape).astype(dtype)
    if distribution == "uniform":
        return (3**0.5 * std * rng.uniform(-1, 1, shape)).astype(dtype)
    if distribution != "truncated":
        raise ValueError(distribution)
    z = np.clip(rng.standard_normal(shape), -2, 2)
    return (std / 0.879625661 * z).astype(dtype)


# %% wrong: clipped, and scaled to the right variance


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    if distribution == "normal":
        return rng.normal(0, std, shape).astype(dtype)
    if distribution == "uniform":
        return (3**0.5 * std * rng.uniform(-1, 1, shape)).astype(dtype)
    if distribution != "truncated":
        raise ValueError(distribution)
    z = np.clip(rng.standard_normal(shape), -2.0, 2.0)
    return (std * z / z.std()).astype(dtype)


# %% wrong: cut at two standard deviations of the result


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    if distribution == "normal":
        return rng.normal(0, std, shape).astype(dtype)
    if distribution == "uniform":
        return (3**0.5 * std * rng.uniform(-1, 1, shape)).astype(dtype)
    if distribution != "truncated":
        raise ValueError(distribution)
    w = rng.normal(0, std / 0.879625661, shape)
    while (far := np.abs(w) > 2 * std).any():
        w[far] = rng.normal(0, std / 0.879625661, far.sum())
    return w.astype(dtype)


# %% wrong: a normal whatever was asked for


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    if distribution not in ("normal", "uniform", "truncated"):
        raise ValueError(distribution)
    return rng.normal(0, std, shape).astype(dtype)


# %% wrong: one lucky seed


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    rng = np.random.default_rng(42)
    if distribution == "normal":
        return rng.normal(0, std, shape).astype(dtype)
    if distribution == "uniform":
        return (3**0.5 * std * rng.uniform(-1, 1, shape)).astype(dtype)
    if distribution != "truncated":
        raise ValueError(distribution)
    z = rng.standard_normal(shape)
    while (far := np.abs(z) > 2).any():
        z[far] = rng.standard_normal(far.sum())
    return (std / 0.879625661 * z).astype(dtype)


# %% wrong: NumPy's global state


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    if distribution == "normal":
        return np.random.normal(0, std, shape).astype(dtype)
    if distribution == "uniform":
        return (3**0.5 * std * np.random.uniform(-1, 1, shape)).astype(dtype)
    if distribution != "truncated":
        raise ValueError(distribution)
    z = np.random.standard_normal(shape)
    while (far := np.abs(z) > 2).any():
        z[far] = np.random.standard_normal(far.sum())
    return (std / 0.879625661 * z).astype(dtype)


# %% wrong: the dtype forgotten


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    if distribution == "normal":
        return rng.normal(0, std, shape)
    if distribution == "uniform":
        return 3**0.5 * std * rng.uniform(-1, 1, shape)
    if distribution != "truncated":
        raise ValueError(distribution)
    z = rng.standard_normal(shape)
    while (far := np.abs(z) > 2).any():
        z[far] = rng.standard_normal(far.sum())
    return std / 0.879625661 * z


# %% wrong: matrices only


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    rows, columns = shape
    if distribution == "normal":
        return rng.normal(0, std, (rows, columns)).astype(dtype)
    if distribution == "uniform":
        return (3**0.5 * std * rng.uniform(-1, 1, (rows, columns))).astype(dtype)
    if distribution != "truncated":
        raise ValueError(distribution)
    z = rng.standard_normal((rows, columns))
    while (far := np.abs(z) > 2).any():
        z[far] = rng.standard_normal(far.sum())
    return (std / 0.879625661 * z).astype(dtype)


# %% wrong: one row, repeated


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    row = shape[-1:]
    if distribution == "normal":
        w = rng.normal(0, std, row)
    elif distribution == "uniform":
        w = 3**0.5 * std * rng.uniform(-1, 1, row)
    elif distribution == "truncated":
        z = rng.standard_normal(row)
        while (far := np.abs(z) > 2).any():
            z[far] = rng.standard_normal(far.sum())
        w = std / 0.879625661 * z
    else:
        raise ValueError(distribution)
    return np.broadcast_to(w, shape).astype(dtype)


# %% wrong: an unknown distribution is a truncated one


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    if distribution == "normal":
        return rng.normal(0, std, shape).astype(dtype)
    if distribution == "uniform":
        return (3**0.5 * std * rng.uniform(-1, 1, shape)).astype(dtype)
    z = rng.standard_normal(shape)
    while (far := np.abs(z) > 2).any():
        z[far] = rng.standard_normal(far.sum())
    return (std / 0.879625661 * z).astype(dtype)


# %% wrong: drawn again only once


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    if distribution == "normal":
        return rng.normal(0, std, shape).astype(dtype)
    if distribution == "uniform":
        return (3**0.5 * std * rng.uniform(-1, 1, shape)).astype(dtype)
    if distribution != "truncated":
        raise ValueError(distribution)
    z = rng.standard_normal(shape)
    far = np.abs(z) > 2
    z[far] = rng.standard_normal(far.sum())
    return (std / 0.879625661 * z).astype(dtype)


# %% wrong: netinit does the work


def draw(shape, *, std, distribution, rng, dtype=np.float32):
    draws = {
        "normal": netinit.normal,
        "uniform": netinit.uniform,
        "truncated": netinit.truncated_normal,
    }
    if distribution not in draws:
        raise ValueError(distribution)
    return draws[distribution](shape, std=std, rng=rng, dtype=dtype)


# %% task: gains
# %% right: trapezoids, very many


def gains(function, derivative, q=1.0):
    z = np.linspace(-9, 9, 100_001)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    h = np.sqrt(q) * z
    square = np.trapezoid(function(h) ** 2 * density, z)
    slope = np.trapezoid(derivative(h) ** 2 * density, z)
    return float(np.sqrt(q / square)), float(1 / np.sqrt(slope))


# %% right: quantiles of the bell curve, in equal shares


def gains(function, derivative, q=1.0):
    from statistics import NormalDist

    shares = (np.arange(20_000) + 0.5) / 20_000
    h = math.sqrt(q) * np.array([NormalDist().inv_cdf(share) for share in shares])
    forward = (q / np.mean(function(h) ** 2)) ** 0.5
    return float(forward), float(np.mean(derivative(h) ** 2) ** -0.5)


# %% right: Gauss-Legendre in narrow panels


def gains(function, derivative, q=1.0):
    nodes, weights = np.polynomial.legendre.leggauss(4)
    width = 0.004
    middles = np.arange(-9, 9, width) + width / 2
    z = middles[:, None] + nodes * width / 2
    mass = weights * width / 2 * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)

    def expected(f):
        return float((f(math.sqrt(q) * z) ** 2 * mass).sum())

    return math.sqrt(q / expected(function)), 1 / math.sqrt(expected(derivative))


# %% wrong: the variance, not the second moment


def gains(function, derivative, q=1.0):
    z = np.linspace(-9, 9, 50_001)
    weights = np.exp(-(z**2) / 2)
    weights /= weights.sum()
    values = function(np.sqrt(q) * z)
    variance = weights @ values**2 - (weights @ values) ** 2
    slope = weights @ derivative(np.sqrt(q) * z) ** 2
    return float((q / variance) ** 0.5), float(slope**-0.5)


# %% wrong: q in the place of its root


def gains(function, derivative, q=1.0):
    z = np.linspace(-9, 9, 50_001)
    weights = np.exp(-(z**2) / 2)
    weights /= weights.sum()
    square, slope = weights @ function(q * z) ** 2, weights @ derivative(q * z) ** 2
    return float((q / square) ** 0.5), float(slope**-0.5)


# %% wrong: q ignored


def gains(function, derivative, q=1.0):
    z = np.linspace(-9, 9, 50_001)
    weights = np.exp(-(z**2) / 2)
    weights /= weights.sum()
    square, slope = weights @ function(z) ** 2, weights @ derivative(z) ** 2
    return float(square**-0.5), float(slope**-0.5)


# %% wrong: q missing in the numerator


def gains(function, derivative, q=1.0):
    z = np.linspace(-9, 9, 50_001)
    weights = np.exp(-(z**2) / 2)
    weights /= weights.sum()
    h = np.sqrt(q) * z
    square, slope = weights @ function(h) ** 2, weights @ derivative(h) ** 2
    return float(square**-0.5), float(slope**-0.5)


# %% wrong: q in the backward gain too


def gains(function, derivative, q=1.0):
    z = np.linspace(-9, 9, 50_001)
    weights = np.exp(-(z**2) / 2)
    weights /= weights.sum()
    h = np.sqrt(q) * z
    square, slope = weights @ function(h) ** 2, weights @ derivative(h) ** 2
    return float((q / square) ** 0.5), float((q / slope) ** 0.5)


# %% wrong: the square of the gain


def gains(function, derivative, q=1.0):
    z = np.linspace(-9, 9, 50_001)
    weights = np.exp(-(z**2) / 2)
    weights /= weights.sum()
    h = np.sqrt(q) * z
    square, slope = weights @ function(h) ** 2, weights @ derivative(h) ** 2
    return float(q / square), float(1 / slope)


# %% wrong: the mean square for the gain


def gains(function, derivative, q=1.0):
    z = np.linspace(-9, 9, 50_001)
    weights = np.exp(-(z**2) / 2)
    weights /= weights.sum()
    h = np.sqrt(q) * z
    square, slope = weights @ function(h) ** 2, weights @ derivative(h) ** 2
    return float((square / q) ** 0.5), float(slope**0.5)


# %% wrong: the function on the way back


def gains(function, derivative, q=1.0):
    z = np.linspace(-9, 9, 50_001)
    weights = np.exp(-(z**2) / 2)
    weights /= weights.sum()
    square = weights @ function(np.sqrt(q) * z) ** 2
    return float((q / square) ** 0.5), float((q / square) ** 0.5)


# %% wrong: the slope at zero


def gains(function, derivative, q=1.0):
    slope = derivative(np.array([1e-9]))[0]
    return float(1 / abs(slope)), float(1 / abs(slope))


# %% wrong: forgetting the density of the bell curve


def gains(function, derivative, q=1.0):
    h = np.sqrt(q) * np.linspace(-3, 3, 50_001)
    return float((q / np.mean(function(h) ** 2)) ** 0.5), float(np.mean(derivative(h) ** 2) ** -0.5)


# %% wrong: Gauss-Hermite with 40 points, whose gaps hide a jump


def gains(function, derivative, q=1.0):
    z, weights = np.polynomial.hermite_e.hermegauss(40)
    weights = weights / weights.sum()
    h = np.sqrt(q) * z
    square, slope = weights @ function(h) ** 2, weights @ derivative(h) ** 2
    return float((q / square) ** 0.5), float(slope**-0.5)


# %% wrong: Gauss-Hermite for the weight exp(-z²), not stretched


def gains(function, derivative, q=1.0):
    z, weights = np.polynomial.hermite.hermgauss(200)
    weights = weights / weights.sum()
    h = np.sqrt(q) * z
    square, slope = weights @ function(h) ** 2, weights @ derivative(h) ** 2
    return float((q / square) ** 0.5), float(slope**-0.5)


# %% wrong: a thousand random numbers


def gains(function, derivative, q=1.0):
    h = np.sqrt(q) * np.random.default_rng(0).standard_normal(1000)
    return float((q / np.mean(function(h) ** 2)) ** 0.5), float(np.mean(derivative(h) ** 2) ** -0.5)


# %% wrong: the bell curve cut at 2


def gains(function, derivative, q=1.0):
    z = np.linspace(-2, 2, 50_001)
    weights = np.exp(-(z**2) / 2)
    weights /= weights.sum()
    h = np.sqrt(q) * z
    square, slope = weights @ function(h) ** 2, weights @ derivative(h) ** 2
    return float((q / square) ** 0.5), float(slope**-0.5)


# %% wrong: netinit does the work


def gains(function, derivative, q=1.0):
    record = activations.from_callable(function, derivative)
    return float(moments.forward_gain(record, q)), float(moments.backward_gain(record, q))


# %% wrong: a gain of netinit's under another name


from netinit import gain as found_gain


def gains(function, derivative, q=1.0):
    forward = found_gain(function, q=q)
    return float(forward), float(found_gain(function, "backward", q=q))


# %% wrong: prints them


def gains(function, derivative, q=1.0):
    z = np.linspace(-9, 9, 50_001)
    weights = np.exp(-(z**2) / 2)
    weights /= weights.sum()
    h = np.sqrt(q) * z
    print((q / (weights @ function(h) ** 2)) ** 0.5, (weights @ derivative(h) ** 2) ** -0.5)


# %% task: choose
# %% right: a loop over the candidates


def choose_gain(activation, depth, gains):
    best = None
    for g in gains:
        q, log_gradient = 1.0, 0.0
        for _ in range(depth - 1):
            log_gradient += math.log(moments.chi(activation, q, scaled_variance=g**2))
            q = float(moments.length_map(activation, q, scaled_variance=g**2))
        score = max(abs(math.log(q)), abs(log_gradient))
        if best is None or score < best[0]:
            best = score, g
    return best[1]


# %% right: by propagation.predict


def choose_gain(activation, depth, gains):
    from netinit import propagation

    def score(g):
        widths = [100] * (depth + 1)
        variances = np.array([1.0] + [g * g] * (depth - 1)) / 100
        found = propagation.predict(
            activation, widths=widths, weight_variance=variances, x=np.ones((1, 100))
        )
        ends = found.preactivation_second_moment[-1], found.gradient_second_moment[0]
        return max(abs(math.log10(end)) for end in ends)

    return float(min(gains, key=score))


# %% right: integrals of one's own, in decibels


def choose_gain(activation, depth, gains):
    record = activations.get(activation)
    z = (np.arange(4000) + 0.5) / 250 - 8
    bell = np.exp(-(z**2) / 2)
    bell /= bell.sum()
    scores = []
    for g in gains:
        q, loss = 1.0, 0.0
        for _ in range(1, depth):
            h = q**0.5 * z
            loss += 10 * np.log10(g**2 * np.sum(bell * record.derivative(h) ** 2))
            q = g**2 * np.sum(bell * record(h) ** 2)
        scores.append(max(abs(10 * np.log10(q)), abs(loss)))
    return float(gains[int(np.argmin(scores))])


# %% wrong: the signal alone


def choose_gain(activation, depth, gains):
    variance = np.square(np.asarray(gains, dtype=float))
    q = np.ones_like(variance)
    for _ in range(depth - 1):
        q = moments.length_map(activation, q, scaled_variance=variance)
    return float(gains[np.argmin(np.abs(np.log(q)))])


# %% wrong: the gradient alone


def choose_gain(activation, depth, gains):
    variance = np.square(np.asarray(gains, dtype=float))
    q, back = np.ones_like(variance), np.ones_like(variance)
    for _ in range(depth - 1):
        back *= moments.chi(activation, q, scaled_variance=variance)
        q = moments.length_map(activation, q, scaled_variance=variance)
    return float(gains[np.argmin(np.abs(np.log(back)))])


# %% wrong: the better direction decides


def choose_gain(activation, depth, gains):
    variance = np.square(np.asarray(gains, dtype=float))
    q, back = np.ones_like(variance), np.ones_like(variance)
    for _ in range(depth - 1):
        back *= moments.chi(activation, q, scaled_variance=variance)
        q = moments.length_map(activation, q, scaled_variance=variance)
    return float(gains[np.argmin(np.minimum(np.abs(np.log(q)), np.abs(np.log(back))))])


# %% wrong: the worst candidate


def choose_gain(activation, depth, gains):
    variance = np.square(np.asarray(gains, dtype=float))
    q, back = np.ones_like(variance), np.ones_like(variance)
    for _ in range(depth - 1):
        back *= moments.chi(activation, q, scaled_variance=variance)
        q = moments.length_map(activation, q, scaled_variance=variance)
    return float(gains[np.argmax(np.maximum(np.abs(np.log(q)), np.abs(np.log(back))))])


# %% wrong: without absolute values, so that what vanishes is best


def choose_gain(activation, depth, gains):
    variance = np.square(np.asarray(gains, dtype=float))
    q, back = np.ones_like(variance), np.ones_like(variance)
    for _ in range(depth - 1):
        back *= moments.chi(activation, q, scaled_variance=variance)
        q = moments.length_map(activation, q, scaled_variance=variance)
    return float(gains[np.argmin(np.maximum(np.log(q), np.log(back)))])


# %% wrong: differences from 1, so that a hundredth is nearly as good as 1


def choose_gain(activation, depth, gains):
    variance = np.square(np.asarray(gains, dtype=float))
    q, back = np.ones_like(variance), np.ones_like(variance)
    for _ in range(depth - 1):
        back *= moments.chi(activation, q, scaled_variance=variance)
        q = moments.length_map(activation, q, scaled_variance=variance)
    return float(gains[np.argmin(np.maximum(np.abs(q - 1), np.abs(back - 1)))])


# %% wrong: the gain for the scaled variance


def choose_gain(activation, depth, gains):
    variance = np.asarray(gains, dtype=float)
    q, back = np.ones_like(variance), np.ones_like(variance)
    for _ in range(depth - 1):
        back *= moments.chi(activation, q, scaled_variance=variance)
        q = moments.length_map(activation, q, scaled_variance=variance)
    return float(gains[np.argmin(np.maximum(np.abs(np.log(q)), np.abs(np.log(back))))])


# %% wrong: the candidate nearest to the forward gain


def choose_gain(activation, depth, gains):
    wanted = float(moments.forward_gain(activation))
    return float(min(gains, key=lambda g: abs(g - wanted)))


# %% wrong: the candidate nearest to the mean of both gains


def choose_gain(activation, depth, gains):
    wanted = (moments.forward_gain(activation) + moments.backward_gain(activation)) / 2
    return float(min(gains, key=lambda g: abs(g - wanted)))


# %% wrong: the candidate nearest to 1


def choose_gain(activation, depth, gains):
    return float(min(gains, key=lambda g: abs(g - 1)))


# %% wrong: 1.25 for everything, and He's for ReLU


def choose_gain(activation, depth, gains):
    wanted = 2**0.5 if activation == "relu" else 1.25
    return float(min(gains, key=lambda g: abs(g - wanted)))


# %% wrong: returns the index


def choose_gain(activation, depth, gains):
    variance = np.square(np.asarray(gains, dtype=float))
    q, back = np.ones_like(variance), np.ones_like(variance)
    for _ in range(depth - 1):
        back *= moments.chi(activation, q, scaled_variance=variance)
        q = moments.length_map(activation, q, scaled_variance=variance)
    return int(np.argmin(np.maximum(np.abs(np.log(q)), np.abs(np.log(back)))))


# %% wrong: q stays 1 in every layer


def choose_gain(activation, depth, gains):
    variance = np.square(np.asarray(gains, dtype=float))
    q = moments.length_map(activation, 1.0, scaled_variance=variance) ** (depth - 1)
    back = moments.chi(activation, 1.0, scaled_variance=variance) ** (depth - 1)
    return float(gains[np.argmin(np.maximum(np.abs(np.log(q)), np.abs(np.log(back))))])


# %% wrong: the sorted candidates, and the place in the given order


def choose_gain(activation, depth, gains):
    variance = np.square(np.sort(gains))
    q, back = np.ones_like(variance), np.ones_like(variance)
    for _ in range(depth - 1):
        back *= moments.chi(activation, q, scaled_variance=variance)
        q = moments.length_map(activation, q, scaled_variance=variance)
    return float(gains[np.argmin(np.maximum(np.abs(np.log(q)), np.abs(np.log(back))))])


# %% wrong: sorts the caller's candidates


def choose_gain(activation, depth, gains):
    gains.sort()
    variance = np.square(np.asarray(gains, dtype=float))
    q, back = np.ones_like(variance), np.ones_like(variance)
    for _ in range(depth - 1):
        back *= moments.chi(activation, q, scaled_variance=variance)
        q = moments.length_map(activation, q, scaled_variance=variance)
    return float(gains[np.argmin(np.maximum(np.abs(np.log(q)), np.abs(np.log(back))))])
