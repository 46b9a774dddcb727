"""Inventory: which packages a target holds.

`scan_target` is the door. Below it, `collectors` turn the bytes of one file into packages and touch nothing else,
`targets` hand them files, and `sbom` reads and writes bills of materials.
"""

from garrison.scan.inventory.model import (
    Inventory,
    Limits,
    OsRelease,
    Problem,
    ProblemKind,
    Progress,
    ProgressCallback,
    TargetError,
    TargetKind,
)
from garrison.scan.inventory.package import Package, PackageManager
from garrison.scan.inventory.targets import scan_machine, scan_target

__all__ = [
    "Inventory",
    "Limits",
    "OsRelease",
    "Package",
    "PackageManager",
    "Problem",
    "ProblemKind",
    "Progress",
    "ProgressCallback",
    "TargetError",
    "TargetKind",
    "scan_machine",
    "scan_target",
]
