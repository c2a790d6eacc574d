"""Weight initialization for neural networks, on NumPy alone."""
