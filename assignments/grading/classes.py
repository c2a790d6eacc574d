"""Grade a class: match uploads with the roster, grade what is new, keep every result.

A result is kept with the fingerprint of everything it depends on. So a second run, or one after an
interruption, grades only what is new.
"""

import json
from pathlib import Path

from assignments.grading import autograde, fingerprint, graders
from assignments.grading.intake import Desk, Reader, Taken
from assignments.grading.results import Course, IsolationError, Job, Progress, Result
from assignments.handed_in.choosing import CHECK, MISSING
from assignments.handed_in.submissions import Collected, SubmissionsError, Upload
from assignments.people import groups
from assignments.people.roster import Student, find, plain
from assignments.running import isolation
from assignments.running.isolation import Sandbox

MOST_NAMES = 5  # of persons in a message


def grade(
    course: Course, roster: list[Student], collected: Collected, progress: Progress | None = None
) -> tuple[list[Result], list[str], Sandbox]:
    """Grade a class.

    Returns
    -------
    results : list of Result
        One for each person on the roster, then one for each other person who handed something in.
    problems : list of str
        What a teacher should look at besides the results.
    box : Sandbox
        Where the notebooks ran.

    Raises
    ------
    IsolationError
        If isolation is required and a limit cannot be enforced here.
    ClusterError
        If the course names a cluster that cannot be used.
    """
    box = isolation.sandbox(course.limits)
    if course.require_isolation and box.missing():
        raise IsolationError(f"this system does not enforce: {'; '.join(box.missing())}")
    matched, strangers, problems = _match(roster, collected)
    desk = Desk(course.problem_set, course.key, box, course.accept_late, collected.source)
    results, jobs = [], []
    with Reader(desk) as reader:
        for student, uploads in [*matched.items(), *strangers.items()]:
            folder = _folder(course.out, student, on_roster=student in matched)
            taken = reader.take(uploads, folder) if uploads else _nothing()
            if student in strangers and not taken.kept:
                problems += taken.doubts
                continue
            result = Result(student, taken.status, student in matched, taken.late)
            result.notes, result.doubts = taken.notes, taken.doubts
            results.append(result)
            if taken.fingerprint is not None:
                result.folder, result.written = folder, taken.written
                jobs.append(Job(result, folder, taken.fingerprint, taken.order))
    jobs, shared = _together(course, results, jobs)
    new = [job for job in jobs if not _recall(job)]
    if new:
        gradebook = _gradebook(course)
        if course.cluster is None:
            graders.run(new, gradebook, course, box, progress)
        else:
            # It needs a package that grading here does not.
            from assignments.grading.cluster import spread

            problems += spread.run(new, gradebook, course, box, progress)
    for member, job in shared:
        _share(member, job.result, course.groups[member.student.id])
    return results, [*collected.problems, *problems], box


def _together(
    course: Course, results: list[Result], jobs: list[Job]
) -> tuple[list[Job], list[tuple[Result, Job]]]:
    """The jobs that are done, one for each group; and who has a share in which of them."""
    members: dict[str, list[Result]] = {}
    for result in results:
        if result.on_roster and result.student.id in course.groups:
            members.setdefault(course.groups[result.student.id], []).append(result)
    left, shared = {id(job.result): job for job in jobs}, []
    for name, group in members.items():
        able = {r.student.id: _handed_in(left[id(r)], course) for r in group if id(r) in left}
        if not able:
            continue
        chosen = groups.newest(list(able.values()))
        job = next(left[id(r)] for r in group if r.student is chosen.student)
        if len(able) > 1:
            same = len({each.fingerprint for each in able.values()}) == 1
            said = job.result.notes if same else job.result.doubts
            said.append(groups.told(name, list(able.values()), chosen))
        others = [result for result in group if result is not job.result]
        shared += [(other, job) for other in others]
        for other in others:
            left.pop(id(other), None)
    return list(left.values()), shared


def _handed_in(job: Job, course: Course) -> groups.HandedIn:
    student, on_time = job.result.student, course.accept_late or not job.result.late
    submitted = course.submitted.get(student.id)
    return groups.HandedIn(student, on_time, submitted, job.order, job.fingerprint)


def _share(member: Result, of: Result, group: str) -> None:
    """Give a member of a group the result of the notebook that was graded for all."""
    owner = of.student
    member.status, member.late, member.folder = of.status, of.late, of.folder
    member.scores, member.written, member.owner = of.scores, of.written, owner.id
    if member.notes == _nothing().notes:
        member.notes = []
    member.notes += [f"the notebook of {owner.name} ({owner.id}), for the group {group}", *of.notes]
    member.doubts += of.doubts
    if member.doubts and member.scores:
        member.status = CHECK


def _nothing() -> Taken:
    return Taken(MISSING, notes=["no notebook was handed in"])


def _folder(out: Path, student: Student, *, on_roster: bool) -> Path:
    return out / ("students" if on_roster else "strangers") / student.slug


def _match(
    roster: list[Student], collected: Collected
) -> tuple[dict[Student, list[Upload]], dict[Student, list[Upload]], list[str]]:
    """The uploads of each person on the roster, those of each other person, and what is unclear.

    Raises
    ------
    SubmissionsError
        If nothing belongs to anybody on the roster.
    """
    matched: dict[Student, list[Upload]] = {student: [] for student in roster}
    strangers: dict[Student, list[Upload]] = {}
    problems = []
    for upload in collected.uploads:
        found = find(roster, upload.words)
        if len(found) == 1:
            matched[found[0]].append(upload)
            continue
        who = upload.words[-1]
        if found:
            names = ", ".join(student.id for student in found[:MOST_NAMES])
            problems.append(f"{upload.where}: {who} could be any of {names}: not matched")
        else:
            problems.append(f"{upload.where}: {who} is not on the roster")
        strangers.setdefault(Student(who, who, frozenset([plain(who)])), []).append(upload)
    if collected.uploads and not any(matched.values()) and not _ambiguous(roster, collected):
        names = ", ".join(upload.where for upload in collected.uploads[:3])
        raise SubmissionsError(
            f"nothing in {collected.source} belongs to anybody on the roster. The first names are "
            f"{names}: is this the right folder, and has the roster a column that has them?"
        )
    return matched, strangers, problems


def _ambiguous(roster: list[Student], collected: Collected) -> bool:
    return any(find(roster, upload.words) for upload in collected.uploads)


def _recall(job: Job) -> bool:
    """Use an earlier result if its fingerprint is the same; return whether there was one."""
    try:
        kept = json.loads((job.folder / "result.json").read_text("utf-8"))
        if kept["fingerprint"] != job.fingerprint or not (job.folder / "graded.ipynb").is_file():
            return False
        scores = {name: autograde.Score(*score) for name, score in kept["scores"].items()}
        job.result.notes += kept.get("notes", [])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    job.result.take(scores, kept["events"])
    return True


def _gradebook(course: Course) -> Path:
    """The database of tests, made again when what it is made from changes."""
    made_from = fingerprint.of_tests(course.problem_set, course.key)
    path = course.out / "work" / f"gradebook-{made_from[:16]}.db"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        autograde.write_gradebook(course.problem_set, course.key, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)
    return path
