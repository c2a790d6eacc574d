"""Checks of arguments and arrays, in the caller's words."""
