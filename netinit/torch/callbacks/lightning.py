"""A check before the first step of a Lightning training, and a look at its first steps."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import nn
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)

from netinit.torch.callbacks.watching import Start, described
from netinit.torch.checking.model_state import untouched
from netinit.torch.checking.running import Call

__all__ = ["StartCheck"]

_LABELS = ("labels", "label", "targets", "target", "y")
_SILENT = ("log", "log_dict", "print")


@described
class StartCheck(Start, Callback):
    """Checks a module before its first step, with its own loss, and watches the first steps.

    The batch is the first of the training, as the loader gave it and on its device: no loader is
    asked twice. Weights, optimizer, random states and the order of batches are as without it.
    `training_step` is run several times more, without `self.log`. What else it does besides the
    loss, such as writing a file or calling a logger itself, it does each time.

    Raises
    ------
    RuntimeError
        At the start of a training with manual optimization, whose `training_step` cannot be run
        without moving the weights.

    Examples
    --------
    >>> from lightning.pytorch import Trainer
    >>> trainer = Trainer(
    ...     callbacks=[StartCheck(fail=True)], logger=False, enable_checkpointing=False
    ... )
    """

    def _begin(self) -> None:
        self._step: _TrainingStep | None = None
        self._losses: list[float] = []
        self._taken = 0

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Refuse what cannot be checked."""
        if not pl_module.automatic_optimization:
            raise RuntimeError(
                "StartCheck cannot run the training_step of a module with manual optimization: it "
                "would move the weights. Call netinit.torch.check on the module's networks instead"
            )
        if not trainer.is_global_zero:
            self._watch.be_quiet()

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: object, batch_idx: int
    ) -> None:
        """Before the first step, the check; before the next ones, what their batch shows."""
        if self.checked is None and trainer.global_step > 0:
            return  # it was resumed: this is no start
        if self.checked is None:
            self._step = _TrainingStep(pl_module, trainer.precision_plugin.train_step_context)
            self._watch.start(self._step, self._step.call(batch, batch_idx))
        if self._watch.watching and not self._losses:
            self._taken = trainer.global_step
            self._watch.batch(self._step, self._step.call(batch, batch_idx))

    def on_before_optimizer_step(
        self, trainer: Trainer, pl_module: LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        """Keep the weights."""
        if self._step is not None and self._watch.watching:
            self._watch.before_update(self._step)

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: object,
        batch: object,
        batch_idx: int,
    ) -> None:
        """Note the loss, and the step if one was taken."""
        if self._step is None or not self._watch.watching:
            return
        self._losses.append(_loss_of(outputs) * trainer.accumulate_grad_batches)
        if trainer.global_step > self._taken:
            self._watch.step(self._step, sum(self._losses) / len(self._losses))
            self._losses = []

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Report the steps there were, if the training was shorter."""
        if self._step is not None:
            self._watch.finish(self._step)
            self._step = None


class _TrainingStep(nn.Module):
    """The training step of a module in two parts: the output, and the loss that is made of it.

    The output is that of the last network that the step calls. Its loss is found by running the
    step once more with the answers of its networks put in their places, so that the loss of
    another output is known, too.
    """

    def __init__(self, module: LightningModule, context: Callable) -> None:
        super().__init__()
        self._stepped_module = module  # a name that reports leave out
        self._context = context
        self._answers: dict[int, list[tuple[nn.Module, object]]] = {}
        self._by_network: bool | None = None

    def call(self, batch: object, index: int) -> Call:
        """A batch, and the loss of an output for it."""
        labels = _labels_of(batch)
        if self._by_network is None:
            with untouched(self):
                self(batch, index)
                by_network = _own_loss(self._answers[id(batch)])
            self._by_network = by_network
        if self._by_network:
            return Call((batch, index), {} if labels is None else {"labels": labels})
        return Call((batch, index), {}, labels, partial(self._loss, batch, index))

    def forward(self, batch: object, index: int, labels: torch.Tensor | None = None) -> object:
        """The output; where none can be told, the loss."""
        answers: list[tuple[nn.Module, object]] = []
        with _noting(self._stepped_module, answers):
            loss = self._run(batch, index)
        self._answers[id(batch)] = answers
        known = _plain_output(answers) is not None or _own_loss(answers)
        return answers[-1][1] if known else loss

    def _loss(self, batch: object, index: int, output: torch.Tensor, *target: object) -> object:
        answers = self._answers[id(batch)]
        if _plain_output(answers) is None:
            return output
        with _answering([*answers[:-1], (answers[-1][0], output)]):
            return self._run(batch, index)

    def _run(self, batch: object, index: int) -> torch.Tensor:
        step = self._stepped_module.training_step
        taken = inspect.signature(step).parameters
        given = {"batch_idx": index, "dataloader_idx": 0}
        with _silently(self._stepped_module), self._context():
            found = step(batch, **{name: given[name] for name in given if name in taken})
        return found["loss"] if isinstance(found, Mapping) else found


def _plain_output(answers: list[tuple[nn.Module, object]]) -> torch.Tensor | None:
    """The last answer, if it is a tensor that a loss can be made of."""
    output = answers[-1][1] if answers else None
    plain = isinstance(output, torch.Tensor) and output.is_floating_point() and output.dim() > 0
    return output if plain else None


def _own_loss(answers: list[tuple[nn.Module, object]]) -> bool:
    """Whether the last answer has a loss and logits, as models of transformers give them."""
    output = answers[-1][1] if answers else None
    parts = (getattr(output, name, None) for name in ("loss", "logits"))
    return all(isinstance(part, torch.Tensor) for part in parts)


def _labels_of(batch: object) -> torch.Tensor | None:
    """The targets of a batch: what has their name, or the second of two."""
    if isinstance(batch, Mapping):
        found = next((batch[name] for name in _LABELS if name in batch), None)
    else:
        found = batch[1] if isinstance(batch, tuple | list) and len(batch) == 2 else None
    return found if isinstance(found, torch.Tensor) else None


@contextmanager
def _silently(module: LightningModule) -> Iterator[None]:
    """Within this the module logs nothing."""
    kept = {name: module.__dict__[name] for name in _SILENT if name in module.__dict__}
    module.__dict__.update({name: _keep_quiet for name in _SILENT})
    try:
        yield
    finally:
        for name in _SILENT:
            module.__dict__.pop(name, None)
        module.__dict__.update(kept)


def _keep_quiet(*args: object, **kwargs: object) -> None:
    """Say nothing."""


@contextmanager
def _noting(module: nn.Module, answers: list[tuple[nn.Module, object]]) -> Iterator[None]:
    """Note what the outermost modules with parameters answer."""
    ours = {id(each) for each in module.modules() if any(True for _ in each.parameters())}
    inside: list[int] = []

    def enter(called: nn.Module, args: object) -> None:
        if id(called) in ours:
            inside.append(id(called))

    def leave(called: nn.Module, args: object, output: object) -> None:
        if id(called) in ours:
            inside.pop()
            if not inside:
                answers.append((called, output))

    hooks = [register_module_forward_pre_hook(enter), register_module_forward_hook(leave)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def _answering(answers: list[tuple[nn.Module, object]]) -> Iterator[None]:
    """Within this the modules answer what is given, in order, without a calculation."""
    modules = {id(module): module for module, _ in answers}
    kept = {key: module.__dict__.get("forward") for key, module in modules.items()}
    for module in modules.values():
        mine = iter([answer for each, answer in answers if each is module])
        module.__dict__["forward"] = partial(_next_answer, mine)
    try:
        yield
    finally:
        for key, module in modules.items():
            del module.__dict__["forward"]
            if kept[key] is not None:
                module.__dict__["forward"] = kept[key]


def _next_answer(answers: Iterator[object], *args: object, **kwargs: object) -> object:
    return next(answers)


def _loss_of(outputs: object) -> float:
    """The loss among what Lightning says of a step, which it has divided by the accumulation."""
    found = outputs.get("loss") if isinstance(outputs, Mapping) else outputs
    return float("nan") if found is None else float(found)
