"""Marking by hand: a page in the browser of this machine.

`desk` is what there is to mark and what a marker does, `answers`, `rubric` and `markup` how it is
shown, `server` the page. What was decided is kept by `marks.store`.
"""
