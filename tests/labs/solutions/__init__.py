"""A solution of every lab: named steps, in the lab's own order, done as a learner does them."""

from __future__ import annotations

import importlib
import pkgutil

from tests.labs.solutions.script import Script


def scripts() -> dict[int, Script]:
    """By the lab's number."""
    found = {}
    for module in pkgutil.iter_modules(__path__, __name__ + "."):
        if module.name.rpartition(".")[2].startswith("lab_"):
            script: Script = importlib.import_module(module.name).SCRIPT
            found[script.number] = script
    return found
