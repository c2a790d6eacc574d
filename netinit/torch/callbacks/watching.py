"""What both callbacks do: check before the first step, and watch the first ones."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import nn

from netinit._checks import arguments
from netinit.reporting.findings import gravest_first
from netinit.reporting.report import Report
from netinit.torch.checking.check import check
from netinit.torch.checking.first_loss import learned_more
from netinit.torch.checking.model_state import untouched
from netinit.torch.checking.observing import trainable
from netinit.torch.checking.operations import Recorder
from netinit.torch.checking.probe import best_constant, findings_of_training, is_shown
from netinit.torch.checking.running import Call
from netinit.torch.ranks import ranks_of, world

_BATCHES = 8  # of the last ones, on which losses are averaged and the best constant is found
COLUMNS = ("step", "loss", "update", "dead")


class Watch:
    """A check before the first step, and a look at the first steps of somebody's training.

    Parameters
    ----------
    fail : bool
        Whether an error of the check stops the training.
    steps : int
        How many steps are watched after the check; 0 for none.
    trial : int
        How many steps a suspicion of the check is given: see `netinit.torch.check`.
    show : callable, optional
        What is done with a report; by default it is printed.

    Attributes
    ----------
    checked, watched : Report or None
        That of the check, and that of the first steps, once there.
    """

    def __init__(
        self,
        *,
        fail: bool = False,
        steps: int = 100,
        trial: int = 30,
        show: Callable[[Report], object] | None = None,
    ) -> None:
        self.fail = arguments.flag(fail, "fail")
        self.steps = arguments.size(steps, "steps")
        self.trial = arguments.size(trial, "trial")
        if show is not None and not callable(show):
            raise TypeError(f"show must be a function of a report, not {show!r}")
        self.show = show
        self.checked: Report | None = None
        self.watched: Report | None = None
        self._done = 0
        self._rows: list[dict] = []
        self._losses: deque[float] = deque(maxlen=_BATCHES)
        self._calls: deque[Call] = deque(maxlen=_BATCHES)
        self._before: dict[str, torch.Tensor] = {}

    def be_quiet(self) -> None:
        """Show nothing, unless somebody said what is done with a report."""
        self.show = self.show or _keep_quiet

    @property
    def watching(self) -> bool:
        """Whether there are more steps to watch."""
        return self.watched is None and self._done < self.steps

    def start(self, model: nn.Module, call: Call) -> None:
        """Check the model on the first batch.

        Raises
        ------
        RuntimeError
            If an error was found, and errors are to stop the training.
        """
        checked = check(
            model, (call.args, call.kwargs), loss=call.loss, target=call.target, steps=self.trial
        )
        checked.findings = gravest_first(world().merged(checked.findings))  # all stop, or none
        self.checked = checked
        if self.fail and not self.checked.ok:
            raise RuntimeError(f"the model does not start as it should\n{self.checked}")
        self._say(self.checked)

    def batch(self, model: nn.Module, call: Call) -> None:
        """Take note of the batch of the next step; at some steps, of dead units."""
        self._calls.append(replace(call, ranks=ranks_of(model)))
        if is_shown(self._done + 1, self.steps):
            self._rows.append({"step": self._done + 1, "dead": _dead(model, call)})

    def before_update(self, model: nn.Module) -> None:
        """Keep the weights, at the steps whose update is shown."""
        if is_shown(self._done + 1, self.steps):
            self._before = {n: p.detach().clone() for n, p in trainable(model).items()}

    def step(self, model: nn.Module, loss: float) -> None:
        """Take note of a step that was taken, and of the loss before it."""
        self._done += 1
        self._losses.append(loss)
        row = self._rows[-1] if self._rows else {}
        if row.get("step") == self._done:
            row |= {"loss": loss, "update": _update(self._before, trainable(model))}
        self._before = {}
        if self._done >= self.steps:
            self.finish(model)

    def finish(self, model: nn.Module) -> None:
        """Report what the steps showed; at the last one, or where the training ends before it."""
        if self.watched is not None or not self._done:
            return
        with untouched(model):
            known = best_constant(model, list(self._calls))
        last = sum(self._losses) / len(self._losses)
        facts: dict[str, object] = {"steps": self._done, "last loss": last}
        learned = None
        if known is not None and math.isfinite(last):
            learned = learned_more(last, known)
            facts |= {"loss of the best constant": known.best, "learned more": str(learned)}
        found = findings_of_training(last, known, learned)
        if learned is False:  # the rate of a training may still be rising
            found = [replace(finding, severity="warning") for finding in found]
        rows = [row for row in self._rows if "loss" in row]
        self.watched = Report("First steps", COLUMNS, rows, found, facts=facts)
        self._calls.clear()
        self._say(self.watched)

    def _say(self, report: Report) -> None:
        (self.show or print)(report)


class Start:
    """What both callbacks are beside what their libraries call.

    Parameters
    ----------
    fail : bool
        Whether an error stops the training, with a RuntimeError that shows the report.
    steps : int
        How many steps are watched after the check; 0 for none.
    trial : int
        How many steps of Adam a suspicion is given, as `steps` of `netinit.torch.check`.
    show : callable, optional
        What is done with each report, on the first rank; by default it is printed.

    Attributes
    ----------
    checked : Report or None
        That of `netinit.torch.check`.
    watched : Report or None
        At some of the first steps, each loss, the norm of the update over that of the weights, and
        the largest share of dead units in a layer; the last losses beside that of the best constant
        answer.
    """

    def __init__(
        self,
        *,
        fail: bool = False,
        steps: int = 100,
        trial: int = 30,
        show: Callable[[Report], object] | None = None,
    ) -> None:
        self._watch = Watch(fail=fail, steps=steps, trial=trial, show=show)
        self._begin()

    def _begin(self) -> None:
        """Set up what the callback of one library needs."""
        raise NotImplementedError

    @property
    def checked(self) -> Report | None:
        """The report of the check, once it was made."""
        return self._watch.checked

    @property
    def watched(self) -> Report | None:
        """The report of the first steps, once they were made."""
        return self._watch.watched


def described(callback: type) -> type:
    """Put the parameters and attributes of `Start` into the docstring of a callback."""
    own, common = callback.__doc__, Start.__doc__
    if own is None or common is None:  # python -OO leaves them out
        return callback
    place = min(own.index(head) for head in ("    Raises\n", "    Examples\n") if head in own)
    common = common[common.index("    Parameters\n") :].rstrip()
    callback.__doc__ = f"{own[:place]}{common}\n\n{own[place:]}"
    return callback


def _keep_quiet(report: Report) -> None:
    """Show nothing."""


def _dead(model: nn.Module, call: Call) -> float | None:
    """The largest share of dead units in a layer; None where none can be told."""
    recorder = Recorder(model)
    with untouched(model), recorder, torch.no_grad():
        model(*call.args, **call.kwargs)
    return max((o.dead for o in recorder.operations if o.dead is not None), default=None)


@torch.no_grad()
def _update(before: dict[str, torch.Tensor], after: dict[str, nn.Parameter]) -> float | None:
    """The norm of the change of all parameters over that of the parameters."""
    if not before:
        return None
    pairs = [(before[name].float(), after[name].detach().float()) for name in before]
    changed = sum((new - old).square().sum().item() for old, new in pairs)
    whole = sum(old.square().sum().item() for old, _ in pairs)
    return math.sqrt(changed / whole) if whole else math.inf
