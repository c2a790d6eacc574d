"""The cells of chapters and problem sets in the page's Python: they run, and print the same.

Slow cells (``book/live/seconds.json``) go through fewer seeds, by the page's own rule
(``book/live/page/seeds.js``). What such a cell prints may differ, and so may what later cells of
its notebook print; everything else must be what is stored. A chapter with such cells therefore runs
once more in the night, with all seeds.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from conftest import HOUR, visiting
from sphinx_external_toc.events import remove_suffix
from sphinx_external_toc.parsing import parse_toc_yaml

sys.path.insert(0, str(Path(__file__).parents[2] / "book"))

from netbook.frameworks import needs_torch

from assignments.problem_sets.course_key import PUBLIC, keyed
from assignments.problem_sets.sets import problem_sets
from benchmarks.live import Python, known

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
WRITTEN = [remove_suffix(page, (".md", ".ipynb")) for page in parse_toc_yaml(ROOT / "_toc.yml")]
CHAPTERS = [name for name in WRITTEN if (ROOT / f"{name}.ipynb").is_file()]
CHAPTERS = [name for name in CHAPTERS if not name.startswith("assignments")]
CHAPTERS = [name for name in CHAPTERS if not needs_torch(ROOT / f"{name}.ipynb")]
SETS = problem_sets()
FIRST = 3  # cells of each notebook in every run of the tests
SLOW = 10  # seconds, as in seeds.js


@pytest.fixture(scope="module")
def python(browser, addresses, engine):
    """One Python for all notebooks; each begins with an empty namespace."""
    with visiting(browser, addresses, HOUR) as open_:
        started = Python(open_("chapters/notation").page)
        started.start(addresses["http"])
        yield started


def printed(events: list[dict], kind: str = "stdout") -> str:
    return "".join(e["text"] for e in events if e["kind"] == "stream" and e["name"] == kind)


def stored(cell: dict) -> str:
    streams = [o for o in cell.get("outputs", []) if o.output_type == "stream"]
    return "".join(output.text for output in streams if output.name == "stdout")


def check(python: Python, name: str, cells: list, slow: Callable[[dict], bool]) -> bool:
    """Run the cells in order; each must reach its end, and print what is stored.

    Return whether any went through fewer seeds.
    """
    python.begin(name.rpartition("/")[0])
    reduced = False
    for number, cell in enumerate(cells, 1):
        source = python.fewer(cell.source) if slow(cell) else cell.source
        reduced |= source != cell.source
        done = python.run(source, f"cell {number}")
        told = [e["traceback"] for e in done["events"] if e["kind"] == "error"]
        assert done["ok"], f"{name}, cell {number}: {told}"
        assert printed(done["events"], "stderr") == "", f"{name}, cell {number}"
        if not reduced and "outputs" in cell:
            assert printed(done["events"]) == stored(cell), f"{name}, cell {number}"
    return reduced


def code(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_every_slow_cell_that_is_listed_exists():
    for name, slow in known().items():
        cells = {cell.id for cell in code(nbformat.read(ROOT / f"{name}.ipynb", as_version=4))}
        assert slow.keys() - cells == set(), f"{name}: python -m benchmarks.live {name}"


def chapter(name: str) -> tuple[list, Callable[[dict], bool]]:
    cells, slow = code(nbformat.read(ROOT / f"{name}.ipynb", as_version=4)), known().get(name, {})
    whole = {cell.id for cell in cells if "all-seeds" in cell.metadata.get("tags", [])}
    return cells, lambda cell: slow.get(cell.id, 0) >= SLOW and cell.id not in whole


def all_seeds(cell: dict) -> bool:
    """No cell counts as slow, so that none goes through fewer."""
    return False


def solved(name: str) -> list:
    """The cells of a problem set with its solutions and hidden tests, which must all run."""
    return code(keyed(SETS[name].notebook(), name, PUBLIC))


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_first_cells_of_a_page_run_and_print_what_is_stored(python, name):
    cells, slow = chapter(name)
    check(python, name, cells[:FIRST], slow)


@pytest.mark.parametrize("name", SETS)
def test_the_first_cells_of_a_problem_set_run(python, name):
    check(python, f"assignments/release/{name}", solved(name)[:FIRST], all_seeds)


@pytest.mark.nightly
@pytest.mark.parametrize("name", CHAPTERS)
def test_a_page_runs_from_top_to_bottom(python, name):
    cells, slow = chapter(name)
    if check(python, name, cells, slow):
        check(python, name, cells, all_seeds)


@pytest.mark.nightly
@pytest.mark.parametrize("name", SETS)
def test_a_problem_set_with_its_solutions_runs_from_top_to_bottom(python, name):
    check(python, f"assignments/release/{name}", solved(name), all_seeds)
