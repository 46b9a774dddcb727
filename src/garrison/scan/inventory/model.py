"""What a scan answers, and what it may cost."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

import msgspec

from garrison.scan.inventory.package import Package

MIB = 1 << 20


class TargetKind(StrEnum):
    """What kind of thing was scanned."""

    HOST = "HOST"
    """The machine this process runs on: its package databases and Inspector's deep-inspection paths."""
    DIRECTORY = "DIRECTORY"
    """A folder: a root file system, a checkout, an unpacked function."""
    IMAGE = "IMAGE"
    """A container image in a tar: `docker save`'s or an OCI layout."""
    ARCHIVE = "ARCHIVE"
    """A zip (a Lambda function or layer) or a tar without an image, taken as one file system."""
    FILE = "FILE"
    """One lock file, manifest, jar or executable."""
    SBOM = "SBOM"


class ProblemKind(StrEnum):
    """Why something is missing from an inventory, or may be."""

    UNREADABLE = "UNREADABLE"
    """Permission, input/output error, encrypted archive member."""
    MALFORMED = "MALFORMED"
    """Not what its name says, or cut off."""
    LIMIT = "LIMIT"
    """A limit of the scan was reached."""
    UNSAFE = "UNSAFE"
    """A path that leaves the target, a link in a circle: not followed."""
    UNSUPPORTED = "UNSUPPORTED"
    """A form or version of a file that no collector reads."""
    UNRESOLVED = "UNRESOLVED"
    """A package is named but its version is not (`flask>=2`, `${version}`): nothing to compare."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that could not be read, and why."""

    kind: ProblemKind
    path: str
    """As `Package.path`; empty: the whole target."""
    reason: str
    """One sentence for people, without a full stop."""
    lost: bool = True
    """Packages may be missing because of it, so the inventory is not complete. False: worth knowing, nothing lost."""


class OsRelease(msgspec.Struct, frozen=True, kw_only=True):
    """What /etc/os-release says, and what OSV calls it."""

    id: str
    """Lower-case: `debian`, `rhel`, `amzn`."""
    version: str = ""
    """VERSION_ID: `12`, `22.04`, `3.19.1`; empty: a rolling release."""
    codename: str = ""
    name: str = ""
    """For people: PRETTY_NAME."""
    like: tuple[str, ...] = ()
    ecosystem: str = ""
    """`Debian:12`; empty: a distribution with no known advisories of its own."""


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """Every package of a target. Only `complete` says that nothing is missing: show it whenever packages are shown."""

    target: str
    """As it was asked for."""
    kind: TargetKind
    os: OsRelease | None = None
    packages: tuple[Package, ...] = ()
    """Sorted by path, ecosystem, name and version; without exact repetition."""
    problems: tuple[Problem, ...] = ()
    complete: bool = True
    """No problem has `lost`."""
    digest: str = ""
    """Images: the image id (`sha256:` of its configuration); zips and SBOMs: `sha256:` of the file."""
    layers: tuple[str, ...] = ()
    """Images: diff ids from the bottom up."""
    architecture: str = ""
    """Images: as the configuration has it, `amd64`; host: the machine's."""
    files: int = 0
    """Files looked at, by name at least."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of one scan. Reaching one makes the inventory incomplete and says so; nothing grows past them."""

    seconds: float = 600.0
    """Wall-clock time."""
    files: int = 5_000_000
    """Entries of the target."""
    packages: int = 1_000_000
    total_bytes: int = 64 * 1024 * MIB
    """Bytes unpacked from layers and archives, all together: a 2 GB layer is read through, a bomb is not."""
    spool_bytes: int = 8 * 1024 * MIB
    """Disk taken for files kept out of packed layers while the scan runs."""
    text_bytes: int = 64 * MIB
    """One lock file, manifest or metadata file: these are parsed in memory."""
    database_bytes: int = 1024 * MIB
    """One package database (rpm, dpkg), read from disk."""
    binary_bytes: int = 2048 * MIB
    """One executable or jar, read from disk in pieces."""
    sbom_bytes: int = 256 * MIB
    archive_depth: int = 5
    """Archives in archives."""
    archive_entries: int = 200_000
    """Entries of one jar or zip."""
    ratio: int = 200
    """How many bytes one packed byte may become, once a member is larger than a MiB."""
    depth: int = 128
    """Folders in folders."""


class Progress(NamedTuple):
    """How far a scan is; given to its callback at most ten times a second, and at each new stage."""

    stage: str
    """For people: `reading layer 2 of 5`."""
    done: int
    total: int | None
    """None: not known yet."""
    packages: int
    """Found so far."""


ProgressCallback = Callable[[Progress], None]


class TargetError(ValueError):
    """The target cannot be scanned at all; the message names it, the reason and the way out."""
