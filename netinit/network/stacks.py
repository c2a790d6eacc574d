"""Many networks as one: stacks along a leading axis, and parameters in a row."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from netinit.network.protocol import Net, Network, check_network

__all__ = ["flatten", "stack", "unflatten", "unstack"]

Array = npt.NDArray[np.floating]


def stack(nets: Sequence[Net]) -> Net:
    """Networks of one shape as a single one with a leading axis, to run them together.

    `init_mlp` and `init_network` draw such a stack at once, with ``seeds=range(20)``.

    >>> from netinit.network import init_mlp
    >>> stack([init_mlp([4, 3, 2], rng=seed) for seed in range(5)]).stack_shape
    (5,)
    """
    nets = list(nets)
    for net in nets:
        check_network(net)
    kinds = {_kind(net) for net in nets}
    if len(kinds) != 1:
        found = ", ".join(sorted(map(str, kinds))) or "no network"
        raise ValueError(
            f"stack takes networks of one shape, dtype and activation, at least one: {found}"
        )
    each = [net.parameters for net in nets]
    return nets[0].replace({name: np.stack([p[name] for p in each]) for name in each[0]})


def unstack(net: Net) -> list[Net]:
    """The networks along the first stack axis, each on arrays of its own.

    >>> from netinit.network import init_mlp
    >>> nets, alone = init_mlp([4, 3, 2], seeds=range(5)), init_mlp([4, 3, 2], rng=3)
    >>> bool((unstack(nets)[3].weights[0] == alone.weights[0]).all())
    True
    """
    check_network(net)
    if not net.stack_shape:
        raise ValueError("this network is not a stack: its parameters have no leading axis")
    return [
        net.replace({name: value[i].copy() for name, value in net.parameters.items()})
        for i in range(net.stack_shape[0])
    ]


def copy(net: Net) -> Net:
    """The same network on arrays of its own."""
    return net.replace({name: value.copy() for name, value in net.parameters.items()})


def flatten(net: Network) -> Array:
    """All parameters of one network in a row, in float64, in the order of ``net.parameters``.

    >>> from netinit.network import MLP
    >>> flatten(MLP([np.array([[1.0, 2.0]])], [np.array([3.0])], "tanh"))
    array([1., 2., 3.])
    """
    check_network(net)
    return np.concatenate([p.ravel() for p in net.parameters.values()]).astype(np.float64)


def unflatten(parameters: npt.ArrayLike, like: Net) -> Net:
    """The network of the shape of `like` whose `flatten` is `parameters`.

    >>> from netinit.network import MLP
    >>> net = MLP([np.array([[1.0, 2.0]])], [np.array([3.0])], "tanh")
    >>> unflatten([4.0, 5.0, 6.0], net).weights
    [array([[4., 5.]])]
    """
    check_network(like)
    parameters, shapes = np.asarray(parameters), {n: p.shape for n, p in like.parameters.items()}
    ends = np.cumsum([p.size for p in like.parameters.values()])
    if parameters.shape != (ends[-1],):
        raise ValueError(f"parameters must be {(int(ends[-1]),)}, not {parameters.shape}")
    parts = np.split(parameters, ends[:-1])
    pairs = zip(shapes.items(), parts, strict=True)
    return like.replace({name: part.reshape(shape) for (name, shape), part in pairs})


def _kind(net: Network) -> tuple[object, ...]:
    """What must agree between the networks of one stack."""
    shapes = ", ".join(f"{name} {value.shape}" for name, value in net.parameters.items())
    return type(net).__name__, shapes, str(net.dtype), net.architecture
