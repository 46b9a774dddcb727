"""Versions of NuGet packages: semantic versions with up to four numbers, whose pre-release ignores case."""

from __future__ import annotations

from garrison.scan.versions import semver

Key = semver.Key


def key(version: str) -> Key:
    """Key of a version."""
    return semver.key(version.lower())
