"""Checks of a host's configuration, of the kind the CIS benchmarks have: under ids and words of our own.

Each is a small function over the files below one root (`HostFiles`); it starts no program and writes nothing. `run`
asks them, `load` has the catalogue."""

from __future__ import annotations

import importlib
import pkgutil

from garrison.scan.host_checks.check import CATALOGUE, HostCheck, Status, Verdict


def load() -> dict[str, HostCheck]:
    """The whole catalogue, by id, in its order."""
    from garrison.scan.host_checks import catalogue

    for module in sorted(m.name for m in pkgutil.iter_modules(catalogue.__path__)):
        importlib.import_module(f"{catalogue.__name__}.{module}")
    return dict(sorted(CATALOGUE.items()))


__all__ = ["HostCheck", "Status", "Verdict", "load"]
