"""The students' pages in a zip for Moodle's *Upload multiple feedback files in a zip*.

Moodle's reader (mod/assign/feedback/file/importziplib.php) finds the student of a file by the
number of the participant, the second part of a folder's name in its own zip of submissions:
``Ada Lovelace_10234_assignsubmission_file_``.
"""

import io
import re
import zipfile
from pathlib import Path

from assignments.files.writing import write_whole
from assignments.handed_in.submissions import SubmissionsError, collect
from assignments.marks.rows import Row
from assignments.people.roster import find

NAME = "moodle-feedback.zip"
PAGE = "feedback.html"
_NUMBER = re.compile(r".+_(?P<number>\d+)_assignsubmission_[a-z]+(_.*)?")


def write(out: Path, handed_in: Path, rows: list[Row]) -> tuple[int, list[str]]:
    """Put the pages of those whose marks are final into a zip, `NAME` in `out`.

    Parameters
    ----------
    out : Path
        The folder of the grades, with ``feedback/ID.html``.
    handed_in : Path
        What Moodle gave: a zip, or the folder that it was unpacked to. Only names are read.
    rows : list of Row
        The marks of the class.

    Returns
    -------
    count : int
        The pages in the zip.
    without : list of str
        The ids of those who have a final mark, but whom nothing in `handed_in` names alone.

    Raises
    ------
    SubmissionsError
        If nothing in `handed_in` is named as Moodle names it.
    """
    final = {row.result.student.id: row.result.student for row in rows if row.final is not None}
    students = [row.result.student for row in rows]
    known, numbers = False, {}
    collected = collect(handed_in, known=lambda words: bool(find(students, words)))
    for upload in collected.uploads:
        if named := _NUMBER.fullmatch(upload.path.rpartition("/")[2]):
            known, found = True, find(students, upload.words)
            if len(found) == 1 and found[0].id in final:
                numbers.setdefault(found[0].id, named["number"])
    if not known:
        raise SubmissionsError(
            f"nothing in {handed_in} is named as Moodle names it, such as "
            "Ada Lovelace_10234_assignsubmission_file_"
        )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, number in numbers.items():
            page = out / "feedback" / f"{final[name].slug}.html"
            archive.write(page, f"Participant_{number}_assignsubmission_file_/{PAGE}")
    write_whole(out / NAME, made.getvalue())
    return len(numbers), [name for name in final if name not in numbers]
