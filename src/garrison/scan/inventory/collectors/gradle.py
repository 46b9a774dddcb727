"""Gradle: gradle.lockfile."""

from __future__ import annotations

from garrison.scan.inventory.collectors.collector import Collector, Found, language_package, malformed_entry
from garrison.scan.inventory.files import File, Scan
from garrison.scan.inventory.package import PackageManager


def collect(file: File, scan: Scan) -> Found:
    """`group:artifact:version=configurations` lines."""
    for line in scan.read(file).decode("utf-8-sig", "replace").splitlines():
        line = line.strip()
        if not line or line.startswith(("#", "empty=")):
            continue
        coordinates, equals, configurations = line.partition("=")
        parts = coordinates.split(":")
        if not equals or len(parts) != 3 or not all(parts):
            yield malformed_entry(file, f"a line that locks nothing: {line[:80]!r}")
            continue
        wanted = configurations.split(",")
        yield language_package(
            file,
            "Maven",
            f"{parts[0]}:{parts[1]}",
            parts[2],
            PackageManager.POM,
            "java-gradle",
            dev=all(name.startswith("test") for name in wanted),
        )


COLLECTOR = Collector("java-gradle", collect, names=frozenset({"gradle.lockfile", "buildscript-gradle.lockfile"}))
