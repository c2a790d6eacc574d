"""A check before the first step of a Trainer of transformers, and a look at its first steps."""

from __future__ import annotations

import math

import torch
from torch import nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.loss.loss_utils import ForCausalLMLoss

from netinit.torch.callbacks.watching import Start, described
from netinit.torch.checking.running import Call

__all__ = ["StartCheck"]

_ITEMS = "num_items_in_batch"


@described
class StartCheck(Start, TrainerCallback):
    """Checks a model before its first step, with its own loss, and watches the first steps.

    The batch is the first that the Trainer gives to the model: no loader is asked twice. Weights,
    optimizer, random states and the order of batches are as without it.

    The loss is the one that the model computes from its labels. With `label_smoothing_factor` or
    `compute_loss_func` the Trainer keeps the labels to itself; the check then knows no loss, and
    what is suspicious stays a warning.

    Examples
    --------
    >>> from transformers import Trainer
    >>> def trainer(model, arguments, data):
    ...     return Trainer(model, arguments, train_dataset=data, callbacks=[StartCheck()])
    """

    def _begin(self) -> None:
        self._hooks: list[torch.utils.hooks.RemovableHandle] = []
        self._losses: list[tuple[float, float]] = []  # of the batches of a step: sum and count
        self._busy = False

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        model: nn.Module | None = None,
        **kwargs: object,
    ) -> None:
        """Look at the first batch when it comes, unless a training is resumed."""
        self._remove()
        if model is None or state.global_step > 0:
            return
        if not state.is_world_process_zero:
            self._watch.be_quiet()
        self._hooks = [
            model.register_forward_pre_hook(self._before, with_kwargs=True),
            model.register_forward_hook(self._after, with_kwargs=True),
        ]

    def on_pre_optimizer_step(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        model: nn.Module | None = None,
        **kwargs: object,
    ) -> None:
        """Keep the weights."""
        if self._hooks:
            self._watch.before_update(model)

    def on_optimizer_step(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        model: nn.Module | None = None,
        **kwargs: object,
    ) -> None:
        """Note a step that was taken."""
        if not self._hooks or not self._losses:
            return
        loss = sum(total for total, _ in self._losses) / sum(count for _, count in self._losses)
        self._losses, self._busy = [], True
        try:
            self._watch.step(model, loss)
        finally:
            self._busy = False
        if not self._watch.watching:
            self._remove()

    def on_train_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        model: nn.Module | None = None,
        **kwargs: object,
    ) -> None:
        """Report the steps there were, if the training was shorter."""
        self._remove()
        if model is not None:
            self._watch.finish(model)

    def _before(self, model: nn.Module, args: tuple, kwargs: dict) -> None:
        """The check before the first step; before the next ones, what their batch shows."""
        if self._busy or not model.training or not torch.is_grad_enabled():
            return
        # The mean over this batch alone, not its share of all batches of a step.
        given = {name: each for name, each in kwargs.items() if name != _ITEMS}
        call, self._busy = Call(args, given), True
        try:
            if self.checked is None:
                self._watch.start(model, call)
            if self._watch.watching and not self._losses:
                self._watch.batch(model, call)
        except RuntimeError:
            self._remove()
            raise
        finally:
            self._busy = False

    def _after(self, model: nn.Module, args: tuple, kwargs: dict, output: object) -> None:
        """Note the loss of a batch."""
        if self._busy or not model.training or not torch.is_grad_enabled():
            return
        if self._watch.watching:
            self._losses.append(_total(model, kwargs, output))

    def _remove(self) -> None:
        for hook in self._hooks:
            hook.remove()
        self._hooks = []


def _total(model: nn.Module, kwargs: dict, output: object) -> tuple[float, float]:
    """The sum of the losses of a batch, and of how many targets.

    The Trainer has the sum divided by a number of its own, which for a language model is not that
    of the targets of this batch.
    """
    loss, labels, items = getattr(output, "loss", None), kwargs.get("labels"), kwargs.get(_ITEMS)
    mean = math.nan if loss is None else loss.item()
    if items is None or not isinstance(labels, torch.Tensor):
        return mean, 1
    shifted = getattr(model, "loss_function", None) is ForCausalLMLoss
    count = int((labels[..., 1:] if shifted else labels).ne(-100).sum())
    return mean * float(items), max(count, 1)
