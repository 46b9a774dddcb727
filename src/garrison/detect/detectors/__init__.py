"""One file for each family of findings. Importing a file registers its detectors; `load` imports them all."""

from __future__ import annotations

import importlib
import pkgutil


def load() -> None:
    """Fill the registry. Detectors are asked in the order of their files' names."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        if not module.name.startswith("_"):
            importlib.import_module(f"{__name__}.{module.name}")
