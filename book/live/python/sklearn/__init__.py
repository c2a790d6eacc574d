"""What the book uses of scikit-learn, in the page."""
