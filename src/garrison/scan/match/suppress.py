"""Findings that do not count: an ignore file of one's own, and VEX of who made the software.

An ignored finding stays in the result, with the reason; what an entry does not say exactly it does not cover, and an
entry that is over is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec
import yaml

from garrison.scan.inventory import purl as purls
from garrison.scan.inventory.package import Package
from garrison.scan.match.finding import Finding, Suppression

_NOT_AFFECTED = frozenset(["not_affected", "fixed"])
_CYCLONEDX_STATES = frozenset(["not_affected", "resolved", "resolved_with_pedigree", "false_positive"])


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One vulnerability that does not count, everywhere or in some packages."""

    vulnerability: str
    """Any of its ids."""
    packages: tuple[str, ...] = ()
    """Names, or package URLs with or without a version; empty: all packages."""
    paths: tuple[str, ...] = ()
    """Beginnings of paths; empty: everywhere."""
    reason: str
    until: str = ""
    """The last day it holds; empty: no end."""
    by: str
    refs: tuple[str, ...] = ()
    """CycloneDX: `bom-ref`s or BOM links of the components meant."""


class BadStatement(ValueError):
    """A file of exceptions is not understood; the message names the place."""


def ignore_file(text: str, name: str) -> list[Statement]:
    """An ignore file, in YAML: a list `ignore`, each with `id`, `reason`, and perhaps `until` (a day), `packages` and
    `paths`.

    Raises BadStatement: also for an entry without a reason, for who comes later has to know it.
    """
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as e:
        raise BadStatement(f"{name} is no YAML: {str(e).splitlines()[0]}") from e
    entries = document.get("ignore") if isinstance(document, dict) else document
    if entries is None:
        entries = []
    if not isinstance(entries, list):
        raise BadStatement(f"{name}: 'ignore' has to be a list")
    return [_entry(entry, f"{name}, entry {number}", name) for number, entry in enumerate(entries, 1)]


def _entry(entry: Any, where: str, name: str) -> Statement:
    if not isinstance(entry, dict):
        raise BadStatement(f"{where}: has to have an id and a reason")
    unknown = set(entry) - {"id", "reason", "until", "packages", "paths"}
    if unknown:
        raise BadStatement(f"{where}: {', '.join(sorted(map(str, unknown)))} is not known")
    identifier, reason = entry.get("id"), entry.get("reason")
    if not isinstance(identifier, str) or not identifier.strip():
        raise BadStatement(f"{where}: there is no id")
    if not isinstance(reason, str) or not reason.strip():
        raise BadStatement(f"{where} ({identifier}): there is no reason; say why it does not count")
    until = entry.get("until") or ""
    until = until.isoformat() if isinstance(until, date) else str(until)
    if until:
        try:
            date.fromisoformat(until[:10])
        except ValueError as e:
            raise BadStatement(f"{where} ({identifier}): until has to be a day, such as 2027-01-31") from e
    return Statement(
        vulnerability=identifier.strip(),
        packages=_texts(entry.get("packages"), where),
        paths=_texts(entry.get("paths"), where),
        reason=reason.strip(),
        until=until[:10],
        by=f"ignore file {name}",
    )


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        raise BadStatement(f"{where}: packages and paths have to be lists of texts")
    return tuple(value)


def vex(data: bytes, name: str) -> list[Statement]:
    """OpenVEX or CycloneDX VEX: what it calls not affected or fixed. Raises BadStatement."""
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError) as e:
        raise BadStatement(f"{name} is no JSON: {e}") from e
    if isinstance(document, dict) and "openvex" in str(document.get("@context", "")):
        return _openvex(document, name)
    if isinstance(document, dict) and document.get("bomFormat") == "CycloneDX":
        return _cyclonedx(document, name)
    raise BadStatement(f"{name} is neither OpenVEX nor CycloneDX")


def _openvex(document: dict[str, Any], name: str) -> list[Statement]:
    made: list[Statement] = []
    statements = document.get("statements")
    for number, told in enumerate(statements if isinstance(statements, list) else (), 1):
        if not isinstance(told, dict) or told.get("status") not in _NOT_AFFECTED:
            continue
        vulnerability = told.get("vulnerability")
        ids: list[Any] = [vulnerability] if isinstance(vulnerability, str) else []
        if isinstance(vulnerability, dict):
            aliases = vulnerability.get("aliases")
            ids = [vulnerability.get("name"), *(aliases if isinstance(aliases, list) else ())]
        packages: list[str] = []
        products = told.get("products")
        for product in products if isinstance(products, list) else ():
            parts = product.get("subcomponents") if isinstance(product, dict) else None
            # With subcomponents the statement is about these, in the product.
            for item in parts if isinstance(parts, list) and parts else [product]:
                packages += _openvex_names(item)
        if not packages:
            raise BadStatement(f"{name}, statement {number}: names no product, and so excuses none")
        reason = told.get("impact_statement") or told.get("justification") or told["status"]
        made += [
            Statement(vulnerability=i, packages=tuple(packages), reason=str(reason), by=f"VEX {name}")
            for i in ids
            if isinstance(i, str) and i
        ]
    return made


