"""The problem sets and the commands of the classroom: `release` and `grade`.

The modules, each using only those before it: `problem_sets` (which sets there are), `course_key`
(the numbers in hidden tests) and `release` (student versions); `submissions`, `roster`, `reading`,
`rebuild` and `choosing` (what was handed in, by whom, and which notebook is graded); `limits`,
`isolation`, `watch` and `kernel` (how a student's code is run); `fingerprint`, `autograde` (one
notebook) and `grading` (a class); `marks` and `pages` (what a teacher gets).
"""
