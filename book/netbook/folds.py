"""Cells tagged hide-cell, hide-input or hide-output fold into a ``<details>``."""

from docutils import nodes
from sphinx.transforms import SphinxTransform

from netbook.markup import Block, block, line

SUMMARIES = {"all": "Solution", "input": "Show the code", "output": "Show the output"}


def fold(mode: str, *content: nodes.Node) -> Block:
    """`content` behind a summary that says what it is."""
    summary = line("summary", nodes.Text(SUMMARIES[mode]))
    return block("details", summary, *content, classes=["fold", f"fold-{mode}"])


class Folds(SphinxTransform):
    """Fold the cells of a page before MyST-NB does, whose folds do not say what they hide."""

    default_priority = 600  # after the captions have taken their pictures out

    def apply(self, **kwargs) -> None:
        """Walk the cells."""
        for cell in list(self.document.findall(nodes.container)):
            if cell.get("nb_element") == "cell_code" and cell.get("hide_mode"):
                self._fold(cell, cell.attributes.pop("hide_mode"))

    def _fold(self, cell: nodes.container, mode: str) -> None:
        if mode == "all":
            folded = cell.deepcopy()
            cell.replace_self(fold("all", folded))
            return
        for part in mode.split("+"):
            for child in list(cell.children):
                wanted = {"input": "cell_code_source", "output": "cell_code_output"}[part]
                if child.get("nb_element") == wanted:
                    cell.replace(child, fold(part, child.deepcopy()))


def setup(app) -> None:
    """Register the transform."""
    app.add_transform(Folds)
