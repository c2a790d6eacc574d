"""From what a class handed in to its results, and the same for one student at home."""
