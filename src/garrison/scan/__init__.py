"""Vulnerability scanning: what is installed (`inventory`), what is known to be wrong with it, and which is which."""
