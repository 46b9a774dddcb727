"""Rust: Cargo.lock."""

from __future__ import annotations

from garrison.scan.inventory.collectors.collector import Collector, Found, language_package, malformed_entry
from garrison.scan.inventory.collectors.documents import toml_table
from garrison.scan.inventory.files import File, Scan, malformed
from garrison.scan.inventory.package import PackageManager


def collect(file: File, scan: Scan) -> Found:
    """Every crate with a source; one without is a member of the workspace."""
    document = toml_table(scan.read(file))
    entries = document.get("package", [])
    if not isinstance(entries, list) or ("package" not in document and "version" not in document):
        raise malformed("not a Cargo.lock: it lists no packages")
    for entry in entries:
        name, version = (entry.get("name"), entry.get("version")) if isinstance(entry, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(version, str):
            yield malformed_entry(file, "a package without name or version")
        elif "source" in entry:
            yield language_package(file, "crates.io", name, version, PackageManager.CARGO, "rust-cargo")


COLLECTOR = Collector("rust-cargo", collect, names=frozenset({"Cargo.lock"}))
