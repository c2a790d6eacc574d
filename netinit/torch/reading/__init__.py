"""The law of a parameter, read off its values."""
