"""What the cells of the book use of IPython, in the page."""
