"""How long a large class takes to be compared: ``python -m benchmarks.similarity``.

Each student's answers are the reference's or a listed right one, with the statements in an order of
the student's own and some numbers changed, so that most of what is compared is not common. Some
students copy another's answers under other names; they must be found.
"""

import argparse
import ast
import random
import re
import time

from assignments.problem_sets.cells import grade_id, is_answer
from assignments.problem_sets.sets import problem_set
from assignments.similarity.pairs import Answer, Given, pairs
from tests.assignments.answer_file import answers


def variant(source: str, rng: random.Random) -> str:
    """Statements in a random order at each level, and other numbers."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(getattr(node, "body", None), list):
            rng.shuffle(node.body)
    return re.sub(r"\b\d+\b", lambda found: str(rng.randrange(1000)), ast.unparse(tree))


def copied(source: str) -> str:
    """The same with the names of variables changed."""
    nodes = ast.walk(ast.parse(source))
    names = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for name in names:
        source = re.sub(rf"(?<![.\w]){name}\b(?!=[^=])", f"my_{name}", source)
    return source


def a_class(name: str, students: int, copies: int) -> list[Answer]:
    """The answers of a class, of whom the last `copies` have those of the first."""
    rng, chosen = random.Random(0), problem_set(name)
    ways: dict[str, list[str]] = {}
    for cell in chosen.notebook().cells:
        if is_answer(cell) and cell.cell_type == "code":
            ways[grade_id(cell)] = [cell.source]
    for each in answers(name):
        if each.kind == "right":
            ways[each.task].append(each.code)
    made = []
    for n in range(students - copies):
        made += [
            Answer(f"s{n:04}", task, "code", variant(rng.choice(each), rng))
            for task, each in ways.items()
        ]
    mine = {n: [a for a in made if a.student == f"s{n:04}"] for n in range(copies)}
    for n, theirs in mine.items():
        made += [Answer(f"copy{n:04}", a.task, "code", copied(a.source)) for a in theirs]
    return made


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.similarity", description=__doc__)
    parser.add_argument("--students", type=int, default=300)
    parser.add_argument("--copies", type=int, default=5)
    parser.add_argument("--problem-set", default="ps1")
    options = parser.parse_args()
    listed = a_class(options.problem_set, options.students, options.copies)
    wall, processor = time.perf_counter(), time.process_time()
    found = pairs(listed, Given.of(problem_set(options.problem_set)))
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    copies = {p.second.student for p in found} | {p.first.student for p in found}
    caught = sum(name.startswith("copy") for name in copies)
    print(f"{options.students} students, {len(listed)} answers: {wall:.1f} s, {processor:.1f} s of")
    print(f"the processor; {caught} of {options.copies} copies among {len(found)} pairs")


if __name__ == "__main__":
    main()
