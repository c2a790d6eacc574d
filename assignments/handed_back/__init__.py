"""What a class gets back: marks for learning platforms, pages for students, the report."""
