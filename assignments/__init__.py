"""The problem sets and the commands of the classroom: `release` and `grade`.

From the bottom up: `problem_sets` (what there is), `course_key` (the numbers of hidden tests),
`release` (student versions); `submissions`, `roster` and `rebuild` (what was handed in, whose it
is, and which of it is graded); `isolation` and `kernel` (where it runs), `autograde` (one of them),
`grading` (a class), `marks` and `pages` (what a teacher gets).
"""
