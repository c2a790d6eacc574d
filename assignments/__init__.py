"""The classroom: problem sets, and the commands ``python -m assignments`` (`__main__`).

Imports run one way, up this list; the outside imports from modules, not from packages.

- `files`: tables, zips, writing a file whole
- `problem_sets`, `people`: which sets there are and what students get of them; who is in the class
- `handed_in`: from a folder or a zip to the notebook that is graded
- `running`: a student's code in a sandbox, within limits, and the tests in its kernel
- `grading`: a class, on this machine or a cluster, and one student at home
- `marks`: what was graded and what persons decided
- `pages`, `similarity`: the pages for teachers and students
- `handed_back`: learning platforms, the exchange of a hub; `finish` writes everything
- `marking`: the page on which answers are marked by hand
"""
