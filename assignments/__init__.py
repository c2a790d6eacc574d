"""The problem sets and the commands of the classroom: `release`, `grade` and `check`.

The modules, each using only those before it: `problem_sets` (which sets there are), `course_key`
(the numbers in hidden tests) and `release` (student versions); `tables` and `roster` (who is in the
class); `zips`, `submissions` and `unpacking` (what was handed in, by whom); `reading`, `watch` (how
a test reports its outcome), `beside`, `rebuild` and `choosing` (which notebook is graded, and what
is put into it); `limits`, `isolation` and `kernel` (how a student's code is run); `fingerprint`,
`intake` (the files of one student), `autograde` (one notebook), `check` (the same at home) and
`grading` (a class); `marks`, `pages`, `lateness` and `platforms` (what a teacher gets).
"""
