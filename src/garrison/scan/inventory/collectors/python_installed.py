"""Python: what is installed, by the metadata that stands beside it."""

from __future__ import annotations

import re

from garrison.scan.inventory.collectors.collector import Collector, Found, language_package
from garrison.scan.inventory.files import File, Scan, malformed
from garrison.scan.inventory.package import PackageManager
from garrison.scan.inventory.purl import canonical_pypi

_NAME = re.compile(rb"^Name:[ \t]*(\S+)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_VERSION = re.compile(rb"^Version:[ \t]*(\S+)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_HEAD_BYTES = 65536


def collect(file: File, scan: Scan) -> Found:
    """The distribution of a METADATA, a PKG-INFO or an old `.egg-info` file."""
    content = scan.read(file)
    head = re.split(rb"\r?\n\r?\n", content, maxsplit=1)[0]
    name, version = _NAME.search(head), _VERSION.search(head)
    if not name or not version:
        raise malformed("metadata without name or version")
    yield language_package(
        file,
        "PyPI",
        canonical_pypi(name[1].decode("utf-8", "replace")),
        version[1].decode("utf-8", "replace"),
        PackageManager.PYTHONPKG,
        "python-pkg",
    )


def _accepts(path: str) -> bool:
    folder, _, name = f"/{path}".rpartition("/")
    if name == "METADATA":
        return folder.endswith(".dist-info")
    if name == "PKG-INFO":
        return folder.endswith((".egg-info", "/EGG-INFO"))
    return name.endswith(".egg-info")


COLLECTOR = Collector(
    "python-pkg",
    collect,
    names=frozenset({"METADATA", "PKG-INFO"}),
    endings=frozenset({".egg-info"}),
    accepts=_accepts,
)
