"""A whole model from one seed, by netinit's laws."""
