"""The handwritten digits, from a file that was written when the book was built."""

from pathlib import Path

import numpy as np


def load_digits(*, return_X_y: bool) -> tuple[np.ndarray, np.ndarray]:
    """The 1797 images of 64 pixels, and their labels, in scikit-learn's order."""
    if not return_X_y:
        raise ValueError("in the page, load_digits gives arrays only: return_X_y=True")
    with np.load(Path(__file__).with_name("digits.npz")) as stored:
        return stored["x"].astype(float), stored["y"].astype(np.intp)
