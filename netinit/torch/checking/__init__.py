"""What a batch does in a model: one pass, and a few steps where they are needed to judge."""
