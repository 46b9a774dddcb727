"""Checks of a deployment: what they read, what they find, and the commands that put it right.

A check is one file under `catalogue/SERVICE/`: what it is called, how grave it is, which cells of the responsibility
matrix it speaks for, which facts it reads, and a function from a `Snapshot` of one account to outcomes. It never calls
an API. A *behavioural* check does: it tries what must be refused, through a `Probe`, and looks at the answer.

Facts are one file each under `facts/`: how something is read through an `Api`. Collectors under `collect/` are the
three ways to have an `Api` or the facts themselves: a running Garrison, any AWS endpoint, files.

    load()                                              # registers the catalogue
    results = assess(collector, accounts, CHECKS.values(), now=...)
"""

from __future__ import annotations

import importlib
import pkgutil

from garrison.checks.check import CHECKS, Check

__all__ = ["CHECKS", "Check", "load"]


def load() -> dict[str, Check]:
    """Import the whole catalogue, which registers its checks and the facts they read. Safe to call again."""
    from garrison.checks import catalogue, facts

    for package in (facts, catalogue):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)
    return dict(sorted(CHECKS.items()))
