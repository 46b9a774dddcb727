"""Collectors: one file each, found here by the names of the files they want."""

from __future__ import annotations

from garrison.scan.inventory.collectors import (
    apk,
    cargo,
    composer,
    dpkg,
    executable,
    gemfile,
    go_mod,
    gradle,
    jar,
    npm,
    nuget,
    pnpm,
    pom,
    python_installed,
    python_locks,
    python_requirements,
    rpm,
    yarn,
)
from garrison.scan.inventory.collectors.collector import Collector

COLLECTORS: tuple[Collector, ...] = (
    dpkg.COLLECTOR,
    apk.COLLECTOR,
    rpm.COLLECTOR,
    python_installed.COLLECTOR,
    python_requirements.COLLECTOR,
    python_locks.PIPENV,
    python_locks.POETRY,
    python_locks.UV,
    python_locks.PYLOCK,
    npm.LOCK,
    npm.BUN,
    npm.BUN_BINARY,
    npm.INSTALLED,
    yarn.COLLECTOR,
    pnpm.COLLECTOR,
    go_mod.MOD,
    go_mod.SUM,
    cargo.COLLECTOR,
    executable.COLLECTOR,
    jar.COLLECTOR,
    pom.COLLECTOR,
    gradle.COLLECTOR,
    gemfile.LOCK,
    gemfile.SPECIFICATION,
    composer.LOCK,
    composer.INSTALLED,
    nuget.LOCK,
    nuget.DEPS,
    nuget.CONFIG,
    nuget.CENTRAL,
)

SYSTEM: tuple[Collector, ...] = (dpkg.COLLECTOR, apk.COLLECTOR, rpm.COLLECTOR)
"""Those that read what a distribution installed."""

EXECUTABLE = executable.COLLECTOR

_BY_NAME: dict[str, tuple[Collector, ...]] = {}
_BY_ENDING: dict[str, tuple[Collector, ...]] = {}
_BY_FOLDER: dict[str, tuple[Collector, ...]] = {}
for _collector in COLLECTORS:
    for _index, _keys in (
        (_BY_NAME, _collector.names),
        (_BY_ENDING, _collector.endings),
        (_BY_FOLDER, _collector.folders),
    ):
        for _key in _keys:
            _index[_key] = (*_index.get(_key, ()), _collector)

_NEVER_EXECUTABLE = frozenset(
    f".{ending}"
    for ending in (  # noqa: SIM905 - a list this long is read as prose
        "py pyc pyi js mjs cjs ts map json h hpp c cc cpp o a la so html css scss md rst txt xml yml yaml toml svg png "
        "jpg jpeg gif ico ttf woff woff2 gz xz bz2 zip sh pl pm rb go rs java class jar tcl el elc mo po conf cfg ini "
        "service ko list md5sums sum mod lua php proto pc cmake test inc in f90 s dat db sqlite csv tmpl golden"
    ).split()
)


NAMES = frozenset(_BY_NAME)
"""The whole names that some collector wants."""
NEVER = _NEVER_EXECUTABLE - _BY_ENDING.keys()
"""Last extensions, in lower case, of files no collector wants unless for their whole name; but of a folder named
`status.d` every file is wanted."""


def wanted(folder: str, name: str) -> tuple[Collector, ...]:
    """The collectors that want the file `name` in the folder `folder`, by name alone; empty for nearly every file.

    `folder` is relative to the root, without slashes around it.
    """
    found = _BY_NAME.get(name, ())
    dot = name.rfind(".")
    if dot >= 0:
        found += _BY_ENDING.get(name[dot:].lower(), ())
    if folder.endswith("status.d"):
        found += _BY_FOLDER.get(folder.rpartition("/")[2], ())
    if not found:
        return ()
    path = f"{folder}/{name}" if folder else name
    return tuple(collector for collector in found if collector.accepts(path))


def could_be_executable(name: str) -> bool:
    """Whether the name alone leaves it open that the file is a program."""
    dot = name.rfind(".")
    return dot <= 0 or name[dot:].lower() not in _NEVER_EXECUTABLE
