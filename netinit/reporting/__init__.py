"""Findings, and the report that holds them: in a terminal, a notebook, Markdown and JSON."""
