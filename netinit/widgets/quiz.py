"""A quick question with an answer to every answer."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from netinit.style import css_variables
from netinit.widgets.bundle import bundle
from netinit.widgets.formatting import nearest

_HERE = Path(__file__).parent


class Quiz(anywidget.AnyWidget):
    """One question with a few answers, and a sentence for each that says why.

    It works in a page without a kernel as in JupyterLab; where no script runs, the question, its
    answers and what is said to each are read as text. Nothing is counted or kept.

    Parameters
    ----------
    question : what is asked, in a sentence or two
    answers : ``{answer: feedback}`` in the order shown. The feedback says why the answer is
        right or which idea behind it is not; the reader is told "right" or "not right" before it.
    correct : the right answer, or a list of them (then each is ticked by itself)

    Words between backticks are set as code. There is no other markup, so that the text is the same
    everywhere: mathematics is written in Unicode (σ², √2, 10⁻³).

    ``chosen``, the answers ticked, and ``checked``, whether the reader has asked, are traits.

    >>> Quiz(
    ...     "Which variance keeps the mean square of a ReLU layer level?",
    ...     {
    ...         "1/n": "ReLU throws half of the mean square away, so this halves it in each layer.",
    ...         "2/n": "The 2 makes up for the half that ReLU throws away.",
    ...     },
    ...     correct="2/n",
    ... )
    Quiz: Which variance keeps the mean square of a ReLU layer level?
      [ ] 1/n
          Not right. ReLU throws half of the mean square away, so this halves it in each layer.
      [x] 2/n
          Right. The 2 makes up for the half that ReLU throws away.
    """

    _esm = bundle((_HERE / "quiz.js").read_text("utf8"))
    _css = css_variables() + (_HERE / "quiz.css").read_text("utf8")

    spec = traitlets.Dict().tag(sync=True)
    chosen = traitlets.List().tag(sync=True)
    checked = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self, question: str, answers: Mapping[str, str], *, correct: str | Sequence[str]
    ) -> None:
        right = [correct] if isinstance(correct, str) else list(correct)
        _check(question, answers, right)
        super().__init__(
            spec={
                "question": question,
                "answers": [
                    {"text": text, "feedback": feedback, "right": text in right}
                    for text, feedback in answers.items()
                ],
                "several": not isinstance(correct, str),
            },
        )

    @traitlets.validate("chosen")
    def _valid_chosen(self, proposal: Mapping[str, Any]) -> list[str]:
        known = [answer["text"] for answer in self.spec["answers"]]
        for text in proposal["value"]:
            if text not in known:
                raise traitlets.TraitError(f"no answer is {text!r}; {nearest(text, known)}")
        return proposal["value"]

    def __repr__(self) -> str:
        lines = [f"Quiz: {self.spec['question']}"]
        for answer in self.spec["answers"]:
            box = "x" if answer["right"] else " "
            lines += [f"  [{box}] {answer['text']}", f"      {_told(answer)}"]
        return "\n".join(lines)

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return data | {"text/markdown": self._markdown()}, metadata

    def _markdown(self) -> str:
        answers = self.spec["answers"]
        asked = [f"- {_escaped(answer['text'])}" for answer in answers]
        told = [f"- *{_escaped(answer['text'])}* {_escaped(_told(answer))}" for answer in answers]
        fold = ["<details>", "<summary>Answers</summary>", "", *told, "", "</details>"]
        return "\n".join([f"**{_escaped(self.spec['question'])}**", "", *asked, "", *fold])


def _told(answer: Mapping[str, Any]) -> str:
    return f"{'Right' if answer['right'] else 'Not right'}. {answer['feedback']}"


def _escaped(text: str) -> str:
    """Markdown that shows the text as it is, code aside."""
    parts = text.split("`")
    parts[::2] = [re.sub(r"([\\*_\[\]<>#|~])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)


def _check(question: str, answers: Mapping[str, str], right: Sequence[str]) -> None:
    if not isinstance(answers, Mapping):
        raise TypeError(f"answers must be {{answer: feedback}}, not {answers!r}")
    if len(answers) < 2:
        raise ValueError(f"a question needs at least two answers, not {len(answers)}")
    for text in (question, *answers, *answers.values()):
        _check_text(text)
    for text in right:
        if text not in answers:
            raise ValueError(f"correct={text!r} is not an answer; {nearest(text, answers)}")
    if not right or len(right) == len(answers):
        raise ValueError("at least one answer must be right and at least one wrong")


def _check_text(text: object) -> None:
    if not isinstance(text, str):
        raise TypeError(f"{text!r} is not a string")
    if not text.strip():
        raise ValueError("the question, each answer and each feedback need words")
    if "$" in text:
        raise ValueError(f"{text!r} has a $: write mathematics in Unicode, such as σ² or √2")
    if text.count("`") % 2:
        raise ValueError(f"{text!r} has a backtick without its partner")
    if "\n" in text:
        raise ValueError(f"{text!r} has a line break: write one paragraph")
