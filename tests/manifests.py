"""Manifests that several tests use."""

#: A stack of its own process that ends before it has said a word.
BROKEN = """
name = "mine"
title = "Mine"
kind = "process"
clock = "real"

[addresses.ipv4]
peer = "192.0.2.1"
stack = ["192.0.2.2"]
prefix = 24

[start]
command = ["false"]
"""
