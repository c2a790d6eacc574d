"""What an observation means: each function gives the findings of one kind, or none."""
