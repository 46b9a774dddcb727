"""Maven: pom.xml, with properties and parents as far as they are in the target."""

from __future__ import annotations

import re

from lxml import etree

from garrison.scan.inventory.collectors.collector import Collector, Found, language_package, unresolved
from garrison.scan.inventory.collectors.documents import child_text, children, local_name, xml_root
from garrison.scan.inventory.files import File, Scan, Unreadable, malformed
from garrison.scan.inventory.package import PackageManager

_PROPERTY = re.compile(r"\$\{([^${}]+)\}")
_EXACT = re.compile(r"\[?\s*([^\s\[\](),]+)\s*\]?\Z")
_PARENTS = 8
_ROUNDS = 8
_LONGEST = 4096


def collect(file: File, scan: Scan) -> Found:
    """Dependencies with a version that the file and its parents settle."""
    root = xml_root(scan.read(file))
    if local_name(root) != "project":
        raise malformed("not a pom.xml: its root is not project")
    chain = _parents(file, root, scan)
    properties: dict[str, str] = {}
    managed: dict[str, str] = {}
    for project in reversed(chain):
        properties.update(_properties(project))
        for dependency in children(project, "dependencyManagement", "dependencies", "dependency"):
            managed[_key(dependency, properties)] = child_text(dependency, "version")
    loose: list[str] = []
    for dependency in children(root, "dependencies", "dependency") + children(
        root, "profiles", "profile", "dependencies", "dependency"
    ):
        key = _key(dependency, properties)
        written = child_text(dependency, "version") or managed.get(key, "")
        version = _EXACT.match(_expand(written, properties))
        scope = child_text(dependency, "scope")
        if scope == "system":
            continue
        if version and "$" not in key and "$" not in version[1]:
            yield language_package(file, "Maven", key, version[1], PackageManager.POM, "java-pom", dev=scope == "test")
        else:
            loose.append(key)
    yield from unresolved(file, loose)


def _parents(file: File, root: etree._Element, scan: Scan) -> list[etree._Element]:
    """The project and its parents, as far as `relativePath` leads inside the target."""
    chain, place, seen = [root], file, {file.path}
    while len(chain) <= _PARENTS:
        parents = children(chain[-1], "parent")
        if not parents:
            break
        relative = child_text(parents[0], "relativePath") or "../pom.xml"
        found = scan.neighbour(place, relative) or scan.neighbour(place, relative.rstrip("/") + "/pom.xml")
        if found is None or found.path in seen:
            break
        try:
            parent = xml_root(scan.read(found))
        except Unreadable:
            break
        if child_text(parent, "artifactId") != child_text(parents[0], "artifactId"):
            break
        seen.add(found.path)
        chain.append(parent)
        place = found
    return chain


def _properties(project: etree._Element) -> dict[str, str]:
    found = {}
    for group in children(project, "properties"):
        for item in group:
            if name := local_name(item):
                found[name] = (item.text or "").strip()
    parent = children(project, "parent")
    for name in ("groupId", "artifactId", "version"):
        value = child_text(project, name) or (child_text(parent[0], name) if parent else "")
        if value:
            found[f"project.{name}"] = found[f"pom.{name}"] = value
        if parent:
            found[f"project.parent.{name}"] = child_text(parent[0], name)
    return found


def _expand(text: str, properties: dict[str, str]) -> str:
    """Properties put in; what does not end, or grows beyond reason, stays as it is."""
    for _ in range(_ROUNDS):
        expanded = _PROPERTY.sub(lambda match: properties.get(match[1], match[0]), text)
        if expanded == text or len(expanded) > _LONGEST:
            break
        text = expanded
    return text


def _key(dependency: etree._Element, properties: dict[str, str]) -> str:
    group, artifact = child_text(dependency, "groupId"), child_text(dependency, "artifactId")
    return f"{_expand(group, properties)}:{_expand(artifact, properties)}"


COLLECTOR = Collector(
    "java-pom",
    collect,
    names=frozenset({"pom.xml"}),
    accepts=lambda path: "/META-INF/" not in f"/{path}",
)
