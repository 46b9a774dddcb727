"""Version order: each ecosystem's own, one file per scheme.

A scheme turns a version into a key, and keys are in the scheme's order. Every text has a key: what is no version of
the scheme gets a place by the rule its file states, so that one odd version in an advisory loses no other.
"""

from garrison.scan.versions.schemes import Scheme, scheme_of

__all__ = ["Scheme", "scheme_of"]
