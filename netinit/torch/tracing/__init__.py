"""Where values came from: every write while a model is built or loaded."""
