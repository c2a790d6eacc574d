"""nbgrader's settings for everybody on the hub; a teacher's own are in ``~/.jupyter``.

The teacher's file of the same name says where the course's folder is, within the home:
``c.CourseDirectory.root = str(Path.home() / "course")``.
"""

c = get_config()  # noqa: F821 (nbgrader defines it)

c.CourseDirectory.course_id = "init101"  # CHANGE
# A folder that a teacher owns and everybody may enter. nbgrader sets the rights of what is in it: a
# student can put a submission there, and can neither list nor read those of others.
c.Exchange.root = "/srv/nbgrader/exchange"
