"""Vulnerability scanning: building the database, and matching packages with it.

    python -m bench.scan [ADVISORIES.zip ...]

Advisories are made here, in OSV form, unless real ones are given. The peer for matching is the same question asked of
the same advisories in memory with `packaging` for each comparison, which is how a script does it; the peer for the
database is reading the same documents with `json` alone, which nobody can do without.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from garrison.scan.inventory.package import Package, PackageManager
from garrison.scan.match import match
from garrison.scan.vulndb.build import Builder
from garrison.scan.vulndb.database import Database

ADVISORIES = 20_000
NAMES = 6_000
SIZES = (1_000, 10_000)
ROUNDS = 5


def documents(count: int) -> list[dict[str, Any]]:
    """Advisories as PyPI's are: a name, one to three intervals, an alias, a score, some text."""
    source = random.Random(5)
    made = []
    for number in range(count):
        events: list[dict[str, str]] = []
        major = source.randrange(4)
        for _ in range(source.choice((1, 1, 1, 2, 3))):
            events += [{"introduced": f"{major}.{source.randrange(9)}" if major else "0"}]
            events += [{"fixed": f"{major + 1}.{source.randrange(9)}.{source.randrange(20)}"}]
            major += 2
        package = {"ecosystem": "PyPI", "name": f"package-{source.randrange(NAMES)}"}
        made.append(
            {
                "id": f"PYSEC-2026-{number}",
                "aliases": [f"CVE-2026-{10_000 + number}"],
                "modified": "2026-01-02T03:04:05Z",
                "summary": "A flaw",
                "details": "x" * source.randrange(200, 1500),
                "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N"}],
                "references": [{"type": "WEB", "url": f"https://example.com/{number}"}],
                "affected": [{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}]}],
            }
        )
    return made


def packages(count: int) -> list[Package]:
    """A tenth of them have advisories, as in real projects."""
    source = random.Random(9)
    made = []
    for number in range(count):
        name = f"package-{source.randrange(NAMES)}" if number % 10 == 0 else f"harmless-{number}"
        version = f"{source.randrange(6)}.{source.randrange(9)}.{source.randrange(20)}"
        made.append(Package(ecosystem="PyPI", name=name, version=version, manager=PackageManager.PIP))
    return made


def plainly(advisories: dict[str, list[list[dict[str, str]]]], wanted: list[Package]) -> int:
    """The peer: every interval of every advisory of a name, with `packaging`."""
    found = 0
    for package in wanted:
        own = Version(package.version)
        for events in advisories.get(package.name, ()):
            for low, high in zip(events[::2], events[1::2], strict=True):
                try:
                    found += Version(low["introduced"]) <= own < Version(high["fixed"])
                except InvalidVersion:
                    continue
    return found


def best(call: Any) -> float:
    """The shortest of several rounds, in milliseconds of this process's CPU."""
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        call()
        times.append(1000 * (time.process_time() - started))
    return min(times)


def main() -> None:
    """Build, match cold and warm."""
    with tempfile.TemporaryDirectory() as folder:
        given = [Path(p) for p in sys.argv[1:] if p.endswith(".zip")]
        archive = Path(folder) / "advisories.zip"
        made = documents(ADVISORIES)
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
            for document in made:
                zipped.writestr(f"{document['id']}.json", json.dumps(document))
        target = Path(folder) / "v.db"
        started = time.process_time()
        with Builder(target) as builder:
            for source in given or [archive]:
                builder.add(source.stem, source)
            status = builder.finish()
        build = time.process_time() - started
        started = time.process_time()
        with zipfile.ZipFile(archive) as zipped:
            for name in zipped.namelist():
                json.loads(zipped.read(name))
        read = time.process_time() - started
        print(
            f"   database of {status.advisories:,} advisories: {build:.1f} s, {status.bytes / 1e6:.0f} MB; "
            f"{build / read:.1f} x reading {ADVISORIES:,} documents with json ({read:.1f} s)"
        )
        if given:
            return
        by_name: dict[str, list[list[dict[str, str]]]] = defaultdict(list)
        for document in made:
            affected = document["affected"][0]
            by_name[affected["package"]["name"]].append(affected["ranges"][0]["events"])
        for size in SIZES:
            wanted = packages(size)
            with Database(target) as database:
                started = time.process_time()
                findings = len(match(wanted, database).findings)
                cold = 1000 * (time.process_time() - started)
                warm = best(lambda w=wanted, d=database: match(w, d))
            peer = best(lambda w=wanted: plainly(by_name, w))
            print(
                f"   {size:6,} packages, {findings:,} findings: {warm:.1f} ms warm, {cold:.1f} ms cold; "
                f"packaging in memory, without findings made of it: {peer:.1f} ms, {peer / warm:.1f} x"
            )


if __name__ == "__main__":
    main()
