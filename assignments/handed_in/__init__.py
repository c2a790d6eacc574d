"""From a folder or a zip to the notebook that is graded. Nothing of it is run here."""
