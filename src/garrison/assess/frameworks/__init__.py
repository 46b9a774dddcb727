"""Compliance frameworks: which checks speak for which requirement, and what an assessment says of each.

A framework is a YAML file of ids, titles in our own words and edges to checks; the standards' own prose is theirs and
is in none of them. Users add their own by file.
"""

from garrison.assess.frameworks.framework import Control, Framework, FrameworkError, built_in, load
from garrison.assess.frameworks.standing import ControlResult, ControlStatus, Standing, standing

__all__ = [
    "Control",
    "ControlResult",
    "ControlStatus",
    "Framework",
    "FrameworkError",
    "Standing",
    "built_in",
    "load",
    "standing",
]
