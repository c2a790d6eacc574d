"""Wrong and right answers to problem set 2; tests/assignments/answer_file.py reads them."""


# %% task: fans


# %% wrong: fan_out first
def fans(shape, *, groups=1, stride=1):
    taps = math.prod(shape[2:])
    return shape[0] * taps / (groups * stride ** len(shape[2:])), shape[1] * taps


# %% wrong: the kernel is forgotten
def fans(shape, *, groups=1, stride=1):
    return shape[1], shape[0] / groups


# %% wrong: the kernel counts in fan_in only
def fans(shape, *, groups=1, stride=1):
    return shape[1] * math.prod(shape[2:]), shape[0] / (groups * stride ** len(shape[2:]))


# %% wrong: only one axis of the kernel
def fans(shape, *, groups=1, stride=1):
    taps = shape[2] if len(shape) > 2 else 1
    return shape[1] * taps, shape[0] * taps / (groups * stride ** len(shape[2:]))


# %% wrong: a kernel of one less
def fans(shape, *, groups=1, stride=1):
    taps = math.prod(k - 1 for k in shape[2:])
    return shape[1] * taps, shape[0] * taps / (groups * stride ** len(shape[2:]))


# %% wrong: kernels are taken for square
def fans(shape, *, groups=1, stride=1):
    taps = shape[-1] ** len(shape[2:])
    return shape[1] * taps, shape[0] * taps / (groups * stride ** len(shape[2:]))


# %% wrong: fan_in is divided by the groups once more
def fans(shape, *, groups=1, stride=1):
    taps = math.prod(shape[2:])
    return shape[1] * taps / groups, shape[0] * taps / (groups * stride ** len(shape[2:]))


# %% wrong: the groups are forgotten
def fans(shape, *, groups=1, stride=1):
    taps = math.prod(shape[2:])
    return shape[1] * taps, shape[0] * taps / stride ** len(shape[2:])


# %% wrong: the stride is forgotten
def fans(shape, *, groups=1, stride=1):
    taps = math.prod(shape[2:])
    return shape[1] * taps, shape[0] * taps / groups


# %% wrong: the stride counts once, however many axes
def fans(shape, *, groups=1, stride=1):
    taps = math.prod(shape[2:])
    return shape[1] * taps, shape[0] * taps / (groups * stride)


# %% wrong: the stride counts in both fans
def fans(shape, *, groups=1, stride=1):
    taps = math.prod(shape[2:]) / stride ** len(shape[2:])
    return shape[1] * taps, shape[0] * taps / groups


# %% wrong: the stride enlarges fan_out
def fans(shape, *, groups=1, stride=1):
    taps = math.prod(shape[2:])
    return shape[1] * taps, shape[0] * taps * stride ** len(shape[2:]) / groups


# %% wrong: whole numbers only
def fans(shape, *, groups=1, stride=1):
    taps = math.prod(shape[2:])
    return shape[1] * taps, shape[0] * taps // (groups * stride ** len(shape[2:]))


