"""How heavy and quick the book's pages are, and how fast netinit is beside its alternatives."""
