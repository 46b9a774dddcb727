"""`inspector-scan:ScanSbom`: the document read, its packages matched, the answer in the form that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from garrison.scan.inventory.sbom import cyclonedx as reader
from garrison.scan.inventory.sbom.component import INVALID_PURL, NO_PURL, Component
from garrison.scan.match import Matches, match
from garrison.scan.sbom_scan import cyclonedx_answer, inspector_answer
from garrison.scan.sbom_scan.scanned import Entry, Scanned, State
from garrison.scan.vulndb import Database

MOST_COMPONENTS = 5000
"""Inspector user guide, "Creating an SBOM scan"."""
_DEEPEST = 64
CYCLONE_DX, INSPECTOR, INSPECTOR_ALT = "CYCLONE_DX_1_5", "INSPECTOR", "INSPECTOR_ALT"


class SbomRejected(ValueError):
    """ScanSbom answers ValidationException with this reason: CANNOT_PARSE, FIELD_VALIDATION_FAILED or
    UNSUPPORTED_SBOM_TYPE."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class _Place(NamedTuple):
    component: Component
    raw: dict[str, Any]
    depth: int


def scan_sbom(
    document: Any, output_format: str = CYCLONE_DX, *, database: Database, now: datetime | None = None
) -> dict[str, Any]:
    """What ScanSbom puts under `sbom` in its answer. Raises SbomRejected, DatabaseError.

    INSPECTOR_ALT, of which AWS documents no more than the name, is answered as INSPECTOR.
    """
    places = list(_places(_checked(document)))
    packages, at = [], []
    for number, place in enumerate(places):
        package = place.component.package
        if package is not None and package.ecosystem and package.version:
            packages.append(package)
            at.append(number)
    matches = match(packages, database)
    states = _states(places, at, matches)
    scanned = Scanned(
        document=document,
        entries=tuple(
            Entry(component=place.component, raw=place.raw, depth=place.depth, state=state)
            for place, state in zip(places, states, strict=True)
        ),
        findings=matches.findings,
        database=matches.database,
        now=now or datetime.now(UTC),
    )
    if output_format in (INSPECTOR, INSPECTOR_ALT):
        return inspector_answer.answer(scanned)
    if output_format != CYCLONE_DX:
        raise SbomRejected("FIELD_VALIDATION_FAILED", f"outputFormat {output_format!r} is not known")
    return cyclonedx_answer.answer(scanned)


def _checked(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise SbomRejected("CANNOT_PARSE", "The SBOM has to be a JSON object.")
    if document.get("bomFormat") != "CycloneDX" or document.get("specVersion") != "1.5":
        raise SbomRejected("UNSUPPORTED_SBOM_TYPE", "The SBOM has to be in CycloneDX 1.5 format.")
    if not isinstance(document.get("components", []), list):
        raise SbomRejected("CANNOT_PARSE", "components has to be a list.")
    return document


def _places(document: dict[str, Any]) -> Iterator[_Place]:
    """Components in document order, without the duplicates that Inspector's generator marks."""
    count = 0
    waiting: list[tuple[Any, int]] = [(entry, 0) for entry in reversed(document.get("components", []))]
    while waiting:
        entry, depth = waiting.pop()
        if not isinstance(entry, dict):
            raise SbomRejected("CANNOT_PARSE", "Every component has to be an object.")
        inner = entry.get("components")
        if not _duplicate(entry):
            count += 1
            if count > MOST_COMPONENTS:
                raise SbomRejected("FIELD_VALIDATION_FAILED", f"The SBOM has more than {MOST_COMPONENTS} components.")
            alone = {k: v for k, v in entry.items() if k != "components"}
            component = next(reader.components({"components": [alone]}))
            yield _Place(component if component.ref else component._replace(ref=f"comp-{count}"), entry, depth)
        if isinstance(inner, list):
            if depth >= _DEEPEST:
                raise SbomRejected("CANNOT_PARSE", f"Components are nested more than {_DEEPEST} deep.")
            waiting += [(one, depth + 1) for one in reversed(inner)]


def _duplicate(entry: dict[str, Any]) -> bool:
    properties = entry.get("properties")
    return any(
        isinstance(p, dict)
        and p.get("name") == "amazon:inspector:sbom_generator:is_duplicate_package"
        and p.get("value") == "true"
        for p in (properties if isinstance(properties, list) else ())
    )


def _states(places: list[_Place], at: list[int], matches: Matches) -> list[State]:
    reasons = {NO_PURL: State.NO_PURL, INVALID_PURL: State.INVALID_PURL}
    states = [reasons.get(place.component.reason, State.NO_RULES) for place in places]
    unknown = set(matches.unknown)
    for index, number in enumerate(at):
        states[number] = State.NO_RULES if index in unknown else State.CLEAN
    vulnerable = {id(a.package) for f in matches.findings for a in f.packages}
    for number in at:
        if id(places[number].component.package) in vulnerable:
            states[number] = State.VULNERABLE
    return states