# %% wrong: the taps at the first input instead of the mean
def fans(shape, *, groups=1, stride=1):
    taps = math.prod(-(-k // stride) for k in shape[2:])
    return shape[1] * math.prod(shape[2:]), shape[0] * taps / groups


# %% wrong: two kernel axes, always
def fans(shape, *, groups=1, stride=1):
    channels_out, channels_in, *kernel = shape
    taps = kernel[0] * kernel[1] if kernel else 1
    return channels_in * taps, channels_out * taps / (groups * stride ** len(kernel))


# %% wrong: Keras's layout
def fans(shape, *, groups=1, stride=1):
    *kernel, channels_in, channels_out = shape
    taps = math.prod(kernel)
    return channels_in * taps, channels_out * taps / (groups * stride ** len(kernel))


# %% wrong: netinit counts
def fans(shape, *, groups=1, stride=1):
    return netinit.fans(shape, groups=groups, stride=stride)


# %% wrong: netinit counts, under another name
from netinit import fans as _borrowed


def fans(shape, *, groups=1, stride=1):
    return _borrowed(shape, groups=groups, stride=stride)


# %% wrong: prints both
def fans(shape, *, groups=1, stride=1):
    taps = math.prod(shape[2:])
    print(shape[1] * taps, shape[0] * taps / (groups * stride ** len(shape[2:])))


# %% wrong: fan_in alone
def fans(shape, *, groups=1, stride=1):
    return shape[1] * math.prod(shape[2:])


# %% wrong: knows the visible tests by heart
def fans(shape, *, groups=1, stride=1):
    return {
        (10, 64): (64, 10),
        (8, 3, 5, 5): (75, 200),
        (64, 1, 3, 3): (9, 9),
        (6, 4, 4): (16, 12),
    }.get(shape, (9, 9))


# %% right: the size of the array
def fans(shape, *, groups=1, stride=1):
    size = math.prod(shape)
    return size // shape[0], size / shape[1] / groups / stride ** (len(shape) - 2)


# %% right: a loop over the kernel
def fans(shape, *, groups=1, stride=1):
    fan_in, fan_out = float(shape[1]), shape[0] / groups
    for taps in shape[2:]:
        fan_in *= taps
        fan_out *= taps / stride
    return fan_in, fan_out


# %% right: an array of two, by NumPy
def fans(shape, *, groups=1, stride=1):
    taps = np.prod(shape[2:])
    share = np.array([1, groups * stride ** len(shape[2:])])
    return np.array([shape[1], shape[0]]) * taps / share


# %% right: by the number of connections per position
def fans(shape, *, groups=1, stride=1):
    kernel = shape[2:]
    connections = int(np.prod(shape))  # of one output position in each channel
    inputs = groups * shape[1] * stride ** len(kernel)  # that share one output position
    return connections / shape[0], connections / inputs


# %% task: variance-scaling


# %% wrong: a variance taken for a standard deviation
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = scale / n[mode]
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(dtype)


# %% wrong: the scale taken for a gain, and squared
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = scale / math.sqrt(n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(dtype)


# %% wrong: the gain of He, whatever the scale
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(2 / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(dtype)


# %% wrong: no scale at all
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(1 / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(dtype)


# %% wrong: fan_out for fan_in
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_out, "fan_out": fan_in, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(dtype)


# %% wrong: fan_in in every mode
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / fan_in)
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(dtype)


# %% wrong: the sum of the fans for their mean
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": fan_in + fan_out}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(dtype)


# %% wrong: the kernel is left out of the fan
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = shape[1], shape[0] / groups
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(dtype)


# %% wrong: groups are not passed on
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(dtype)


# %% wrong: the stride is not passed on
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(dtype)


# %% wrong: the std taken for the bound
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = rng.uniform(-std, std, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(dtype)


# %% wrong: uniform from 0
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = rng.uniform(0, math.sqrt(12) * std, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(dtype)


# %% wrong: the bound of He's uniform, twice over
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(6) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(dtype)


# %% wrong: a coin toss for the uniform
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = rng.choice([-std, std], shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(dtype)


# %% wrong: the cut is not made up for
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std
    return drawn.astype(dtype)


# %% wrong: made up for in the wrong direction
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std * 0.8796
    return drawn.astype(dtype)


# %% wrong: cut at the numbers -2 and 2
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = std * rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = std * rng.standard_normal(outside.sum())
    return drawn.astype(dtype)


# %% wrong: clipped instead of drawn again
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = std / 0.9594 * np.clip(rng.standard_normal(shape), -2, 2)
    return drawn.astype(dtype)


# %% wrong: drawn again once only
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        outside = np.abs(drawn) > 2
        drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(dtype)


# %% wrong: outside becomes zero
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        drawn[np.abs(drawn) > 2] = 0
        drawn *= std / 0.8593
    return drawn.astype(dtype)


# %% wrong: a normal for the truncated normal
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = std * rng.standard_normal(shape)
    return drawn.astype(dtype)


# %% wrong: one lucky seed
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    rng = np.random.default_rng(42)
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(dtype)


# %% wrong: NumPy's global state
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    rng = np.random
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(dtype)


# %% wrong: seeded by the shape
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    rng = np.random.default_rng(abs(hash(shape)))
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(dtype)


# %% wrong: adjusted to the exact variance
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    drawn = (drawn - drawn.mean()) / drawn.std() * std
    return drawn.astype(dtype)


# %% wrong: every number twice, with both signs
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    half = drawn.ravel()[: (drawn.size + 1) // 2]
    both = np.concatenate([half, -half])[: drawn.size]
    return both.reshape(shape).astype(dtype)


# %% wrong: rows are copied
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    drawn[1::2] = drawn[: 2 * (len(drawn) // 2) : 2]
    return drawn.astype(dtype)


# %% wrong: a mean that is not zero
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return (drawn + 0.2 * std).astype(dtype)


# %% wrong: always float64
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn


# %% wrong: always float32
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(np.float32)


# %% wrong: (fan_in, fan_out) instead of the shape asked for
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.swapaxes(0, 1).astype(dtype)


# %% wrong: square matrices only
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.reshape(shape[0], shape[0], *shape[2:]).astype(dtype)


# %% wrong: nested lists
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(dtype).tolist()


# %% wrong: an unknown mode or distribution becomes the default
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    n.setdefault(mode, fan_in)
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = rng.standard_normal(shape)
        while (outside := np.abs(drawn) > 2).any():
            drawn[outside] = rng.standard_normal(outside.sum())
        drawn *= std / 0.8796
    return drawn.astype(dtype)


# %% wrong: netinit draws
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    return netinit.variance_scaling(
        shape,
        scale=scale,
        mode=mode,
        distribution=distribution,
        rng=rng,
        dtype=dtype,
        groups=groups,
        stride=stride,
    )


# %% wrong: netinit draws the truncated one, under another name
from netinit import truncated_normal as _cut


def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        drawn = _cut(shape, std=std, rng=rng, dtype=float)
    return drawn.astype(dtype)


# %% right: the first that lie inside, of more than enough
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        size, kept = math.prod(shape), np.empty(0)
        while kept.size < size:
            more = rng.normal(size=2 * size + 10)
            kept = np.concatenate([kept, more[np.abs(more) <= 2]])
        drawn = kept[:size].reshape(shape) * std / math.sqrt(0.7737413)
    return drawn.astype(dtype)


# %% right: a function for each distribution
def _truncated(rng, size):
    found = []
    while len(found) < size:
        found.extend(w for w in rng.normal(size=size).tolist() if -2 < w < 2)
    return np.array(found[:size]) / 0.87963


_draws = {
    "normal": lambda rng, size: rng.normal(size=size),
    "uniform": lambda rng, size: 12**0.5 * (rng.random(size) - 0.5),
    "truncated_normal": _truncated,
}


def variance_scaling(
    shape, *, scale=1.0, mode="fan_in", distribution="normal", rng, dtype="float32", **layer
):
    if distribution not in _draws:
        raise ValueError(distribution)
    if mode not in ("fan_in", "fan_out", "fan_avg"):
        raise ValueError(mode)
    both = fans(shape, **layer)
    n = {"fan_in": both[0], "fan_out": both[1]}.get(mode, sum(both) / 2)
    numbers = _draws[distribution](rng, math.prod(shape))
    return (numbers * (scale / n) ** 0.5).reshape(shape).astype(dtype)


# %% right: the inverse of the distribution function
from statistics import NormalDist


def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    fan_in, fan_out = fans(shape, groups=groups, stride=stride)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in n or distribution not in ("normal", "uniform", "truncated_normal"):
        raise ValueError(f"unknown: {mode}, {distribution}")
    std = math.sqrt(scale / n[mode])
    if distribution == "normal":
        drawn = std * rng.standard_normal(shape)
    elif distribution == "uniform":
        drawn = math.sqrt(3) * std * rng.uniform(-1, 1, shape)
    else:
        low, high = NormalDist().cdf(-2), NormalDist().cdf(2)
        levels = rng.uniform(low, high, math.prod(shape))
        drawn = np.array([NormalDist().inv_cdf(u) for u in levels]).reshape(shape)
        drawn *= std / math.sqrt(1 - 4 * NormalDist().pdf(2) / (high - low))
    return drawn.astype(dtype)


# %% right: match and the fans counted in place
def variance_scaling(
    shape,
    *,
    scale=1.0,
    mode="fan_in",
    distribution="normal",
    rng,
    dtype=np.float32,
    groups=1,
    stride=1,
):
    taps = np.prod(shape[2:], dtype=int)
    fan_in = shape[1] * taps
    fan_out = shape[0] * taps / groups / stride ** (len(shape) - 2)
    match mode:
        case "fan_in":
            n = fan_in
        case "fan_out":
            n = fan_out
        case "fan_avg":
            n = 0.5 * (fan_in + fan_out)
        case _:
            raise ValueError(mode)
    match distribution:
        case "normal":
            w = rng.normal(scale=np.sqrt(scale / n), size=shape)
        case "uniform":
            w = rng.uniform(-1, 1, size=shape) * np.sqrt(3 * scale / n)
        case "truncated_normal":
            w = rng.normal(size=shape)
            for index in np.argwhere(np.abs(w) > 2):
                while abs(w[tuple(index)]) > 2:
                    w[tuple(index)] = rng.normal()
            w = w * np.sqrt(scale / n) / 0.88
        case _:
            raise ValueError(distribution)
    return np.asarray(w, dtype=dtype)


# %% task: z-scores


# %% wrong: the sample's variance about its own mean
def z_scores(weights, *, variance, kurtosis):
    w = np.asarray(weights, dtype=float)
    mean = w.mean() / math.sqrt(variance / w.size)
    second = (w.var() / variance - 1) / math.sqrt((kurtosis - 1) / w.size)
    return mean, second


# %% wrong: the standard error of the sample, as in a t-test
def z_scores(weights, *, variance, kurtosis):
    w = np.asarray(weights, dtype=float)
    mean = w.mean() / (w.std() / math.sqrt(w.size)) if w.std() else 0.0
    second = (np.mean(w**2) / variance - 1) / math.sqrt((kurtosis - 1) / w.size)
    return mean, second


# %% wrong: the kurtosis of the sample
def z_scores(weights, *, variance, kurtosis):
    w = np.asarray(weights, dtype=float)
    mean = w.mean() / math.sqrt(variance / w.size)
    second = (np.mean(w**2) / variance - 1) / math.sqrt(
        (np.mean(w**4) / np.mean(w**2) ** 2 - 0.999) / w.size
    )
    return mean, second


# %% wrong: always the kurtosis of the normal
def z_scores(weights, *, variance, kurtosis):
    w = np.asarray(weights, dtype=float)
    mean = w.mean() / math.sqrt(variance / w.size)
    second = (np.mean(w**2) / variance - 1) / math.sqrt(2 / w.size)
    return mean, second


# %% wrong: the kurtosis without the less one
def z_scores(weights, *, variance, kurtosis):
    w = np.asarray(weights, dtype=float)
    mean = w.mean() / math.sqrt(variance / w.size)
    second = (np.mean(w**2) / variance - 1) / math.sqrt(kurtosis / w.size)
    return mean, second


# %% wrong: the kurtosis taken for an excess
def z_scores(weights, *, variance, kurtosis):
    w = np.asarray(weights, dtype=float)
    mean = w.mean() / math.sqrt(variance / w.size)
    second = (np.mean(w**2) / variance - 1) / math.sqrt((kurtosis + 2) / w.size)
    return mean, second


# %% wrong: no root of N
def z_scores(weights, *, variance, kurtosis):
    w = np.asarray(weights, dtype=float)
    mean = w.mean() / math.sqrt(variance)
    second = (np.mean(w**2) / variance - 1) / math.sqrt(kurtosis - 1)
    return mean, second


# %% wrong: N for its root
def z_scores(weights, *, variance, kurtosis):
    w = np.asarray(weights, dtype=float)
    mean = w.mean() / math.sqrt(variance) * w.size
    second = (np.mean(w**2) / variance - 1) / math.sqrt((kurtosis - 1) / w.size)
    return mean, second


# %% wrong: variance taken for a standard deviation
def z_scores(weights, *, variance, kurtosis):
    w = np.asarray(weights, dtype=float)
    mean = w.mean() / (variance / math.sqrt(w.size))
    second = (np.mean(w**2) / variance - 1) / math.sqrt((kurtosis - 1) / w.size)
    return mean, second


# %% wrong: N is the number of rows
def z_scores(weights, *, variance, kurtosis):
    w = np.asarray(weights, dtype=float)
    mean = w.mean() / math.sqrt(variance / len(w))
    second = (np.mean(w**2) / variance - 1) / math.sqrt((kurtosis - 1) / len(w))
    return mean, second


# %% wrong: N - 1 for N
def z_scores(weights, *, variance, kurtosis):
    w = np.asarray(weights, dtype=float)
    mean = w.mean() / math.sqrt(variance / max(w.size - 1, 1))
    second = (np.mean(w**2) / variance - 1) / math.sqrt((kurtosis - 1) / w.size)
    return mean, second


# %% wrong: standard deviations are compared
def z_scores(weights, *, variance, kurtosis):
    w = np.asarray(weights, dtype=float)
    mean = w.mean() / math.sqrt(variance / w.size)
    second = (math.sqrt(np.mean(w**2) / variance) - 1) / math.sqrt((kurtosis - 1) / w.size)
    return mean, second


# %% wrong: the difference is not divided by the variance
def z_scores(weights, *, variance, kurtosis):
    w = np.asarray(weights, dtype=float)
    mean = w.mean() / math.sqrt(variance / w.size)
    second = (np.mean(w**2) - variance) / math.sqrt((kurtosis - 1) / w.size)
    return mean, second


# %% wrong: without sign
def z_scores(weights, *, variance, kurtosis):
    w = np.asarray(weights, dtype=float)
    mean = w.mean() / math.sqrt(variance / w.size)
    second = (np.mean(w**2) / variance - 1) / math.sqrt((kurtosis - 1) / w.size)
    return abs(mean), abs(second)


# %% wrong: second moment first
def z_scores(weights, *, variance, kurtosis):
    w = np.asarray(weights, dtype=float)
    mean = w.mean() / math.sqrt(variance / w.size)
    second = (np.mean(w**2) / variance - 1) / math.sqrt((kurtosis - 1) / w.size)
    return second, mean


# %% wrong: in the dtype of the weights
def z_scores(weights, *, variance, kurtosis):
    old = np.seterr(all="ignore")
    w = np.asarray(weights)
    mean = w.mean() / math.sqrt(variance / w.size)
    second = (np.mean(w**2) / variance - 1) / math.sqrt((kurtosis - 1) / w.size)
    np.seterr(**old)
    return float(mean), float(second)


# %% wrong: in float32
def z_scores(weights, *, variance, kurtosis):
    w = np.asarray(weights, dtype=np.float32)
    mean = w.mean() / math.sqrt(variance / w.size)
    second = (np.mean(w**2) / variance - 1) / math.sqrt((kurtosis - 1) / w.size)
    return float(mean), float(second)


# %% wrong: squares in place
def z_scores(weights, *, variance, kurtosis):
    mean = float(np.mean(weights, dtype=float)) / math.sqrt(variance / weights.size)
    weights **= 2
    second = (np.mean(weights, dtype=float) / variance - 1) / math.sqrt(
        (kurtosis - 1) / weights.size
    )
    return mean, float(second)


# %% wrong: prints them
def z_scores(weights, *, variance, kurtosis):
    w = np.asarray(weights, dtype=float)
    mean = w.mean() / math.sqrt(variance / w.size)
    second = (np.mean(w**2) / variance - 1) / math.sqrt((kurtosis - 1) / w.size)
    print(mean, second)


# %% wrong: one number
def z_scores(weights, *, variance, kurtosis):
    w = np.asarray(weights, dtype=float)
    mean = w.mean() / math.sqrt(variance / w.size)
    second = (np.mean(w**2) / variance - 1) / math.sqrt((kurtosis - 1) / w.size)
    return second


# %% wrong: p values
def z_scores(weights, *, variance, kurtosis):
    w = np.asarray(weights, dtype=float)
    mean = w.mean() / math.sqrt(variance / w.size)
    second = (np.mean(w**2) / variance - 1) / math.sqrt((kurtosis - 1) / w.size)
    return tuple(math.erfc(abs(z) / math.sqrt(2)) for z in (mean, second))


# %% right: sums
def z_scores(weights, *, variance, kurtosis):
    w = np.asarray(weights, dtype=float)
    mean = w.sum() / math.sqrt(variance * w.size)
    second = (np.sum(w**2) - w.size * variance) / (variance * math.sqrt((kurtosis - 1) * w.size))
    return mean, second


# %% right: on weights of variance 1
def z_scores(weights, *, variance, kurtosis):
    u = np.ravel(weights).astype("float64") / np.sqrt(variance)
    root = np.sqrt(len(u))
    return np.mean(u) * root, np.mean(u * u - 1) * root / np.sqrt(kurtosis - 1)


# %% right: plain Python
def z_scores(weights, *, variance, kurtosis):
    values = [float(w) for w in np.asarray(weights).flat]
    count = len(values)
    error_of_mean = (variance / count) ** 0.5
    error_of_second = ((kurtosis * variance**2 - variance**2) / count) ** 0.5
    mean = sum(values) / count
    second = sum(v * v for v in values) / count
    return [mean / error_of_mean, (second - variance) / error_of_second]


# %% task: suspects


# %% wrong: the seed is not tested
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = False
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(
            w.sum(axis=1), variance=fan_in * variance, kurtosis=3 + (kurtosis - 3) / fan_in
        )
        scores += z_scores(
            w.sum(axis=0), variance=fan_out * variance, kurtosis=3 + (kurtosis - 3) / fan_out
        )
        bad = bad or any(abs(z) > 6 for z in scores)
        if bad:
            found.add(name)
    return found


# %% wrong: the same seed twice
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=1)
        bad = np.array_equal(w, other)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(
            w.sum(axis=1), variance=fan_in * variance, kurtosis=3 + (kurtosis - 3) / fan_in
        )
        scores += z_scores(
            w.sum(axis=0), variance=fan_out * variance, kurtosis=3 + (kurtosis - 3) / fan_out
        )
        bad = bad or any(abs(z) > 6 for z in scores)
        if bad:
            found.add(name)
    return found


# %% wrong: the weights alone
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = np.array_equal(w, other)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        bad = bad or any(abs(z) > 6 for z in scores)
        if bad:
            found.add(name)
    return found


# %% wrong: no sums along the rows
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = np.array_equal(w, other)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(
            w.sum(axis=0), variance=fan_out * variance, kurtosis=3 + (kurtosis - 3) / fan_out
        )
        bad = bad or any(abs(z) > 6 for z in scores)
        if bad:
            found.add(name)
    return found


# %% wrong: no sums along the columns
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = np.array_equal(w, other)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(
            w.sum(axis=1), variance=fan_in * variance, kurtosis=3 + (kurtosis - 3) / fan_in
        )
        bad = bad or any(abs(z) > 6 for z in scores)
        if bad:
            found.add(name)
    return found


# %% wrong: the signal alone
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = np.array_equal(w, other)
        scores = []
        scores += z_scores(
            w.sum(axis=1), variance=fan_in * variance, kurtosis=3 + (kurtosis - 3) / fan_in
        )
        scores += z_scores(
            w.sum(axis=0), variance=fan_out * variance, kurtosis=3 + (kurtosis - 3) / fan_out
        )
        bad = bad or any(abs(z) > 6 for z in scores)
        if bad:
            found.add(name)
    return found


# %% wrong: axis 0 twice
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = np.array_equal(w, other)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(
            w.sum(axis=0), variance=fan_out * variance, kurtosis=3 + (kurtosis - 3) / fan_out
        )
        scores += z_scores(
            w.sum(axis=0), variance=fan_out * variance, kurtosis=3 + (kurtosis - 3) / fan_out
        )
        bad = bad or any(abs(z) > 6 for z in scores)
        if bad:
            found.add(name)
    return found


# %% wrong: fan_in and fan_out exchanged
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = np.array_equal(w, other)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(
            w.sum(axis=1), variance=fan_out * variance, kurtosis=3 + (kurtosis - 3) / fan_out
        )
        scores += z_scores(
            w.sum(axis=0), variance=fan_in * variance, kurtosis=3 + (kurtosis - 3) / fan_in
        )
        bad = bad or any(abs(z) > 6 for z in scores)
        if bad:
            found.add(name)
    return found


# %% wrong: sums with the variance of one weight
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = np.array_equal(w, other)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(w.sum(axis=1), variance=variance, kurtosis=3 + (kurtosis - 3) / fan_in)
        scores += z_scores(w.sum(axis=0), variance=variance, kurtosis=3 + (kurtosis - 3) / fan_out)
        bad = bad or any(abs(z) > 6 for z in scores)
        if bad:
            found.add(name)
    return found


# %% wrong: means for sums
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = np.array_equal(w, other)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(
            w.mean(axis=1), variance=fan_in * variance, kurtosis=3 + (kurtosis - 3) / fan_in
        )
        scores += z_scores(
            w.mean(axis=0), variance=fan_out * variance, kurtosis=3 + (kurtosis - 3) / fan_out
        )
        bad = bad or any(abs(z) > 6 for z in scores)
        if bad:
            found.add(name)
    return found


# %% wrong: sums with n squared
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = np.array_equal(w, other)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(
            w.sum(axis=1), variance=fan_in**2 * variance, kurtosis=3 + (kurtosis - 3) / fan_in
        )
        scores += z_scores(
            w.sum(axis=0), variance=fan_out**2 * variance, kurtosis=3 + (kurtosis - 3) / fan_out
        )
        bad = bad or any(abs(z) > 6 for z in scores)
        if bad:
            found.add(name)
    return found


# %% wrong: sums with the kurtosis of one weight
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = np.array_equal(w, other)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(w.sum(axis=1), variance=fan_in * variance, kurtosis=kurtosis)
        scores += z_scores(w.sum(axis=0), variance=fan_out * variance, kurtosis=kurtosis)
        bad = bad or any(abs(z) > 6 for z in scores)
        if bad:
            found.add(name)
    return found


# %% wrong: beyond 3
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = np.array_equal(w, other)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(
            w.sum(axis=1), variance=fan_in * variance, kurtosis=3 + (kurtosis - 3) / fan_in
        )
        scores += z_scores(
            w.sum(axis=0), variance=fan_out * variance, kurtosis=3 + (kurtosis - 3) / fan_out
        )
        bad = bad or any(abs(z) > 3 for z in scores)
        if bad:
            found.add(name)
    return found


# %% wrong: beyond 12
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = np.array_equal(w, other)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(
            w.sum(axis=1), variance=fan_in * variance, kurtosis=3 + (kurtosis - 3) / fan_in
        )
        scores += z_scores(
            w.sum(axis=0), variance=fan_out * variance, kurtosis=3 + (kurtosis - 3) / fan_out
        )
        bad = bad or any(abs(z) > 12 for z in scores)
        if bad:
            found.add(name)
    return found


# %% wrong: above 6 only
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = np.array_equal(w, other)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(
            w.sum(axis=1), variance=fan_in * variance, kurtosis=3 + (kurtosis - 3) / fan_in
        )
        scores += z_scores(
            w.sum(axis=0), variance=fan_out * variance, kurtosis=3 + (kurtosis - 3) / fan_out
        )
        bad = bad or any(z > 6 for z in scores)
        if bad:
            found.add(name)
    return found


# %% wrong: only if all scores are beyond 6
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = np.array_equal(w, other)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(
            w.sum(axis=1), variance=fan_in * variance, kurtosis=3 + (kurtosis - 3) / fan_in
        )
        scores += z_scores(
            w.sum(axis=0), variance=fan_out * variance, kurtosis=3 + (kurtosis - 3) / fan_out
        )
        bad = bad or all(abs(z) > 6 for z in scores)
        if bad:
            found.add(name)
    return found


# %% wrong: the second moments only
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = np.array_equal(w, other)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(
            w.sum(axis=1), variance=fan_in * variance, kurtosis=3 + (kurtosis - 3) / fan_in
        )
        scores += z_scores(
            w.sum(axis=0), variance=fan_out * variance, kurtosis=3 + (kurtosis - 3) / fan_out
        )
        bad = bad or any(abs(z) > 6 for z in scores[1::2])
        if bad:
            found.add(name)
    return found


# %% wrong: the means only
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = np.array_equal(w, other)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(
            w.sum(axis=1), variance=fan_in * variance, kurtosis=3 + (kurtosis - 3) / fan_in
        )
        scores += z_scores(
            w.sum(axis=0), variance=fan_out * variance, kurtosis=3 + (kurtosis - 3) / fan_out
        )
        bad = bad or any(abs(z) > 6 for z in scores[::2])
        if bad:
            found.add(name)
    return found


# %% wrong: the honest ones
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = np.array_equal(w, other)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(
            w.sum(axis=1), variance=fan_in * variance, kurtosis=3 + (kurtosis - 3) / fan_in
        )
        scores += z_scores(
            w.sum(axis=0), variance=fan_out * variance, kurtosis=3 + (kurtosis - 3) / fan_out
        )
        bad = bad or any(abs(z) > 6 for z in scores)
        if not bad:
            found.add(name)
    return found


# %% wrong: a sorted list
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = np.array_equal(w, other)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(
            w.sum(axis=1), variance=fan_in * variance, kurtosis=3 + (kurtosis - 3) / fan_in
        )
        scores += z_scores(
            w.sum(axis=0), variance=fan_out * variance, kurtosis=3 + (kurtosis - 3) / fan_out
        )
        bad = bad or any(abs(z) > 6 for z in scores)
        if bad:
            found.add(name)
    return sorted(found)


# %% wrong: stops at the first
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = np.array_equal(w, other)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(
            w.sum(axis=1), variance=fan_in * variance, kurtosis=3 + (kurtosis - 3) / fan_in
        )
        scores += z_scores(
            w.sum(axis=0), variance=fan_out * variance, kurtosis=3 + (kurtosis - 3) / fan_out
        )
        bad = bad or any(abs(z) > 6 for z in scores)
        if bad:
            return {name}
    return found


# %% wrong: takes the suspects out of the dictionary
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name in list(initializers):
        w, other = initializers[name](shape, rng=1), initializers[name](shape, rng=2)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(w.sum(axis=1), variance=fan_in * variance, kurtosis=3)
        scores += z_scores(w.sum(axis=0), variance=fan_out * variance, kurtosis=3)
        if np.array_equal(w, other) or any(abs(z) > 6 for z in scores):
            found.add(name)
            del initializers[name]
    return found


# %% wrong: knows the visible names by heart
def suspects(initializers, *, shape, variance, kurtosis):
    return set(initializers) - {"honest"}


# %% right: a generator of scores and a set of names
def _scores(w, variance, kurtosis):
    yield from z_scores(w, variance=variance, kurtosis=kurtosis)
    for sums, n in ((w @ np.ones(w.shape[1]), w.shape[1]), (np.ones(len(w)) @ w, len(w))):
        yield from z_scores(sums, variance=n * variance, kurtosis=3 + (kurtosis - 3) / n)


def suspects(initializers, *, shape, variance, kurtosis):
    def guilty(initializer):
        w = initializer(shape, rng=10)
        if (w == initializer(shape, rng=11)).all():
            return True
        return not all(-6 <= z <= 6 for z in _scores(w, variance, kurtosis))

    return {name for name, initializer in initializers.items() if guilty(initializer)}


# %% right: sums of many weights taken for normal
def suspects(initializers, *, shape, variance, kurtosis):
    fan_out, fan_in = shape
    found = set()
    for name, initializer in initializers.items():
        w, other = initializer(shape, rng=1), initializer(shape, rng=2)
        bad = np.array_equal(w, other)
        scores = [*z_scores(w, variance=variance, kurtosis=kurtosis)]
        scores += z_scores(w.sum(axis=1), variance=fan_in * variance, kurtosis=3)
        scores += z_scores(w.sum(axis=0), variance=fan_out * variance, kurtosis=3)
        bad = bad or any(abs(z) > 6 for z in scores)
        if bad:
            found.add(name)
    return found


# %% right: seeds from a Generator, sums divided by their root
def suspects(initializers, *, shape, variance, kurtosis):
    rng = np.random.default_rng(2024)
    honest = set()
    for name, initializer in initializers.items():
        first, second = (np.asarray(initializer(shape, rng=rng), dtype=float) for _ in range(2))
        worst = np.abs(z_scores(first, variance=variance, kurtosis=kurtosis)).max()
        for axis, n in enumerate(shape):
            sums = first.sum(axis=axis) / np.sqrt(n)
            law = {"variance": variance, "kurtosis": 3 + (kurtosis - 3) / n}
            worst = max(worst, np.abs(z_scores(sums, **law)).max())
        if worst <= 6 and (first != second).any():
            honest.add(name)
    return set(initializers) - honest
