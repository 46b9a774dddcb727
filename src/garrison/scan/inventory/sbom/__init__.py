"""Bills of materials: read leniently in every form they come in, written in one exact form each."""

from __future__ import annotations

import hashlib
from pathlib import Path

from garrison.scan.inventory.collectors.documents import json_object, xml_root
from garrison.scan.inventory.files import Unreadable, malformed
from garrison.scan.inventory.model import Inventory, Problem, ProblemKind, TargetError, TargetKind
from garrison.scan.inventory.package import Package
from garrison.scan.inventory.sbom import cyclonedx, cyclonedx_xml, spdx
from garrison.scan.inventory.sbom.component import NO_OBJECT, Component

__all__ = ["Component", "read"]


def read(document: bytes, *, target: str | Path) -> Inventory:
    """The packages of a CycloneDX (JSON, XML) or SPDX (JSON, tag-value) document.

    A component without a package URL, or with one that says nothing, is noted and loses nothing: what it is cannot be
    known. An entry that is no object makes the inventory incomplete, and so does a document that says that it is.
    Raises TargetError when the document is none of these forms.
    """
    try:
        components, whole = _components(document)
    except Unreadable as error:
        raise TargetError(f"{target}: {error.reason}") from error
    packages: list[Package] = []
    problems: list[Problem] = []
    for component in components:
        if component.package is not None:
            packages.append(component.package)
        elif component.reason:
            problems.append(
                Problem(
                    kind=ProblemKind.UNRESOLVED,
                    path=component.ref or component.name,
                    reason=f"component {component.name or component.ref!r}: {component.reason}",
                    lost=component.reason == NO_OBJECT,
                )
            )
    if not whole:
        reason = "the bill of materials says of itself that it is incomplete"
        problems.append(Problem(kind=ProblemKind.UNRESOLVED, path="", reason=reason))
    return Inventory(
        target=str(target),
        kind=TargetKind.SBOM,
        packages=tuple(packages),
        problems=tuple(problems),
        complete=not any(problem.lost for problem in problems),
        digest=f"sha256:{hashlib.sha256(document).hexdigest()}",
        files=1,
    )


def _components(document: bytes) -> tuple[list[Component], bool]:
    """The components, and whether the document does not say that others are missing."""
    text = document.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        return list(cyclonedx_xml.components(xml_root(document))), True
    if text.startswith((b"{", b"[")) or document[:2] in (b"\xff\xfe", b"\xfe\xff"):
        value = json_object(document)
        if "spdxVersion" in value or "SPDXID" in value:
            return list(spdx.components(value)), True
        if value.get("bomFormat") == "CycloneDX" or ("components" in value and "specVersion" in value):
            if not isinstance(value.get("components", []), list):
                raise malformed("a CycloneDX document whose components are no list")
            return list(cyclonedx.components(value)), cyclonedx.declared_complete(value)
        raise malformed("JSON, but neither CycloneDX nor SPDX")
    return list(spdx.tag_value_components(document)), True
