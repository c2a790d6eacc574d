"""Marks: what the grader found, joined with what persons decided."""
