"""One component of a bill of materials, in any of its forms."""

from __future__ import annotations

from typing import NamedTuple

from garrison.scan.inventory import purl as purls
from garrison.scan.inventory.package import Package

NO_PURL, INVALID_PURL, UNKNOWN_TYPE, NO_OBJECT = "no purl", "invalid purl", "unknown type", "no object"


class Component(NamedTuple):
    """What a document says of one component, and the package it is."""

    ref: str
    name: str
    version: str
    type: str
    purl: str
    """As it is written; empty: none is."""
    package: Package | None
    """None: see `reason`."""
    reason: str
    """`no purl`, `invalid purl`, `unknown type` (no ecosystem of that type is known), `no object` (something else
    stands where one has to be); empty with a package."""


MALFORMED = Component("", "", "", "", "", None, NO_OBJECT)
"""Stands for an entry that is no object: nothing of it is known."""


def of(ref: str, name: str, version: str, type_: str, purl: str, path: str = "") -> Component:
    """The component, its package URL understood if it can be."""
    if not purl:
        return Component(ref, name, version, type_, purl, None, NO_PURL)
    package = purls.package_of_purl(purl, ref=ref, path=path)
    if package is None:
        return Component(ref, name, version, type_, purl, None, INVALID_PURL)
    return Component(ref, name, version, type_, purl, package, "" if package.ecosystem else UNKNOWN_TYPE)
