"""``{decisions}``: the decision tables of `netinit.advice`, one for each question."""

from docutils import nodes
from sphinx.application import Sphinx

from netbook.api import Written
from netinit.initializers import advice

REFERENCES = "/chapters/references.md"


class Decisions(Written):
    """By activation, by architecture, and the layers that need something else."""

    def run(self) -> list[nodes.Node]:
        """One table per kind of question."""
        tables = (advice.decision_table(kind, references=REFERENCES) for kind in advice.KINDS)
        return [node for table in tables for node in self.markdown(table)]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("decisions", Decisions)
