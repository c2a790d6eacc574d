"""The students' pages in a zip that Moodle or Canvas takes: it finds a page's student by its name.

Moodle, *Upload multiple feedback files in a zip* (mod/assign/feedback/file/importziplib.php), reads
the number of the participant, the second part of a folder's name in its own zip of submissions:
``Ada Lovelace_10234_assignsubmission_file_``. Canvas, *Upload Submissions*
(app/models/assignment.rb, infer_comment_context_from_filename), reads the first two parts between
underscores that are numbers, the person's and the uploaded file's: ``lovelaceada_10234_99887_``. It
passes over a page whose file is not one of the last attempt.
"""

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from assignments.files.writing import write_whole
from assignments.handed_in.submissions import SubmissionsError, Upload, collect
from assignments.marks.rows import Row
from assignments.people.roster import Student, find

PAGE = "feedback.html"


@dataclass(frozen=True)
class Platform:
    """How a learning platform names what was handed in, and what it wants to get back."""

    name: str
    pattern: re.Pattern  # of the last part of an upload's path
    page: str  # the path of a page in the zip, of the groups of the pattern

    @property
    def zip(self) -> str:
        """The name of the zip."""
        return f"{self.name.lower()}-feedback.zip"


MOODLE = Platform(
    "Moodle",
    re.compile(r".+_(?P<number>\d+)_assignsubmission_[a-z]+(_.*)?"),
    f"Participant_{{number}}_assignsubmission_file_/{PAGE}",
)
CANVAS = Platform(
    "Canvas",
    re.compile(r"(?P<whose>[^_]+(_LATE)?_\d+_\d+)_.+"),
    f"{{whose}}_{PAGE}",
)


@dataclass(frozen=True)
class Returned:
    """What was written."""

    platform: Platform
    count: int  # of the pages in the zip
    without: list[str]  # the ids of those with a final mark whom nothing that was handed in names


def write(out: Path, handed_in: Path, rows: list[Row]) -> Returned:
    """Put the pages of those whose marks are final into a zip in `out`.

    Parameters
    ----------
    out : Path
        The folder of the grades, with ``feedback/ID.html``.
    handed_in : Path
        What the platform gave: a zip, or the folder that it was unpacked to. Only names are read.
    rows : list of Row
        The marks of the class.

    Raises
    ------
    SubmissionsError
        If nothing in `handed_in` is named as one of the platforms names it.
    """
    final = {row.result.student.id: row.result.student for row in rows if row.final is not None}
    students = [row.result.student for row in rows]
    uploads = collect(handed_in, known=lambda words: bool(find(students, words))).uploads
    platform, pages = _pages(handed_in, uploads, students)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in filter(final.get, pages):
            archive.write(out / "feedback" / f"{final[name].slug}.html", pages[name])
    write_whole(out / platform.zip, made.getvalue())
    without = [name for name in final if name not in pages]
    return Returned(platform, len(final) - len(without), without)


def _pages(
    handed_in: Path, uploads: list[Upload], students: list[Student]
) -> tuple[Platform, dict[str, str]]:
    """The platform, and where in its zip the page of each student belongs, by their ids.

    Of several uploads of a student the one with the greatest number counts: the last.
    """
    for platform in (MOODLE, CANVAS):
        named = [
            (upload, found)
            for upload in sorted(uploads, key=lambda upload: upload.order)
            if (found := platform.pattern.fullmatch(upload.path.rpartition("/")[2]))
        ]
        if named:
            whose = [(find(students, upload.words), found) for upload, found in named]
            pages = [
                (one[0].id, platform.page.format(**found.groupdict()))
                for one, found in whose
                if len(one) == 1
            ]
            return platform, dict(pages)
    raise SubmissionsError(
        f"nothing in {handed_in} is named as Moodle names it, such as "
        "Ada Lovelace_10234_assignsubmission_file_, or as Canvas does, such as "
        "lovelaceada_10234_99887_ps1.ipynb"
    )
