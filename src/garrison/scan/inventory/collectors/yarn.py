"""Yarn: yarn.lock of version 1 and of berry. Both are read by line: yarn writes them in one way only."""

from __future__ import annotations

import re

from garrison.scan.inventory.collectors.collector import Collector, Found, language_package, unresolved
from garrison.scan.inventory.collectors.npm import NAME, split_locator
from garrison.scan.inventory.files import File, Scan, malformed
from garrison.scan.inventory.package import PackageManager

_FIELD = re.compile(r"""  (version|resolution|linkType)(?::| )\s*"?([^"]*)"?\s*\Z""")
_LOCAL = ("workspace:", "link:", "portal:", "file:")


def collect(file: File, scan: Scan) -> Found:
    """Every package of the lock that came from a registry."""
    text = scan.read(file).decode("utf-8-sig", "replace")
    if text.strip() and "yarn lockfile" not in text[:1024] and "__metadata" not in text[:8192]:
        raise malformed("not a yarn.lock: it does not start as one")
    loose: list[str] = []
    header, fields = "", {}
    for line in [*text.splitlines(), "end:"]:
        if line[:1] in ("#", "") or line.isspace():
            continue
        if line[0] == " ":
            if match := _FIELD.match(line):
                fields[match[1]] = match[2]
            continue
        if header and header != "__metadata":
            yield from _entry(file, header, fields, loose)
        header, fields = line.rstrip().removesuffix(":"), {}
    yield from unresolved(file, loose)


def _entry(file: File, header: str, fields: dict[str, str], loose: list[str]) -> Found:
    descriptor = header.split(",")[0].strip().strip('"')
    name, wanted = split_locator(fields.get("resolution") or descriptor)
    if wanted.startswith("npm:") and "resolution" not in fields:
        # An alias: `foo@npm:bar@^1` is bar.
        real, inner = split_locator(wanted[4:])
        name = real if inner else name
    if wanted.startswith(_LOCAL):
        return
    version = fields.get("version", "")
    if version and not version.startswith("0.0.0-use.local"):
        yield language_package(file, "npm", name, version, PackageManager.YARN, NAME)
    else:
        loose.append(name)


COLLECTOR = Collector("yarn-lock", collect, names=frozenset({"yarn.lock"}))
