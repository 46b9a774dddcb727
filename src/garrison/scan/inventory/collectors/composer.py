"""PHP: composer.lock, and what Composer installed."""

from __future__ import annotations

from typing import Any

from garrison.scan.inventory.collectors.collector import Collector, Found, language_package, malformed_entry
from garrison.scan.inventory.collectors.documents import json_object, json_value
from garrison.scan.inventory.files import File, Scan, malformed
from garrison.scan.inventory.package import PackageManager


def _packages(file: File, entries: Any, dev: bool, names: frozenset[str] = frozenset()) -> Found:
    if not isinstance(entries, list):
        yield malformed_entry(file, "its list of packages is none")
        return
    for entry in entries:
        name, version = (entry.get("name"), entry.get("version")) if isinstance(entry, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(version, str) or not name or not version:
            yield malformed_entry(file, "a package without name or version")
            continue
        if version[:1] in "vV" and version[1:2].isdigit():
            version = version[1:]
        yield language_package(
            file,
            "Packagist",
            name.lower(),
            version,
            PackageManager.COMPOSER,
            "php-composer",
            dev=dev or name in names,
        )


def collect_lock(file: File, scan: Scan) -> Found:
    """`packages` and `packages-dev`."""
    document = json_object(scan.read(file))
    if "packages" not in document and "packages-dev" not in document:
        raise malformed("not a composer.lock: it lists no packages")
    yield from _packages(file, document.get("packages") or [], False)
    yield from _packages(file, document.get("packages-dev") or [], True)


def collect_installed(file: File, scan: Scan) -> Found:
    """Composer 2's object or Composer 1's list."""
    document = json_value(scan.read(file))
    if isinstance(document, list):
        yield from _packages(file, document, False)
    elif isinstance(document, dict) and "packages" in document:
        dev = document.get("dev-package-names")
        names = frozenset(name for name in dev if isinstance(name, str)) if isinstance(dev, list) else frozenset()
        yield from _packages(file, document["packages"], False, names)
    else:
        raise malformed("not Composer's installed.json: it lists no packages")


LOCK = Collector("php-composer", collect_lock, names=frozenset({"composer.lock"}))
INSTALLED = Collector(
    "php-composer-installed",
    collect_installed,
    names=frozenset({"installed.json"}),
    accepts=lambda path: f"/{path}".endswith("/composer/installed.json"),
)
