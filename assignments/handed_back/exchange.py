"""Return feedback through nbgrader's exchange, on a JupyterHub."""

import shutil
from pathlib import Path

from assignments.files.writing import write_whole
from assignments.people.roster import Student, find

# What nbgrader keeps of a submission, and needs to find its student again.
_KEPT = ("timestamp.txt", "submission_secret.txt")


class ExchangeError(ValueError):
    """Nothing can be returned; the message says why."""


def put(pages: Path, course: Path, name: str, roster: list[Student]) -> tuple[int, list[str]]:
    """Put the students' pages where ``nbgrader release_feedback`` takes them from.

    Parameters
    ----------
    pages : Path
        The folder of the pages, ``ID.html``.
    course : Path
        nbgrader's folder of the course, with ``submitted/STUDENT/NAME/`` as it was collected.
    name : str
        The name of the problem set.
    roster : list of Student
        The class.

    Returns
    -------
    count : int
        For how many students there is a page.
    without : list of str
        The students who handed in, but to whom nothing can be returned.

    Raises
    ------
    ExchangeError
        If nothing was collected.
    """
    handed_in = sorted((course / "submitted").glob(f"*/{name}"))
    if not handed_in:
        raise ExchangeError(
            f"nothing is in {course / 'submitted'}/STUDENT/{name}: run nbgrader collect {name}"
        )
    put_for, without = 0, []
    for folder in handed_in:
        student = folder.parent.name
        found = find(roster, [student])
        page = pages / f"{found[0].slug}.html" if len(found) == 1 else None
        # A student can hand in anything, without these files or with links in their place.
        whole = all(
            not (folder / kept).is_symlink() and (folder / kept).is_file() for kept in _KEPT
        )
        if page is None or not page.is_file() or not whole:
            without.append(student)
            continue
        _put(page, folder, course / "feedback" / student / name)
        put_for += 1
    return put_for, without


def _put(page: Path, submitted: Path, folder: Path) -> None:
    """Write a page for each notebook of a submission: nbgrader returns them by notebook."""
    folder.mkdir(parents=True, exist_ok=True)
    for kept in _KEPT:
        shutil.copyfile(submitted / kept, folder / kept)
    for notebook in submitted.glob("*.ipynb"):
        write_whole(folder / f"{notebook.stem}.html", page.read_bytes())
