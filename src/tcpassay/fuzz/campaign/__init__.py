"""A campaign: whose turn it is, who plays it, what is told of it, its folder on disk."""
