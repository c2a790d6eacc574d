"""Which answers of a class are alike beyond what the problem set explains."""
