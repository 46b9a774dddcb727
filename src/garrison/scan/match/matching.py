"""Matching: which packages have which vulnerabilities.

By ecosystem and name alone, never by CPE or likeness; in the ecosystem's own order of versions; ids that mean the same
vulnerability become one, the CVE where there is one; an erratum counts as each vulnerability that it covers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from garrison.scan.inventory.package import Package
from garrison.scan.match import score, upgrade
from garrison.scan.match.affects import Hit, hits, rules_for
from garrison.scan.match.finding import AffectedPackage, Finding, FixAvailable
from garrison.scan.match.vulnerability import put_together
from garrison.scan.versions import scheme_of
from garrison.scan.vulndb.database import Database, Status


class Matches(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a list of packages, as far as a database knows."""

    findings: tuple[Finding, ...]
    """The worst first."""
    unknown: tuple[int, ...]
    """Places in the list of packages of which no advisory speaks in any version: not known to be free of anything."""
    database: Status


def match(
    packages: Iterable[Package],
    database: Database,
    *,
    vendor_severity: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Matches:
    """Findings of all packages; to be repeated for stored inventories after each update of the database.

    `vendor_severity`: a distribution's own word for the severity decides, instead of the CVSS score. `progress(done,
    total)` is called now and then. Raises `DatabaseError` if the file turns out to be damaged.
    """
    listed = list(packages)
    own: dict[int, tuple[Hit, ...]] = {}
    unknown: list[int] = []
    cached: dict[tuple[str, ...], tuple[tuple[Hit, ...], bool]] = {}
    for at, package in enumerate(listed):
        if progress is not None and at % 500 == 0:
            progress(at, len(listed))
        if package.distributed:
            continue  # its distribution's package is listed too, and that one's advisories know of backported fixes
        key = _identity(package)
        known = cached.get(key)
        if known is None:
            known = cached[key] = _known(package, database, key)
        if known[0]:
            own[at] = known[0]
        elif not known[1]:
            unknown.append(at)
    names = _Names(database)
    for found in own.values():
        for hit in found:
            names.add(hit.rid)
    grouped: dict[str, dict[int, list[Hit]]] = {}
    for at, found in own.items():
        for hit in found:
            for vulnerability in names.of(hit.rid):
                grouped.setdefault(vulnerability, {}).setdefault(at, []).append(hit)
    findings = [
        _finding(group, names.all_of(group), places, listed, database, vendor_severity)
        for group, places in grouped.items()
    ]
    findings.sort(key=_urgency)
    return Matches(findings=tuple(findings), unknown=tuple(unknown), database=database.status())


def _known(package: Package, database: Database, key: tuple[str, ...]) -> tuple[tuple[Hit, ...], bool]:
    """The hits of a package, and whether any advisory speaks of it; remembered as long as the database is open."""
    known: tuple[tuple[Hit, ...], bool] | None = database.derived.get(key)
    if known is None:
        # Without a version there is nothing to compare: not even "all versions" is said of it.
        found = hits(package, database) if package.version else ()
        known = found, bool(found) or rules_for(package, database)
        database.remember(key, known)
    return known


def _identity(package: Package) -> tuple[str, ...]:
    return (
        package.ecosystem,
        package.name,
        package.native_version,
        package.source_name,
        package.source_version,
        package.modularity,
    )


class _Names:
    """Which ids are the same vulnerability: the connected parts of the graph of aliases."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._parent: dict[str, str] = {}
        self._ids: dict[int, tuple[str, ...]] = {}
        """Advisory -> one id of each vulnerability it is about."""
        self._members: dict[str, list[str]] | None = None

    def add(self, rid: int) -> None:
        if rid in self._ids:
            return
        same, covered = self._database.names(rid)
        self._members = None
        if covered:
            # The vulnerabilities of an erratum stay apart.
            for name in covered:
                self._root(name)
            self._ids[rid] = covered
            return
        first = self._root(same[0])
        for name in same[1:]:
            self._parent[self._root(name)] = first
        self._ids[rid] = (same[0],)

    def _root(self, name: str) -> str:
        parent = self._parent.setdefault(name, name)
        while parent != name:
            grand = self._parent[parent]
            self._parent[name] = grand
            name, parent = parent, grand
        return name

    def of(self, rid: int) -> tuple[str, ...]:
        """The groups the advisory belongs to."""
        return tuple(dict.fromkeys(self._root(name) for name in self._ids[rid]))

    def all_of(self, group: str) -> tuple[str, ...]:
        """All ids of a group."""
        if self._members is None:
            self._members = {}
            for name in list(self._parent):
                self._members.setdefault(self._root(name), []).append(name)
        return tuple(sorted(self._members[group]))


def _finding(
    group: str,
    names: tuple[str, ...],
    places: dict[int, list[Hit]],
    packages: list[Package],
    database: Database,
    vendor_severity: bool,
) -> Finding:
    rids = tuple(sorted({hit.rid for found in places.values() for hit in found}))
    vulnerability = put_together(database, names, rids, vendor_severity)
    affected = tuple(_affected(packages[at], found, database) for at, found in places.items())
    fixed = sum(bool(a.fixed_version) for a in affected)
    fix = FixAvailable.YES if fixed == len(affected) else FixAvailable.PARTIAL if fixed else FixAvailable.NO
    return Finding(
        vulnerability=vulnerability,
        packages=affected,
        fix_available=fix,
        priority=score.priority(
            kev=bool(vulnerability.kev_added),
            epss=vulnerability.epss,
            exploit=vulnerability.exploit_available,
            base=vulnerability.score,
            fix=fixed > 0,
        )[0],
    )


def _affected(package: Package, found: list[Hit], database: Database) -> AffectedPackage:
    by = {database.advisory(hit.rid)[1].id: hit.fixed for hit in found}
    fixes = {hit.fixed for hit in found if hit.fixed}
    fixed = max(fixes, key=scheme_of(package.ecosystem).key) if len(fixes) > 1 else next(iter(fixes), "")
    return AffectedPackage(
        package=package,
        fixed_version=fixed,
        fixed_by=by,
        not_fixed=next((hit.not_fixed for hit in found if hit.not_fixed), "") if not fixed else "",
        remediation=upgrade.command(package, fixed),
    )


def _urgency(finding: Finding) -> tuple[object, ...]:
    found = finding.vulnerability
    return found.severity.rank, not found.kev_added, -(found.score or 0), -(found.epss or 0), found.id
