"""Seeded training of one network or of a stack of networks, with its history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netinit import losses
from netinit._checks import arguments
from netinit.network.protocol import Net, Network, check_network
from netinit.network.stacks import copy
from netinit.training.optimizers import Optimizer

Array = npt.NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class History:
    """What happened during training.

    Parameters
    ----------
    steps : integer array of shape (evaluations,)
        Updates made before each evaluation: 0, evaluate_every, ..., and always the last.
    loss : array of shape (*stack, evaluations)
        On the whole training set; NaN from the evaluation after which it was no longer finite.
    train_accuracy, accuracy : arrays of shape (*stack, evaluations), or None
        On the training and the test set (None: a squared loss, no test set); NaN as the loss.
    diverged : boolean array of shape (*stack,)
        Which networks met a loss that was not finite.
    net : network
        As training left it; a network that diverged as it was when that was seen.
    """

    steps: npt.NDArray[np.integer]
    loss: Array
    train_accuracy: Array | None
    accuracy: Array | None
    diverged: npt.NDArray[np.bool_]
    net: Network


@dataclass(frozen=True, eq=False)
class _Task:
    """The data, the loss and the optimizers: all that stays the same during a run."""

    x: Array
    y: npt.NDArray
    x_test: Array | None
    y_test: npt.NDArray | None
    loss: str
    optimizers: dict[str, Optimizer]

    def compare(self, output: Array, targets: npt.NDArray) -> tuple[Array, Array]:
        """The loss of each network, and its gradient at the output."""
        loss, gradient = losses.LOSSES[self.loss](
            *_by_position(output, targets, int(self.loss != "squared"))
        )
        return loss, gradient.reshape(output.shape)

    def score(self, output: Array, labels: npt.NDArray) -> Array:
        """The accuracy of each network."""
        return losses.accuracy(*_by_position(output, labels, 1))


def train(
    net: Network,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    optimizer: Optimizer | Mapping[str, Optimizer],
    steps: int,
    batch_size: int,
    rng: arguments.Seed | Sequence[arguments.Seed],
    loss: str = "softmax_cross_entropy",
    x_test: npt.ArrayLike | None = None,
    y_test: npt.ArrayLike | None = None,
    evaluate_every: int = 10,
) -> History:
    """Train a copy of `net` on mini-batches; the network passed in does not change.

    A stack of networks trains together, each as it would alone: perceptrons bit for bit, networks
    of layers to rounding. Each pass over the data takes the examples in a new random order; a batch
    may straddle two passes.

    Parameters
    ----------
    net : network
        An MLP, or any other that answers `netinit.network.Network`.
    x : array of shape (examples, ...)
    y : integer array of shape (examples,), or (examples, outputs) for the squared loss
        Where the output has positions, as in a language model, (examples, positions).
    optimizer : SGD, Momentum or Adam
        Or a mapping of the name of every parameter to its own, as where layers have learning rates
        of their own (`netinit.theory.width`).
    steps, batch_size : int
    rng : seed, or a list of one seed per network of the stack
        Of the order of the examples. With one seed all networks see the same batches.
    loss : "softmax_cross_entropy" or "squared"
    x_test, y_test : arrays like `x` and `y`
    evaluate_every : int
        Steps between evaluations.

    Examples
    --------
    >>> from netinit.network import init_mlp
    >>> from netinit.training import SGD
    >>> x = np.random.default_rng(0).standard_normal((64, 2))
    >>> net = init_mlp([2, 16, 2], rng=1)
    >>> task = {"optimizer": SGD(0.5), "steps": 100, "batch_size": 16, "rng": 2}
    >>> history = train(net, x, (x[:, 0] > 0).astype(int), **task)
    >>> bool(history.train_accuracy[-1] > 0.9)
    True
    """
    check_network(net)
    task = _task(net, x, y, x_test, y_test, loss, optimizer)
    steps = arguments.size(steps, "steps")
    flat = _flatten(net)
    order = _order(rng, len(task.x), batch_size, steps, flat.stack_shape[0])
    evaluated = _evaluated(steps, evaluate_every)
    with np.errstate(all="ignore"):
        final, results = _run(flat, task, order, evaluated)
    curves = [results[:, i].reshape(*net.stack_shape, -1) for i in range(3)]
    diverged = np.isnan(curves[0][..., -1])
    scored = loss == "softmax_cross_entropy"
    return History(
        evaluated,
        curves[0],
        curves[1] if scored else None,
        curves[2] if scored and task.x_test is not None else None,
        diverged,
        _shaped(final, net.stack_shape),
    )


@dataclass(frozen=True, eq=False)
class _State:
    """The networks still training: parameters, the optimizer's memory, places in the stack."""

    net: Network
    memory: list[list[Array]]
    members: npt.NDArray[np.integer]


