"""Who is in the class: the roster, the groups, and when each handed in."""
