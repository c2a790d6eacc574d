"""Marking by hand: a page in the browser of this machine, and the file that keeps what was decided.

`store` is the file, `given` what of it counts, `views` what there is to mark, `rubric` and `markup`
how it is shown, `server` the page.
"""
