"""A residual network without normalization, on plain arrays: just enough to watch it grow.

Block l adds to its input: x <- x + B^l relu(A^l x); a last layer C turns the stream into logits.
All layers are square but the last, and there are no biases.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netinit import losses
from netinit._checks import arguments
from netinit.initializers import registry

Array = npt.NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class ResidualNet:
    """A stack of residual networks: many draws of one shape at once.

    Parameters
    ----------
    first, last : arrays of shape (blocks, networks, width, width)
        A and B of each block.
    readout : array of shape (networks, classes, width)
        C.
    """

    first: Array
    last: Array
    readout: Array

    def streams(self, x: npt.ArrayLike) -> list[Array]:
        """The stream before the first block and after each one: (networks, batch, width).

        >>> net = init_residual(8, blocks=3, first="he_normal", last="zeros", seeds=[0, 1])
        >>> [stream.shape for stream in net.streams(np.ones((5, 8)))]
        [(2, 5, 8), (2, 5, 8), (2, 5, 8), (2, 5, 8)]
        """
        stream = np.broadcast_to(x, (len(self.readout), *np.shape(x))).astype(self.first.dtype)
        found = [stream]
        for a, b in zip(self.first, self.last, strict=True):
            stream = stream + np.maximum(stream @ _turned(a), 0) @ _turned(b)
            found.append(stream)
        return found

    def loss(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, "ResidualNet"]:
        """Cross-entropy of each network, and its gradient in the shape of the network."""
        streams = self.streams(x)
        loss, delta = losses.softmax_cross_entropy(streams[-1] @ _turned(self.readout), y)
        readout = _turned(delta) @ streams[-1]
        back, first, last = delta @ self.readout, [], []
        for a, b, stream in zip(self.first[::-1], self.last[::-1], streams[-2::-1], strict=True):
            hidden = np.maximum(stream @ _turned(a), 0)
            inner = (back @ b) * (hidden > 0)
            last.append(_turned(back) @ hidden)
            first.append(_turned(inner) @ stream)
            back = back + inner @ a
        return loss, ResidualNet(np.stack(first[::-1]), np.stack(last[::-1]), readout)


def init_residual(
    width: int,
    *,
    blocks: int,
    first: registry.Initializer | str,
    last: registry.Initializer | str,
    readout: registry.Initializer | str = "zeros",
    classes: int = 10,
    seeds: list[arguments.Seed],
) -> ResidualNet:
    """One network a seed, with freshly drawn weights.

    Parameters
    ----------
    width, blocks, classes : int
    first, last, readout : initializer
        Of A, B and C: a name that `netinit.get` knows, or a callable ``(shape, *, rng)``.

    Examples
    --------
    >>> net = init_residual(64, blocks=6, first="he_normal", last="he_normal", seeds=range(200))
    >>> growth = np.mean(net.streams(np.ones((1, 64)))[-1].astype(float) ** 2)
    >>> bool(0.8 < growth / 3**6 < 1.25)
    True
    """
    shapes = {"first": (width, width), "last": (width, width)}
    schemes = {"first": registry.get(first), "last": registry.get(last)}
    rngs = [arguments.generator(seed) for seed in seeds]
    drawn = {
        name: np.stack([[schemes[name](shapes[name], rng=r) for r in rngs] for _ in range(blocks)])
        for name in shapes
    }
    final = registry.get(readout)
    return ResidualNet(**drawn, readout=np.stack([final((classes, width), rng=r) for r in rngs]))


def descend(
    net: ResidualNet,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    learning_rate: float,
    steps: int,
    batch_size: int,
    rng: arguments.Seed,
) -> Array:
    """Loss of the batch before each step of plain gradient descent: (steps, networks).

    The network passed in does not change. A loss that overflows stays NaN or infinite.

    Examples
    --------
    >>> net = init_residual(8, blocks=2, first="he_normal", last="zeros", classes=2, seeds=[0])
    >>> x = np.random.default_rng(0).standard_normal((64, 8))
    >>> task = {"learning_rate": 0.1, "steps": 50, "batch_size": 16, "rng": 0}
    >>> loss = descend(net, x, (x[:, 0] > 0).astype(int), **task)
    >>> bool(loss[-1, 0] < 0.5 * loss[0, 0])
    True
    """
    rng, x, y = arguments.generator(rng), np.asarray(x, net.first.dtype), np.asarray(y)
    parts = [part.copy() for part in (net.first, net.last, net.readout)]
    net, found = ResidualNet(*parts), []
    with np.errstate(all="ignore"):
        for _ in range(steps):
            rows = rng.choice(len(x), batch_size, replace=False)
            loss, slope = net.loss(x[rows], y[rows])
            found.append(loss)
            for part, gradient in zip(parts, (slope.first, slope.last, slope.readout), strict=True):
                part -= learning_rate * gradient
    return np.stack(found)


def _turned(array: Array) -> Array:
    return np.swapaxes(array, -1, -2)
