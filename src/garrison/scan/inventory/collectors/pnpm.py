"""pnpm: pnpm-lock.yaml of versions 5 to 9, read by line: pnpm writes it in one way only."""

from __future__ import annotations

import re

from garrison.scan.inventory.collectors.collector import Collector, Found, language_package, unresolved
from garrison.scan.inventory.collectors.npm import NAME, split_locator
from garrison.scan.inventory.files import File, Scan, malformed
from garrison.scan.inventory.package import PackageManager

_VERSION = re.compile(r"\d+\.\d+\.\d+[^\s/:]*\Z")


def collect(file: File, scan: Scan) -> Found:
    """Every entry of `packages` that came from a registry."""
    text = scan.read(file).decode("utf-8-sig", "replace")
    stated = re.search(r"^(?:lockfileVersion|shrinkwrapVersion): *['\"]?(\d+)", text, re.MULTILINE)
    if not stated:
        raise malformed("not a pnpm lock file: it has no lockfileVersion")
    slashes = int(stated[1]) < 6
    loose: list[str] = []
    inside, key = False, ""
    fields: dict[str, str] = {}
    for line in [*text.splitlines(), "end:"]:
        if not line.strip():
            continue
        if line[0] not in " #":
            if key:
                yield from _entry(file, key, fields, loose, slashes)
                key = ""
            inside = line.startswith("packages:")
        elif inside and line.startswith("  ") and line[2] != " ":
            if line[2:4] == ": ":
                continue
            if key:
                yield from _entry(file, key, fields, loose, slashes)
            key = line[2:].removeprefix("? ").rstrip()
            key = key.removesuffix("{}").rstrip().removesuffix(":").strip("'\"")
            fields = {}
        elif inside and line.startswith("    ") and line[4] != " ":
            name, colon, value = line[4:].partition(": ")
            if colon:
                fields[name] = value.strip().strip("'\"")
    yield from unresolved(file, loose)


def _entry(file: File, key: str, fields: dict[str, str], loose: list[str], slashes: bool) -> Found:
    plain = key.partition("(")[0].removeprefix("/")
    if slashes:
        # Up to version 5: /name/1.2.3_peers
        name, _, version = plain.partition("_")[0].rpartition("/")
    else:
        name, version = split_locator(plain)
    name, version = fields.get("name", name), fields.get("version", version)
    if _VERSION.match(version):
        yield language_package(file, "npm", name, version, PackageManager.NPM, NAME, dev=fields.get("dev") == "true")
    elif not version.startswith(("link:", "file:", "workspace:")) and not plain.startswith("file:"):
        loose.append(name or plain)


COLLECTOR = Collector("pnpm-lock", collect, names=frozenset({"pnpm-lock.yaml", "shrinkwrap.yaml"}))
