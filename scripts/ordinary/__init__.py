"""Ordinary weeks of made up organizations, to count findings that nobody needs.

Written from what such accounts are known to do, and not from what detectors look at: its numbers are not tuned. What
an organization is like (how many people, how often something new comes) is drawn by its seed; what happens beside
the daily work is an occasion (`occasions.py`).
"""
