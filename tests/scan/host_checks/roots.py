"""Root file systems for checks: small, made on the spot, and their cases."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True)
class Mode:
    """A file with rights of its own."""

    rights: int
    content: str = "x\n"


@dataclass(frozen=True)
class Folder:
    """A folder with rights of its own."""

    rights: int = 0o755


@dataclass(frozen=True)
class Link:
    """A link."""

    target: str


Files: TypeAlias = dict[str, "str | Mode | Folder | Link"]
BASE: Files = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\n",
    "etc/group": "root:x:0:\nshadow:x:42:\n",
}


@dataclass(frozen=True)
class Case:
    """When a check passes and fails, and what looks much like the other: `near` names its verdict."""

    passing: Files
    failing: Files
    near: tuple[tuple[Files, str], ...] = ()
    bare: str = "SKIPPED"
    """What it says of a root that holds nothing but accounts."""
    files: Files = field(default_factory=dict)
    """What all of them have."""


def make(root: Path, *files: Files) -> Path:
    """The files of all, later ones over earlier ones, below `root`."""
    root.mkdir(mode=0o755, exist_ok=True)
    merged: dict[str, str | Mode | Folder | Link] = {}
    for some in (BASE, *files):
        merged |= some
    for name, what in merged.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(what, Link):
            path.symlink_to(what.target)
        elif isinstance(what, Folder):
            path.mkdir(exist_ok=True)
        else:
            path.write_text(what if isinstance(what, str) else what.content)
    for folder in [p for p in root.rglob("*") if not p.is_symlink()]:
        folder.chmod(0o755 if folder.is_dir() else 0o644)
    for name, what in merged.items():
        if isinstance(what, Mode | Folder):
            (root / name).chmod(what.rights)
    return root


def dpkg(*names: str) -> Files:
    """A package database with these packages."""
    stanzas = [f"Package: {n}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n" for n in names]
    return {"var/lib/dpkg/status": "\n".join(stanzas)}