def _openvex_names(item: Any) -> list[str]:
    if isinstance(item, str):
        return [item]
    if not isinstance(item, dict):
        return []
    identifiers = item.get("identifiers")
    found = [item.get("@id"), identifiers.get("purl") if isinstance(identifiers, dict) else None]
    return [f for f in found if isinstance(f, str) and f]


def _cyclonedx(document: dict[str, Any], name: str) -> list[Statement]:
    known: dict[str, str] = {}
    waiting: list[Any] = [document.get("components")]
    while waiting:
        level = waiting.pop()
        for component in level if isinstance(level, list) else ():
            if isinstance(component, dict):
                if isinstance(component.get("bom-ref"), str) and isinstance(component.get("purl"), str):
                    known[component["bom-ref"]] = component["purl"]
                waiting.append(component.get("components"))
    made: list[Statement] = []
    vulnerabilities = document.get("vulnerabilities")
    for told in vulnerabilities if isinstance(vulnerabilities, list) else ():
        analysis = told.get("analysis") if isinstance(told, dict) else None
        if not isinstance(analysis, dict) or analysis.get("state") not in _CYCLONEDX_STATES:
            continue
        identifier, affects = told.get("id"), told.get("affects")
        refs = [
            a["ref"].rpartition("#")[2]
            for a in (affects if isinstance(affects, list) else ())
            if isinstance(a, dict) and isinstance(a.get("ref"), str)
        ]
        if not isinstance(identifier, str) or not refs:
            continue
        reason = analysis.get("detail") or analysis.get("justification") or analysis["state"]
        made.append(
            Statement(
                vulnerability=identifier,
                packages=tuple(known.get(r, r) for r in refs if r in known or r.startswith("pkg:")),
                refs=tuple(refs),
                reason=str(reason),
                by=f"VEX {name}",
            )
        )
    return made


def apply(findings: Iterable[Finding], statements: list[Statement], today: date) -> tuple[Finding, ...]:
    """The findings, marked where statements cover all of their packages; where they cover some, these are split off."""
    by_id: dict[str, list[Statement]] = {}
    for statement in statements:
        if not statement.until or date.fromisoformat(statement.until) >= today:
            by_id.setdefault(statement.vulnerability, []).append(statement)
    made: list[Finding] = []
    for finding in findings:
        found = finding.vulnerability
        relevant = [s for i in (found.id, *found.related) for s in by_id.get(i, ())]
        if not relevant:
            made.append(finding)
            continue
        groups: dict[Suppression | None, list[Any]] = {}
        for affected in finding.packages:
            covering = next((s for s in relevant if covers(s, affected.package)), None)
            by = (
                Suppression(by=covering.by, reason=covering.reason, until=covering.until)
                if covering is not None
                else None
            )
            groups.setdefault(by, []).append(affected)
        made += [
            msgspec.structs.replace(finding, packages=tuple(packages), suppressed=by)
            for by, packages in sorted(groups.items(), key=lambda group: group[0] is not None)
        ]
    return tuple(made)


def expired(statements: list[Statement], today: date) -> list[Statement]:
    """Those that no longer hold."""
    return [s for s in statements if s.until and date.fromisoformat(s.until) < today]


def covers(statement: Statement, package: Package) -> bool:
    """Whether a statement means this package."""
    if statement.paths and not any(_under(package.path, p) for p in statement.paths):
        return False
    if statement.refs and package.ref and package.ref in statement.refs:
        return True
    if not statement.packages:
        return not statement.refs
    return any(_means(text, package) for text in statement.packages)


def _under(path: str, start: str) -> bool:
    start = start.strip("/")
    return path == start or path.startswith((start + "/", start + "!"))


def _means(text: str, package: Package) -> bool:
    if not text.startswith("pkg:"):
        return text in (package.name, f"{package.name}@{package.native_version}")
    if text == package.purl:
        return True
    meant = purls.package_of_purl(text)
    if meant is None or meant.name != package.name:
        return False
    if meant.ecosystem and meant.ecosystem != package.ecosystem:
        # A URL without a release is of the distribution in any.
        return False
    own = purls.parse(package.purl) if package.purl else None
    other = purls.parse(text)
    if own is not None and other is not None and own.type != other.type:
        return False
    return not meant.version or meant.native_version == package.native_version
