"""Findings: alarms confirmed, made small, named, kept as traces and played again."""
