"""The student versions of the problem sets: pages that are made before the book is read."""

import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

ROOT = Path(__file__).resolve().parents[2]


def release(app: Sphinx, config: Config) -> None:
    """Write the student version of each problem set beside its source."""
    folder = Path(app.srcdir, "assignments")
    if not (folder / "source").is_dir():
        return
    if str(ROOT) not in sys.path:
        sys.path.append(str(ROOT))
    from assignments.problem_sets.release import write
    from assignments.problem_sets.sets import problem_sets

    for problem_set in problem_sets(folder / "source").values():
        write(problem_set, folder / "release")


def setup(app: Sphinx) -> None:
    """Run before Sphinx looks for the pages that the table of contents names."""
    app.connect("config-inited", release, priority=1)
