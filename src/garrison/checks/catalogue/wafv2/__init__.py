"""Checks of web ACLs."""
