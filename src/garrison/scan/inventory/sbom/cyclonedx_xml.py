"""CycloneDX in XML, versions 1.2 to 1.6."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from garrison.scan.inventory.collectors.documents import child_text, children, local_name
from garrison.scan.inventory.files import malformed
from garrison.scan.inventory.sbom import component
from garrison.scan.inventory.sbom.component import Component
from garrison.scan.inventory.sbom.cyclonedx import PATH_PROPERTIES


def components(root: etree._Element) -> Iterator[Component]:
    """Every component in document order, nested ones after the one they are in."""
    if local_name(root) != "bom":
        raise malformed("XML, but not a CycloneDX document: its root is not bom")
    for top in children(root, "components"):
        for element in top.iter():
            if local_name(element) != "component" or local_name(_parent(element)) != "components":
                continue
            name, group = child_text(element, "name"), child_text(element, "group")
            path = next(
                (
                    (entry.text or "").strip()
                    for entry in children(element, "properties", "property")
                    if entry.get("name") in PATH_PROPERTIES
                ),
                "",
            )
            yield component.of(
                element.get("bom-ref", ""),
                f"{group}/{name}" if group else name,
                child_text(element, "version"),
                element.get("type", ""),
                child_text(element, "purl"),
                path,
            )


def _parent(element: etree._Element) -> etree._Element:
    parent = element.getparent()
    return element if parent is None else parent