def _run(
    net: Network, task: _Task, order: npt.NDArray[np.integer], evaluated: npt.NDArray[np.integer]
) -> tuple[Network, Array]:
    """Train a flat stack; its final parameters and (networks, 3, evaluations) results."""
    final = copy(net)
    results = np.full((net.stack_shape[0], 3, len(evaluated)), np.nan)
    memory = [
        [np.zeros_like(p) for _ in range(task.optimizers[name].memories)]
        for name, p in net.parameters.items()
    ]
    state = _State(net, memory, np.arange(len(results)))
    done = 0
    for place, step in enumerate(evaluated):
        for now in range(done, step):
            state = _step(state, task, order[now], now + 1, final)
        done = step
        measured = _evaluate(state.net, task)
        finite = np.isfinite(measured[0])
        state = _without(state, ~finite, final)
        results[state.members, :, place] = measured[:, finite].T
    _without(state, np.ones(len(state.members), bool), final)
    return final, results


def _step(
    state: _State, task: _Task, chosen: npt.NDArray[np.integer], step: int, final: Network
) -> _State:
    """One update; networks whose loss is not finite leave, their parameters put in `final`."""
    if not len(state.members):
        return state
    rows = chosen if chosen.ndim == 1 else chosen[state.members]
    signals = state.net.forward(task.x[rows])
    loss, gradient = task.compare(signals.output, task.y[rows])
    bad = ~np.isfinite(loss)
    if bad.any():
        return _step(_without(state, bad, final), task, chosen, step, final)
    gradients = state.net.backward(signals, gradient).parameters
    pairs = zip(state.net.parameters.items(), state.memory, strict=True)
    for (name, parameter), memory in pairs:
        task.optimizers[name].update(parameter, gradients[name], memory, step)
    return state


def _evaluate(net: Network, task: _Task) -> Array:
    """Training loss, training accuracy and test accuracy of each network, NaN if not defined."""
    results = np.full((3, net.stack_shape[0]), np.nan)
    if not results.size:
        return results
    output = net(task.x)
    results[0] = task.compare(output, task.y)[0]
    if task.loss == "softmax_cross_entropy":
        results[1] = task.score(output, task.y)
        if task.x_test is not None:
            results[2] = task.score(net(task.x_test), task.y_test)
    return results


def _without(state: _State, leaving: npt.NDArray[np.bool_], final: Network) -> _State:
    """The state without the `leaving` networks, whose parameters are put in `final`."""
    if not leaving.any():
        return state
    for name, kept in final.parameters.items():
        kept[state.members[leaving]] = state.net.parameters[name][leaving]
    net = state.net.replace({n: p[~leaving] for n, p in state.net.parameters.items()})
    memory = [[m[~leaving] for m in group] for group in state.memory]
    return _State(net, memory, state.members[~leaving])


def _flatten(net: Net) -> Net:
    """A copy with one stack axis, of length 1 for a single network."""
    return copy(_shaped(net, (-1,), axes=len(net.stack_shape)))


def _shaped(net: Net, shape: tuple[int, ...], axes: int = 1) -> Net:
    """The network with its first `axes` axes reshaped to `shape`."""
    return net.replace({n: p.reshape(*shape, *p.shape[axes:]) for n, p in net.parameters.items()})


