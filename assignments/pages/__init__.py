"""The pages a teacher gets, each a file without scripts that needs no network."""
