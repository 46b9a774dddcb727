"""Checks of Inspector."""
