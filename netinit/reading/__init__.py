"""The laws that parameters were drawn from, read off their values: NumPy alone."""
