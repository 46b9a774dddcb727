"""Alpine's security database: `distroversion`, and per package the versions that fixed something (`secfixes`).

YAML (git) or JSON (secdb.alpinelinux.org). An entry under version "0" was never vulnerable; ids of one entry may be
several, separated by blanks: names of one vulnerability.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from garrison.scan.vulndb.importers import yaml_text
from garrison.scan.vulndb.importers.osv import CVE
from garrison.scan.vulndb.record import Advisory, Affected, Interval, NotUnderstood

NAME = "alpine-secdb"


class _Package(msgspec.Struct):
    name: str
    secfixes: dict[str, list[str | None] | None] | None = None


class _Entry(msgspec.Struct):
    pkg: _Package


class _Database(msgspec.Struct):
    packages: list[_Entry] | None = None
    distroversion: str = ""
    reponame: str = ""
    apkurl: str = ""


def recognises(name: str, head: bytes) -> bool:
    """JSON or YAML with `distroversion` and `reponame`, or Wolfi's and Chainguard's without a release."""
    return name.endswith((".yaml", ".yml", ".json")) and (
        (b"distroversion" in head and b"reponame" in head) or (b"apkurl" in head and b"reponame" in head)
    )


def read(name: str, data: bytes) -> Iterator[Advisory]:
    """One record per vulnerability and package."""
    try:
        raw: Any = msgspec.json.decode(data) if name.endswith(".json") else yaml_text.load(data)
        database = msgspec.convert(raw, _Database, strict=False)
    except (msgspec.MsgspecError, RecursionError) as e:
        raise NotUnderstood(f"no security database of Alpine: {str(e).splitlines()[0]}") from e
    ecosystem = _ecosystem(database)
    fixes: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    for entry in database.packages or ():
        for version, ids in (entry.pkg.secfixes or {}).items():
            if version == "0":
                continue
            for text in ids or ():
                words = str(text or "").replace(",", " ").split()
                if words:
                    cve = next((w for w in words if CVE.fullmatch(w)), words[0])
                    found, versions = fixes.setdefault((cve, entry.pkg.name), (words, []))
                    found += [w for w in words if w not in found]
                    versions.append(version)
    for (vulnerability, package), (words, versions) in fixes.items():
        yield Advisory(
            id=vulnerability,
            url=f"https://security.alpinelinux.org/vuln/{vulnerability}",
            aliases=tuple(w for w in words if w != vulnerability),
            affected=(
                Affected(
                    ecosystem=ecosystem,
                    name=package,
                    # Two fixes of one vulnerability: the first was not the whole of it.
                    intervals=tuple(Interval(fixed=version) for version in sorted(set(versions))),
                ),
            ),
        )


def _ecosystem(database: _Database) -> str:
    if database.distroversion:
        release = database.distroversion
        return f"Alpine:{release if release == 'edge' or release.startswith('v') else 'v' + release}"
    for known in ("wolfi", "chainguard"):
        if known in f"{database.reponame} {database.apkurl}".lower():
            return known.capitalize()
    raise NotUnderstood("does not say which distribution it is for")
