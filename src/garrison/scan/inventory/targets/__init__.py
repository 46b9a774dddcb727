"""Targets: what is scanned, and how its files are reached."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from garrison.scan.inventory.model import Inventory, Limits, ProgressCallback, TargetError

HOST = "host"


def scan_target(
    target: str | Path,
    limits: Limits | None = None,
    progress: ProgressCallback | None = None,
    *,
    deep_paths: Sequence[str] = (),
) -> Inventory:
    """The packages of `target`: `host`, or the path of a folder, an image's tar, a zip or an SBOM.

    `deep_paths`: folders of the host looked through beside Inspector's default deep-inspection paths. Blocks until
    done; call it on a thread from async code. Raises `TargetError` when the target cannot be scanned at all; whatever
    else goes wrong is in the inventory's `problems`, and makes it not `complete` where packages may be missing.
    """
    raise TargetError(f"{target}: not a kind of target that can be scanned")
