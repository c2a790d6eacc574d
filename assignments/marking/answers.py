"""What the page of one answer shows."""

from markupsafe import Markup

from assignments.marking.desk import Desk
from assignments.marking.markup import answer_html, text_html
from assignments.pages.shown import Piece


class AnswerPage:
    """The words of the template ``answer.html``, as attributes."""

    def __init__(self, desk: Desk, task: str, code: str) -> None:
        state = desk.state()
        it = self.it = desk.answer(task, code, state)
        row = it.row
        rubric = desk.rubrics[task]
        self.statement = text_html(desk.statements.get(task, ""))
        self.changed = row.earlier.get(task)
        self.pieces = [(piece, _html(piece)) for piece in it.shown.answers]
        self.blank = task in row.blank
        self.before, self.after = text_html(rubric.before), text_html(rubric.after)
        self.parts = [(text_html(part.text), part) for part in rubric.parts]
        by_hand = it.task.written or task in row.reasons
        self.points = row.points[task] if by_hand else None
        self.tested = row.by_tests.get(task, row.points[task])
        self.digest = row.result.written.get(task, "")
        self.bank = desk.comments(task, state)
        self.requests = [each for each in row.requests if each.task == task]
        self.waiting = len(desk.to_mark(state, task))


def _html(piece: Piece) -> Markup | None:
    """A text as HTML; None for code and raw cells, which are shown as they are."""
    is_text = piece.cell is not None and piece.cell.cell_type == "markdown"
    return answer_html(piece.cell) if is_text else None
