"""OSV: the Open Source Vulnerability format, as JSON or YAML, one document to a file.

https://ossf.github.io/osv-schema/ - events are sorted before they are read, `introduced: "0"` is the beginning, GIT
ranges say nothing about versions, `versions` adds to the ranges.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from garrison.scan.versions import scheme_of
from garrison.scan.vulndb import names
from garrison.scan.vulndb.importers import yaml_text
from garrison.scan.vulndb.record import Advisory, Affected, Cvss, Interval, NotUnderstood

NAME = "osv"

CVE = re.compile(r"CVE-\d{4}-\d{4,}")
_STREAM = re.compile(r"(?:^|[\s:])([\w.+-]+:[\w.+-]+) (?:security|bug fix|enhancement|module)\b")
_ERRATA = re.compile(
    r"^(?:AL[SBE]A|RH[SBE]A|RL[SBE]A|RXSA|USN|SUSE-|openSUSE-|ALAS|ELSA|DSA|DLA|DTSA|MGASA|OESA|FEDORA)"
)
_GIVER = {"GHSA": "GITHUB", "GO": "GO", "PYSEC": "PYPA", "BIT": "BITNAMI", "RUSTSEC": "RUSTSEC", "CVE": "MITRE"}


class _Event(msgspec.Struct):
    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class _Range(msgspec.Struct):
    type: str = ""
    events: list[_Event] = []


class _Severity(msgspec.Struct):
    type: str = ""
    score: str = ""


class _Package(msgspec.Struct):
    ecosystem: str = ""
    name: str = ""


class _Affected(msgspec.Struct):
    package: _Package | None = None
    ranges: list[_Range] | None = None
    versions: list[str] | None = None
    severity: list[_Severity] | None = None
    ecosystem_specific: Any = None


class _Reference(msgspec.Struct):
    type: str = ""
    url: str = ""


class _Document(msgspec.Struct):
    id: str
    affected: list[_Affected] | None = None
    aliases: list[str] | None = None
    related: list[str] | None = None
    upstream: list[str] | None = None
    published: str = ""
    modified: str = ""
    withdrawn: str | None = None
    summary: str = ""
    details: str = ""
    severity: list[_Severity] | None = None
    references: list[_Reference] | None = None
    database_specific: Any = None


_decoder = msgspec.json.Decoder(_Document)


def recognises(name: str, head: bytes) -> bool:
    """JSON objects and YAML documents with an `id`."""
    if name.endswith(".json"):
        return head.lstrip()[:1] == b"{" and (b'"id"' in head or b'"affected"' in head or b'"schema_version"' in head)
    return name.endswith((".yaml", ".yml")) and re.search(rb"^id:", head, re.MULTILINE) is not None


def read(name: str, data: bytes) -> Iterator[Advisory]:
    """The one advisory of a document."""
    try:
        if name.endswith(".json"):
            document = _decoder.decode(data)
        else:
            document = msgspec.convert(yaml_text.load(data), _Document, strict=False)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as e:
        raise NotUnderstood(f"no OSV document: {str(e).splitlines()[0]}") from e
    yield _advisory(document)


def _advisory(document: _Document) -> Advisory:
    specific = document.database_specific if isinstance(document.database_specific, dict) else {}
    giver = _GIVER.get(document.id.partition("-")[0], document.id.partition("-")[0])
    severities = list(document.severity or ())
    for affected in document.affected or ():
        severities += [s for s in affected.severity or () if s not in severities]
    errata = bool(_ERRATA.match(document.id))
    aliases = [alias for alias in document.aliases or () if alias != document.id]
    others = [*(document.upstream or ()), *(document.related or ())] if errata or document.upstream else []
    if errata:
        others += aliases
        aliases = []
    elif document.upstream:
        # A distribution's record of one vulnerability (UBUNTU-CVE-..., DEBIAN-CVE-...) has it as its upstream.
        aliases += [u for u in document.upstream if CVE.fullmatch(u)]
        others = []
    module = _STREAM.search(document.summary) if errata else None
    word = specific.get("severity")
    if not isinstance(word, str):
        word = next((s.score for s in severities if s.type == "Ubuntu"), "")
        if not word and errata:
            word = document.summary.partition(":")[0] if ":" in document.summary else ""
            word = word if word.lower() in ("critical", "important", "moderate", "low") else ""
    cwes = specific.get("cwe_ids") or (specific.get("cwes") if isinstance(specific.get("cwes"), list) else None) or ()
    return Advisory(
        id=document.id,
        url=_url(document, specific),
        published=_time(document.published),
        modified=_time(document.modified),
        withdrawn=document.withdrawn or "",
        summary=document.summary,
        description=document.details,
        aliases=tuple(dict.fromkeys(aliases)),
        covers=tuple(dict.fromkeys(o for o in others if CVE.fullmatch(o))),
        severity=word.lower(),
        cvss=tuple(Cvss(s.score, "NVD" if giver == "NVD" else giver) for s in severities if s.type.startswith("CVSS_")),
        cwes=tuple(int(c[4:]) for c in cwes if isinstance(c, str) and re.fullmatch(r"CWE-\d{1,6}", c)),
        references=tuple(r.url for r in document.references or () if r.url),
        affected=tuple(
            _affected(a, a.package, module[1] if module else "*") for a in document.affected or () if a.package
        ),
    )


def _affected(affected: _Affected, package: _Package, stream: str) -> Affected:
    ecosystem = names.ecosystem(package.ecosystem)
    order = scheme_of(ecosystem).key
    intervals: list[Interval] = []
    for given in affected.ranges or ():
        if given.type in ("SEMVER", "ECOSYSTEM"):
            intervals += intervals_of(given.events, order)
    modular = any(".module" in i.fixed for i in intervals)
    return Affected(
        ecosystem=ecosystem,
        name=names.canonical(ecosystem, package.name),
        intervals=tuple(intervals),
        versions=tuple(affected.versions or ()),
        module=stream if modular else "",
    )


def intervals_of(events: list[_Event], order: Any) -> list[Interval]:
    """Events, in any sequence, as intervals. At one version a fix comes before the next introduction."""
    marks: list[tuple[Any, int, str]] = []
    beginning = False
    for event in events:
        if event.introduced == "0":
            beginning = True
        elif event.introduced is not None:
            marks.append((order(event.introduced), 1, event.introduced))
        elif event.fixed is not None:
            marks.append((order(event.fixed), 0, event.fixed))
        elif event.last_affected is not None:
            marks.append((order(event.last_affected), 2, event.last_affected))
    marks.sort(key=lambda mark: (mark[0], mark[1]))
    made: list[Interval] = []
    start: str | None = "" if beginning else None
    for _, kind, version in marks:
        if kind == 1:
            start = version if start is None else start
        elif start is not None:
            made.append(Interval(start, fixed=version) if kind == 0 else Interval(start, last_affected=version))
            start = None
    if start is not None:
        made.append(Interval(start))
    return made


def _url(document: _Document, specific: dict[str, Any]) -> str:
    if isinstance(specific.get("url"), str):
        return str(specific["url"])
    kinds = {r.type: r.url for r in reversed(document.references or ())}
    return kinds.get("ADVISORY") or f"https://osv.dev/vulnerability/{document.id}"


def _time(text: str) -> str:
    return "" if text.startswith("0001-") else text
