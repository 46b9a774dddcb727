"""Checks of Artifact: agreements."""
