"""Which problem sets there are, what their cells mean, and the version that students get."""
