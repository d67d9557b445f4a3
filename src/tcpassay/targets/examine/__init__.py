"""A target looked at before it is judged: whether its agent keeps the protocol and the contract."""
