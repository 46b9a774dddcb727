"""Garrison: AWS's security layer on your own machines, behind the real AWS APIs."""

__version__ = "0.1.0"
