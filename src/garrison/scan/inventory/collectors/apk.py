"""apk: `lib/apk/db/installed`, which newer releases keep below `usr/lib`."""

from __future__ import annotations

from garrison.scan.inventory import purl
from garrison.scan.inventory.collectors.collector import Collector, Found, malformed_entry
from garrison.scan.inventory.files import File, Scan, malformed, read_up_to
from garrison.scan.inventory.package import Package

_FIELDS = {b"P": "name", b"V": "version", b"A": "arch", b"o": "origin"}
_ECOSYSTEMS = ("Alpine", "Wolfi", "Chainguard", "MinimOS")


def collect(file: File, scan: Scan) -> Found:
    """Every installed package; one without a version is a problem."""
    content = read_up_to(file, scan.limits.database_bytes)
    if content and not content.endswith(b"\n"):
        yield malformed_entry(file, "cut off: its last line does not end")
    found = False
    ecosystem = scan.os.ecosystem if scan.os and scan.os.ecosystem.startswith(_ECOSYSTEMS) else ""
    for block in content.replace(b"\r\n", b"\n").split(b"\n\n"):
        fields: dict[str, str] = {}
        for line in block.split(b"\n"):
            if line[1:2] == b":" and (key := _FIELDS.get(line[:1])):
                fields[key] = line[2:].strip().decode("utf-8", "replace")
        name = fields.get("name", "")
        if not name:
            continue
        found = True
        native = fields.get("version", "")
        if not native:
            yield malformed_entry(file, f"package {name} has no version")
            continue
        version, dash, release = native.rpartition("-")
        if not dash:
            version, release = native, ""
        arch, origin = fields.get("arch", ""), fields.get("origin", "")
        source = "" if origin == name else origin
        yield Package(
            ecosystem=ecosystem,
            name=name,
            version=version,
            release=release,
            arch=arch,
            source_name=source,
            purl=purl.for_distribution("apk", scan.os, name, native, arch=arch, source=source),
            path=file.path,
            layer=file.layer,
            collector="alpine-apk",
        )
    if not found and content.strip():
        raise malformed("not an apk database: no package in it")


COLLECTOR = Collector(
    "alpine-apk",
    collect,
    names=frozenset({"installed"}),
    accepts=lambda path: f"/{path}".endswith("/lib/apk/db/installed"),
)
