"""OVAL definitions: Red Hat, Oracle, SUSE, Azure Linux (rpminfo) and Ubuntu, Debian (dpkginfo).

Of the logic of a definition only this is used: each test of a package that asks whether its version is *less than*
another, and the module that the same branch asks for. The platform is what the definition names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from garrison.scan.vulndb import names
from garrison.scan.vulndb.record import Advisory, Affected, Cvss, Interval, NotUnderstood

NAME = "oval"

_MODULE = re.compile(r"Module (\S+?:\S+) is enabled")
_PLATFORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"Red Hat Enterprise Linux (\d+)"), "Red Hat:{}"),
    (re.compile(r"Oracle Linux (\d+)"), "Oracle Linux:{}"),
    (re.compile(r"AlmaLinux (\d+)"), "AlmaLinux:{}"),
    (re.compile(r"Rocky Linux (\d+)"), "Rocky Linux:{}"),
    (re.compile(r"Azure Linux (\d+)"), "Azure Linux:{}"),
    (re.compile(r"CBL-Mariner (\d+)"), "CBL-Mariner:{}"),
    (re.compile(r"Ubuntu (\d\d\.04)(?: LTS)?"), "Ubuntu:{}"),
    (re.compile(r"Ubuntu (\d\d\.10)"), "Ubuntu:{}"),
    (re.compile(r"Debian GNU/Linux (\S+)"), "Debian:{}"),
    (re.compile(r"SUSE (Linux Enterprise Server \d+(?: SP\d+)?)$"), "SUSE:{}"),
    (re.compile(r"openSUSE (Leap [\d.]+)"), "openSUSE:{}"),
)
_LTS = re.compile(r"Ubuntu:\d[02468]\.04")


def recognises(name: str, head: bytes) -> bool:
    """XML whose root is `oval_definitions`."""
    return b"oval_definitions" in head and b"<" in head


def read(name: str, data: bytes) -> Iterator[Advisory]:
    """One record per definition. External entities and document types are refused."""
    if b"<!DOCTYPE" in data:
        raise NotUnderstood("it declares a document type, which OVAL has not")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as e:
        raise NotUnderstood(f"no XML: {e}") from e
    tests = _tests(root)
    for definition in root.iterfind("{*}definitions/{*}definition"):
        made = _advisory(definition, tests)
        if made is not None:
            yield made


def _advisory(definition: etree._Element, tests: dict[str, tuple[tuple[str, ...], str]]) -> Advisory | None:
    metadata = definition.find("{*}metadata")
    criteria = definition.find("{*}criteria")
    if metadata is None or criteria is None or definition.get("class") not in ("patch", "vulnerability"):
        return None
    ecosystems = dict.fromkeys(e for p in metadata.iterfind("{*}affected/{*}platform") if (e := _ecosystem(p.text)))
    fixes = dict.fromkeys(_fixes(criteria, tests, ""))
    references = [(r.get("ref_id") or "", r.get("ref_url") or "") for r in metadata.iterfind("{*}reference")]
    cves = {r: None for r, _ in references if r.startswith("CVE-")}
    advisory = metadata.find("{*}advisory")
    severity, vectors, cwes = "", [], []
    if advisory is not None:
        severity = (advisory.findtext("{*}severity") or "").lower()
        for cve in advisory.iterfind("{*}cve"):
            if (cve.text or "").startswith("CVE-"):
                cves[(cve.text or "").strip()] = None
            vector = (cve.get("cvss3") or "").partition("/")[2]
            if vector.startswith("CVSS:3"):
                vectors.append(vector)
            cwes += [int(c) for c in re.findall(r"CWE-(\d{1,6})", cve.get("cwe") or "")]
    severity = severity or (metadata.findtext("{*}severity") or "").lower()
    own = next((r for r, _ in references if not r.startswith("CVE-")), "")
    if not own and not cves:
        return None
    erratum = len(cves) != 1 or bool(own and definition.get("class") == "patch")
    identifier = own if erratum and own else next(iter(cves), own)
    issued = advisory.find("{*}issued") if advisory is not None else None
    return Advisory(
        id=identifier,
        url=next((u for r, u in references if r == identifier), ""),
        published=_day(issued.get("date") if issued is not None else ""),
        summary=metadata.findtext("{*}title") or "",
        description=(metadata.findtext("{*}description") or "").strip(),
        covers=tuple(cves) if erratum else (),
        severity=severity,
        # Of several vulnerabilities in one erratum no vector is everybody's.
        cvss=(Cvss(vectors[0], "REDHAT"),) if len(vectors) == 1 and len(cves) == 1 else (),
        cwes=tuple(dict.fromkeys(cwes)) if len(cves) == 1 else (),
        references=tuple(dict.fromkeys(u for _, u in references if u)),
        affected=tuple(
            Affected(ecosystem=e, name=names.canonical(e, n), intervals=(Interval(fixed=v),), module=m)
            for e in ecosystems
            for n, v, m in fixes
        ),
    )


def _fixes(
    criteria: etree._Element, tests: dict[str, tuple[tuple[str, ...], str]], module: str
) -> Iterator[tuple[str, str, str]]:
    own = criteria.findall("{*}criterion")
    for criterion in own:
        found = _MODULE.search(criterion.get("comment") or "")
        module = found[1] if found else module
    for criterion in own:
        packages, version = tests.get(criterion.get("test_ref") or "", ((), ""))
        for package in packages:
            yield package, version, module
    for inner in criteria.iterfind("{*}criteria"):
        yield from _fixes(inner, tests, module)


def _tests(root: etree._Element) -> dict[str, tuple[tuple[str, ...], str]]:
    """Test -> the packages it is about, and the version they have to be less than."""
    variables = {
        v.get("id") or "": tuple((e.text or "").strip() for e in v.iterfind("{*}value"))
        for v in root.iterfind("{*}variables/{*}constant_variable")
    }
    objects: dict[str, tuple[str, ...]] = {}
    for item in root.iterfind("{*}objects/*"):
        name = item.find("{*}name")
        if name is not None and _is_package(item):
            reference = name.get("var_ref")
            objects[item.get("id") or ""] = variables.get(reference, ()) if reference else ((name.text or "").strip(),)
    states = {
        item.get("id") or "": (evr.text or "").strip()
        for item in root.iterfind("{*}states/*")
        if (evr := item.find("{*}evr")) is not None and evr.get("operation") == "less than"
    }
    made = {}
    for test in root.iterfind("{*}tests/*"):
        about, state = test.find("{*}object"), test.find("{*}state")
        if about is None or state is None:
            continue
        packages, version = objects.get(about.get("object_ref") or ""), states.get(state.get("state_ref") or "")
        if packages and version:
            made[test.get("id") or ""] = (packages, version)
    return made


def _is_package(item: etree._Element) -> bool:
    return str(item.tag).endswith(("}rpminfo_object", "}dpkginfo_object"))


def _ecosystem(platform: str | None) -> str:
    for pattern, form in _PLATFORMS:
        found = pattern.search((platform or "").strip())
        if found:
            made = names.ecosystem(form.format(found[1]))
            return made + ":LTS" if _LTS.fullmatch(made) else made
    return ""


def _day(text: str | None) -> str:
    return f"{text}T00:00:00Z" if text and re.fullmatch(r"\d{4}-\d\d-\d\d", text) else ""
