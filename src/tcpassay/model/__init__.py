"""What is demanded of a stack: the catalogue of requirements."""
