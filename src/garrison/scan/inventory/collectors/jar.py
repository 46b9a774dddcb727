"""Java archives: coordinates in pom.properties, else in the manifest; archives in archives."""

from __future__ import annotations

import re
from typing import BinaryIO

from garrison.scan.inventory.archives import Member, member_bytes, members, spooled_member
from garrison.scan.inventory.collectors.collector import Collector, Found, language_package, malformed_entry
from garrison.scan.inventory.files import File, Scan, Unreadable
from garrison.scan.inventory.model import Problem, ProblemKind
from garrison.scan.inventory.package import PackageManager

NAME = "java-jar"
ENDINGS = (".jar", ".war", ".ear", ".par", ".sar", ".jpi", ".hpi", ".kar", ".lpkg")
_POM = re.compile(r"(?:.*/)?META-INF/maven/[^/]+/[^/]+/pom\.properties\Z")
_MANIFEST = "META-INF/MANIFEST.MF"
_WANTED = (
    b"/pom.properties",
    _MANIFEST.encode(),
    *(e.encode() for e in ENDINGS),
    *(e.upper().encode() for e in ENDINGS),
)
_FILE = re.compile(r"(?P<name>[A-Za-z][\w.-]*?)-(?P<version>\d[\w.+-]*)\Z")
_GROUP = re.compile(r"[a-z][\w-]*(?:\.[\w-]+)+\Z")
_METADATA_BYTES = 1 << 20


def collect(file: File, scan: Scan) -> Found:
    """What the archive is, what was shaded into it, and what lies in it."""
    with file.opener() as stream:
        yield from _archive(stream, file, file.path, scan, 1)


def _archive(stream: BinaryIO, file: File, path: str, scan: Scan, depth: int) -> Found:
    coordinates: list[tuple[str, str]] = []
    manifest: Member | None = None
    inner: list[Member] = []
    for member in members(stream, scan.limits, _WANTED):
        if member.name == _MANIFEST:
            manifest = member
        elif member.name.lower().endswith(ENDINGS):
            inner.append(member)
        elif _POM.match(member.name):
            try:
                properties = _properties(member_bytes(stream, member, scan, _METADATA_BYTES))
            except Unreadable as error:
                yield Problem(kind=error.kind, path=f"{path}!/{member.name}", reason=error.reason)
                continue
            group, artifact, version = (properties.get(key, "") for key in ("groupId", "artifactId", "version"))
            if group and artifact and version:
                coordinates.append((f"{group}:{artifact}", version))
            else:
                yield malformed_entry(file, f"{member.name} lacks a coordinate")
    if not coordinates and manifest is not None:
        try:
            content = member_bytes(stream, manifest, scan, _METADATA_BYTES)
            coordinates = _of_manifest(_manifest(content), path)
        except Unreadable as error:
            yield Problem(kind=error.kind, path=f"{path}!/{manifest.name}", reason=error.reason)
    for name, version in dict.fromkeys(coordinates):
        yield language_package(file, "Maven", name, version, PackageManager.JAR, NAME, path=path)
    for member in inner:
        place = f"{path}!/{member.name}"
        if depth >= scan.limits.archive_depth:
            yield Problem(
                kind=ProblemKind.LIMIT, path=place, reason=f"more than {scan.limits.archive_depth} archives deep"
            )
            continue
        try:
            with spooled_member(stream, member, scan) as nested:
                yield from _archive(nested, file, place, scan, depth + 1)
        except Unreadable as error:
            yield Problem(kind=error.kind, path=place, reason=error.reason)


def _properties(content: bytes) -> dict[str, str]:
    found = {}
    for line in content.decode("utf-8", "replace").splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.lstrip().startswith(("#", "!")):
            found[key.strip()] = value.strip()
    return found


def _manifest(content: bytes) -> dict[str, str]:
    """The main section, with continued lines joined."""
    text = content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    main = text.lstrip("\n").split("\n\n")[0].replace("\n ", "")
    return {
        key.strip(): value.strip() for key, colon, value in (line.partition(":") for line in main.split("\n")) if colon
    }


def _of_manifest(fields: dict[str, str], path: str) -> list[tuple[str, str]]:
    """Name and version as the manifest gives them. A group that is not written is not made up: the name then has none,
    and matches nothing."""
    stem = re.split(r"!/|/", path)[-1].rpartition(".")[0]
    match = _FILE.match(stem)
    symbolic = fields.get("Bundle-SymbolicName", "").partition(";")[0].strip()
    artifact = match["name"] if match else fields.get("Implementation-Title", "") or symbolic or stem
    version = (
        fields.get("Implementation-Version")
        or (match["version"] if match else "")
        or fields.get("Bundle-Version")
        or fields.get("Specification-Version", "")
    )
    if not version or not artifact or any(character.isspace() for character in version):
        return []
    group = fields.get("Implementation-Vendor-Id", "")
    if not _GROUP.match(group):
        group = symbolic.removesuffix(f".{artifact}") if symbolic.endswith(f".{artifact}") else ""
    artifact = re.sub(r"\s+", "-", artifact)
    return [(f"{group}:{artifact}" if _GROUP.match(group) else artifact, version)]


COLLECTOR = Collector(NAME, collect, endings=frozenset(ENDINGS))
