"""nbgrader's settings for everybody on the hub; a teacher's own are in ``~/.jupyter``.

The teacher's file of the same name says where the course's folder is, within the home:
``c.CourseDirectory.root = str(Path.home() / "course")``.
"""

c = get_config()  # noqa: F821 (nbgrader defines it)

c.CourseDirectory.course_id = "init101"  # CHANGE
# nbgrader wants it writable for everybody, and sets the rights of what is in it: a student can put
# a submission there, and cannot list those of others. Make it with the sticky bit, so that nobody
# can rename or remove what is another's: install -d -m 1777 -o teacher /srv/nbgrader/exchange
c.Exchange.root = "/srv/nbgrader/exchange"
