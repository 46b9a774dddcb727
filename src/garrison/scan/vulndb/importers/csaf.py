"""CSAF 2.0 advisories and VEX documents, as Red Hat and SUSE publish them.

A product is a package in a platform, joined by a relationship. Packages are named by the purl beside them (`rpmmod`
names the module) or by their file name; platforms by CPE. What a document says `known_not_affected` of is not about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote

import msgspec

from garrison.scan.vulndb.record import Advisory, Affected, Cvss, Interval, NotUnderstood

NAME = "csaf"

_RHEL = re.compile(r"cpe:/[ao]:redhat:enterprise_linux:(\d+)(?:\.\d+)?(?::.*)?")
_SUSE = re.compile(r"cpe:/o:(?:suse|opensuse):(?P<product>[\w-]+):(?P<release>[\d.]+)(?::(?P<sp>sp\d+))?")
_FILE = re.compile(r"(?P<name>.+)-(?P<evr>(?:\d+:)?[^-]+-[^-]+)\.(?:x86_64|aarch64|noarch|src|i[3-6]86|ppc64le|s390x)")
_SLE = {
    "sles": "Linux Enterprise Server",
    "sled": "Linux Enterprise Desktop",
    "sle-micro": "Linux Enterprise Micro",
    "sle_hpc": "Linux Enterprise High Performance Computing",
}
_NO_FIX = ("no_fix_planned", "none_available")


class _Identification(msgspec.Struct):
    cpe: str = ""
    purl: str = ""


class _Product(msgspec.Struct):
    product_id: str
    name: str = ""
    product_identification_helper: _Identification = msgspec.field(default_factory=_Identification)


class _Branch(msgspec.Struct):
    branches: list[_Branch] = []
    product: _Product | None = None


class _Relationship(msgspec.Struct):
    product_reference: str
    relates_to_product_reference: str
    full_product_name: _Product
    category: str = ""


class _Tree(msgspec.Struct):
    branches: list[_Branch] = []
    relationships: list[_Relationship] = []


class _Status(msgspec.Struct):
    fixed: list[str] = []
    known_affected: list[str] = []


class _Vector(msgspec.Struct):
    vectorString: str = ""  # noqa: N815


class _Score(msgspec.Struct):
    cvss_v3: _Vector | None = None
    cvss_v2: _Vector | None = None


class _Note(msgspec.Struct):
    category: str = ""
    text: str = ""


class _Remediation(msgspec.Struct):
    category: str = ""
    details: str = ""
    product_ids: list[str] = []


class _Threat(msgspec.Struct):
    category: str = ""
    details: str = ""


class _Cwe(msgspec.Struct):
    id: str = ""


class _Reference(msgspec.Struct):
    url: str = ""


class _Vulnerability(msgspec.Struct):
    cve: str = ""
    title: str = ""
    notes: list[_Note] = []
    product_status: _Status = msgspec.field(default_factory=_Status)
    scores: list[_Score] = []
    remediations: list[_Remediation] = []
    threats: list[_Threat] = []
    references: list[_Reference] = []
    release_date: str = ""
    cwe: _Cwe | None = None


class _Tracking(msgspec.Struct):
    id: str
    current_release_date: str = ""


class _Severity(msgspec.Struct):
    text: str = ""


class _About(msgspec.Struct):
    tracking: _Tracking
    aggregate_severity: _Severity = msgspec.field(default_factory=_Severity)


class _Document(msgspec.Struct):
    document: _About
    product_tree: _Tree = msgspec.field(default_factory=_Tree)
    vulnerabilities: list[_Vulnerability] = []


def recognises(name: str, head: bytes) -> bool:
    """JSON with `csaf_version`."""
    return name.endswith(".json") and b'"csaf_version"' in head


def read(name: str, data: bytes) -> Iterator[Advisory]:
    """One record per vulnerability."""
    try:
        told = msgspec.json.decode(data, type=_Document)
        products = _products(told.product_tree.branches)
    except (msgspec.MsgspecError, RecursionError) as e:
        raise NotUnderstood(f"no CSAF document: {e}") from e
    joined = {r.full_product_name.product_id: r for r in told.product_tree.relationships}
    about = told.document
    for vulnerability in told.vulnerabilities:
        if not vulnerability.cve:
            continue
        reasons = {p: r.category for r in vulnerability.remediations if r.category in _NO_FIX for p in r.product_ids}
        affected: dict[Affected, None] = {}
        for product in vulnerability.product_status.fixed:
            for one in _affected(product, joined, products, fixed=True):
                affected[one] = None
        for product in vulnerability.product_status.known_affected:
            for one in _affected(product, joined, products, fixed=False, reason=reasons.get(product, "")):
                affected[one] = None
        threat = next((t.details for t in vulnerability.threats if t.category == "impact"), "")
        erratum = about.tracking.id if about.tracking.id != vulnerability.cve else ""
        cwe = vulnerability.cwe.id[4:] if vulnerability.cwe else ""
        yield Advisory(
            id=f"{erratum}:{vulnerability.cve}" if erratum else vulnerability.cve,
            aliases=(vulnerability.cve,) if erratum else (),
            url=next((r.url for r in vulnerability.references), ""),
            published=vulnerability.release_date,
            modified=about.tracking.current_release_date,
            summary=vulnerability.title,
            description=next((n.text for n in vulnerability.notes if n.category in ("description", "summary")), ""),
            severity=(threat or about.aggregate_severity.text).lower(),
            cvss=tuple(
                Cvss(vector.vectorString, about.tracking.id.partition("-")[0] if erratum else "REDHAT")
                for score in vulnerability.scores
                if (vector := score.cvss_v3 or score.cvss_v2) is not None and vector.vectorString
            )[:1],
            cwes=(int(cwe),) if cwe.isdigit() else (),
            references=tuple(r.url for r in vulnerability.references if r.url),
            affected=tuple(affected),
        )


def _products(branches: list[_Branch], depth: int = 0) -> dict[str, _Product]:
    if depth > 32:
        raise RecursionError("branches in branches without end")
    found: dict[str, _Product] = {}
    for branch in branches:
        if branch.product is not None:
            found[branch.product.product_id] = branch.product
        found |= _products(branch.branches, depth + 1)
    return found


def _affected(
    product: str, joined: dict[str, _Relationship], products: dict[str, _Product], *, fixed: bool, reason: str = ""
) -> Iterator[Affected]:
    relationship = joined.get(product)
    if relationship is None:
        return
    package = products.get(relationship.product_reference)
    outer = relationship
    seen = 0
    # A package of a module is a component of the module, which is one of the platform.
    while outer.relates_to_product_reference in joined and seen < 8:
        outer, seen = joined[outer.relates_to_product_reference], seen + 1
    platform = products.get(outer.relates_to_product_reference)
    ecosystem = _ecosystem(platform) if platform else ""
    if not ecosystem or package is None:
        return
    name, version, module = _package(package)
    if not name or (fixed and not version):
        return
    interval = Interval(fixed=version) if fixed else Interval()
    yield Affected(ecosystem=ecosystem, name=name, intervals=(interval,), module=module, not_fixed=reason)


def _ecosystem(platform: _Product) -> str:
    cpe = platform.product_identification_helper.cpe
    if rhel := _RHEL.fullmatch(cpe):
        return f"Red Hat:{rhel[1]}"
    if suse := _SUSE.match(cpe):
        if suse["product"] in ("leap", "opensuse"):
            return f"openSUSE:Leap {suse['release']}"
        if suse["product"] in _SLE:
            return f"SUSE:{_SLE[suse['product']]} {suse['release']} {(suse['sp'] or '').upper()}".rstrip()
    return ""


def _package(package: _Product) -> tuple[str, str, str]:
    """Name, version with epoch, and module of a package."""
    purl = package.product_identification_helper.purl
    if purl.startswith("pkg:rpm/"):
        path, _, query = purl[8:].partition("?")
        name, _, version = path.rpartition("/")[2].partition("@")
        qualifiers = parse_qs(query)
        epoch = qualifiers.get("epoch", ["0"])[0]
        module = ":".join(qualifiers.get("rpmmod", [""])[0].split(":")[:2])
        return unquote(name), f"{epoch}:{unquote(version)}" if version else "", module
    if found := _FILE.fullmatch(package.name):
        return found["name"], found["evr"], ""
    return (package.name, "", "") if package.name and " " not in package.name else ("", "", "")
