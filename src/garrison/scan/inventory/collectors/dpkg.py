"""dpkg: `var/lib/dpkg/status`, and distroless images' `status.d`."""

from __future__ import annotations

import re

from garrison.scan.inventory import purl
from garrison.scan.inventory.collectors.collector import Collector, Found, malformed_entry
from garrison.scan.inventory.files import File, Scan, malformed, read_up_to
from garrison.scan.inventory.package import Package

_ABSENT = (b"not-installed", b"config-files")
_SOURCE = re.compile(r"(\S+)(?:\s+\(([^)]*)\))?")


def _field(stanza: bytes, name: bytes) -> str:
    """The one-line value of `name` in a stanza that starts with a line break."""
    start = stanza.find(b"\n" + name)
    if start < 0:
        return ""
    start += len(name) + 1
    end = stanza.find(b"\n", start)
    return stanza[start : end if end >= 0 else None].strip().decode("utf-8", "replace")


def split_version(native: str) -> tuple[int | None, str, str]:
    """Epoch, upstream version and Debian revision."""
    head, colon, tail = native.partition(":")
    epoch = int(head[:9]) if colon and head.isascii() and head.isdigit() else None
    if epoch is None:
        tail = native
    version, dash, revision = tail.rpartition("-")
    return (epoch, version, revision) if dash else (epoch, tail, "")


def collect(file: File, scan: Scan) -> Found:
    """Every package whose files are at least partly on disk; a stanza without a version is a problem."""
    content = read_up_to(file, scan.limits.database_bytes)
    single = "/status.d/" in f"/{file.path}"
    if content and not content.endswith(b"\n") and not single:
        yield malformed_entry(file, "cut off: its last line does not end")
    if b"\r\n" in content[:4096]:
        content = content.replace(b"\r\n", b"\n")
    found = False
    ecosystem = ""
    if scan.os and (scan.os.ecosystem.startswith(("Debian", "Ubuntu")) or not scan.os.ecosystem):
        ecosystem = scan.os.ecosystem
    collector = "ubuntu-dpkg" if ecosystem.startswith("Ubuntu") else "debian-dpkg"
    for stanza in content.split(b"\n\n"):
        stanza = b"\n" + stanza
        name = _field(stanza, b"Package:").lower()
        if not name:
            continue
        found = True
        status = _field(stanza, b"Status:").encode()
        if status.endswith(_ABSENT):
            continue
        native = _field(stanza, b"Version:")
        if not native:
            yield malformed_entry(file, f"package {name} has no version")
            continue
        epoch, version, revision = split_version(native)
        arch = _field(stanza, b"Architecture:")
        source, source_version = "", ""
        if match := _SOURCE.match(_field(stanza, b"Source:")):
            source, source_version = match[1], match[2] or ""
        if source == name:
            source = ""
        yield Package(
            ecosystem=ecosystem,
            name=name,
            version=version,
            epoch=epoch,
            release=revision,
            arch=arch,
            source_name=source,
            source_version="" if source_version == native else source_version,
            purl=purl.for_distribution(
                "deb",
                scan.os,
                name,
                f"{version}-{revision}" if revision else version,
                arch=arch,
                epoch=epoch,
                source=source,
            ),
            path=file.path,
            layer=file.layer,
            collector=collector,
        )
    if not found and content.strip():
        raise malformed("not a dpkg status file: no package in it")


def _accepts(path: str) -> bool:
    slashed = f"/{path}"
    return slashed.endswith("/var/lib/dpkg/status") or (
        "/var/lib/dpkg/status.d/" in slashed and not path.endswith((".md5sums", ".list"))
    )


COLLECTOR = Collector(
    "debian-dpkg", collect, names=frozenset({"status"}), folders=frozenset({"status.d"}), accepts=_accepts
)
