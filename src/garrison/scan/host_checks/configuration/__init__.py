"""Readers of configuration files: one form, one file; text in, settings out."""
