"""Ruby: Gemfile.lock, and the specifications of installed gems."""

from __future__ import annotations

import re

from garrison.scan.inventory.collectors.collector import Collector, Found, language_package
from garrison.scan.inventory.files import File, Scan, malformed
from garrison.scan.inventory.package import PackageManager

_SECTIONS = ("GEM", "GIT", "PLUGIN SOURCE")
_LOCKED = re.compile(r"    ([A-Za-z0-9_.-]+) \(([^()\s]+)\)")
_STUB = re.compile(r"# stub: (\S+) (\S+) (\S+)")
_NAME = re.compile(r"""\.name\s*=\s*["']([^"']+)["']""")
_VERSION = re.compile(r"""\.version\s*=\s*(?:Gem::Version\.new\s*\(?\s*)?["']([^"']+)["']""")


def collect_lock(file: File, scan: Scan) -> Found:
    """Every locked gem of a source; those of a local path are the project itself."""
    text = scan.read(file).decode("utf-8-sig", "replace")
    section, seen, known = "", set(), False
    for line in text.splitlines():
        if line[:1].isalpha():
            section = line.strip()
            known = known or section in (*_SECTIONS, "PATH", "PLATFORMS", "DEPENDENCIES")
        elif section in _SECTIONS and (match := _LOCKED.fullmatch(line.rstrip())):
            # A gem's version holds no dash: what follows one is its platform.
            name, version = match[1], match[2].partition("-")[0]
            if (name, version) not in seen:
                seen.add((name, version))
                yield language_package(file, "RubyGems", name, version, PackageManager.BUNDLER, "ruby-gemfiles")
    if not known and text.strip():
        raise malformed("not a Gemfile.lock: none of its sections is there")


def collect_specification(file: File, scan: Scan) -> Found:
    """The gem an installed specification describes."""
    text = scan.read(file).decode("utf-8", "replace")
    if match := _STUB.search(text[:2000]):
        name, version = match[1], match[2]
    else:
        named, versioned = _NAME.search(text), _VERSION.search(text)
        if not named or not versioned:
            raise malformed("a gem specification without a plain name and version")
        name, version = named[1], versioned[1]
    yield language_package(file, "RubyGems", name, version, PackageManager.GEMSPEC, "ruby-gemspec")


LOCK = Collector("ruby-gemfiles", collect_lock, names=frozenset({"Gemfile.lock", "gems.locked"}))
SPECIFICATION = Collector(
    "ruby-gemspec",
    collect_specification,
    endings=frozenset({".gemspec"}),
    accepts=lambda path: f"/{path}".rpartition("/")[0].endswith(("/specifications", "/specifications/default")),
)
