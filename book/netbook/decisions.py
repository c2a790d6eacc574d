"""``{decisions}``: the tables of `netinit.advice`, a table a question."""

from importlib import resources

from docutils import nodes
from sphinx.application import Sphinx

from netbook.api import Written
from netinit.initializers import advice

REFERENCES = "/chapters/references.md"


class Decisions(Written):
    """By activation, by architecture, and the layers that need something else."""

    def run(self) -> list[nodes.Node]:
        """One table a kind."""
        self.env.note_dependency(advice.__file__)
        self.env.note_dependency(str(resources.files("netinit").joinpath("advice.toml")))
        tables = (advice.decision_table(kind, references=REFERENCES) for kind in advice.KINDS)
        return [node for table in tables for node in self.markdown(table)]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("decisions", Decisions)
