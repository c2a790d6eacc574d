"""What the cells of the book, and matplotlib, use of IPython, in the page."""

version_info = (9, 0, 0)  # a newer matplotlib asks it first


def get_ipython() -> None:
    """Return the shell, as IPython does where there is none."""