def _task(
    net: Network,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    x_test: npt.ArrayLike | None,
    y_test: npt.ArrayLike | None,
    loss: str,
    optimizer: Optimizer | Mapping[str, Optimizer],
) -> _Task:
    """The checked arguments, the inputs in the network's dtype."""
    arguments.choice(loss, losses.LOSSES, "loss")
    optimizers = _optimizers(net, optimizer)
    if (x_test is None) != (y_test is None):
        raise ValueError("x_test and y_test go together: give both or neither")
    x, y = _examples(net, x, y, "x", "y")
    if x_test is not None:
        x_test, y_test = _examples(net, x_test, y_test, "x_test", "y_test")
    return _Task(x, y, x_test, y_test, loss, optimizers)


def _optimizers(
    net: Network, optimizer: Optimizer | Mapping[str, Optimizer]
) -> dict[str, Optimizer]:
    """The optimizer of each parameter, by its name."""
    names = list(net.parameters)
    if not isinstance(optimizer, Mapping):
        optimizer = dict.fromkeys(names, optimizer)
    if set(optimizer) != set(names):
        differ = ", ".join(sorted(map(str, set(optimizer) ^ set(names))))
        raise ValueError(f"optimizer must name every parameter once; these differ: {differ}")
    for each in optimizer.values():
        if isinstance(each, type) or not callable(getattr(each, "update", None)):
            raise TypeError(f"optimizer must be SGD, Momentum or Adam (a record), not {each!r}")
    return {name: optimizer[name] for name in names}


def _examples(
    net: Network, x: npt.ArrayLike, y: npt.ArrayLike, name: str, target: str
) -> tuple[Array, npt.NDArray]:
    x, y = net.check_inputs(x, name), np.asarray(y)
    if x.ndim != 1 + net.example_axes:
        raise ValueError(f"{name} must hold one example a row for all networks, not {x.shape}")
    if not len(x):
        raise ValueError(f"{name} must hold at least one example, not {x.shape}")
    if y.shape[:1] != x.shape[:1]:
        raise ValueError(f"{target} must have one row per row of {name}, {len(x)}, not {y.shape}")
    if not np.isfinite(x).all():
        raise ValueError(f"{name} must be finite")
    return x, y


def _by_position(output: Array, targets: npt.NDArray, axes: int) -> tuple[Array, npt.NDArray]:
    """Output of a flat stack and its targets, each position of each example as one row.

    A target has so many axes fewer than an output that is not stacked.
    """
    if output.ndim == 3:
        return output, targets
    stacked = targets.ndim == output.ndim - axes
    rows = [*output.shape[:stacked], -1, *output.shape[output.ndim - 1 + axes :]]
    return output.reshape(len(output), -1, output.shape[-1]), targets.reshape(rows)


def _evaluated(steps: int, every: int) -> npt.NDArray[np.integer]:
    every = arguments.size(every, "evaluate_every")
    if not every:
        raise ValueError("evaluate_every must be at least 1")
    return np.unique([*range(0, steps + 1, every), steps])


def _order(
    rng: arguments.Seed | Sequence[arguments.Seed],
    examples: int,
    batch_size: int,
    steps: int,
    networks: int,
) -> npt.NDArray[np.integer]:
    """Examples of each step: (steps, batch), or (steps, networks, batch) with a seed for each."""
    batch_size = arguments.size(batch_size, "batch_size")
    if not 1 <= batch_size <= examples:
        raise ValueError(f"batch_size must be from 1 to {examples}, the examples, not {batch_size}")
    if not isinstance(rng, list | tuple | np.ndarray):
        return _shuffled(arguments.generator(rng), examples, batch_size, steps)
    if len(rng) != networks:
        raise ValueError(f"rng must be one seed or one per network, {networks}, not {len(rng)}")
    each = [_shuffled(arguments.generator(seed), examples, batch_size, steps) for seed in rng]
    return np.stack(each, axis=1)


def _shuffled(
    rng: np.random.Generator, examples: int, batch_size: int, steps: int
) -> npt.NDArray[np.integer]:
    passes = -(-steps * batch_size // examples)
    order = rng.permuted(np.tile(np.arange(examples), (passes, 1)), axis=1)
    return order.ravel()[: steps * batch_size].reshape(steps, batch_size)
