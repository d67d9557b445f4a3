"""What the documentation takes from the code: `make docs` writes it, a test holds that it is so."""
