"""What a target can do, found by trying: each capability by its behaviour on a fresh stack."""
