"""Go: go.mod, and go.sum where go.mod does not list everything (before Go 1.17)."""

from __future__ import annotations

import re

from garrison.scan.inventory.collectors.collector import Collector, Found, language_package, malformed_entry
from garrison.scan.inventory.files import File, Scan, malformed
from garrison.scan.inventory.package import PackageManager

NAME = "go-mod"
_RELEASE = re.compile(r"(?:go)?(\d+)\.(\d+)(?:\.(\d+))?(?:(rc|beta|alpha)(\d+))?(?=$|[\s-])")
_DIRECTIVES = frozenset(
    {"module", "go", "toolchain", "require", "replace", "exclude", "retract", "godebug", "tool", "ignore"}
)


def toolchain_version(text: str) -> str:
    """`go1.21.6` as OSV writes versions of the standard library: `1.21.6`; `go1.22rc1` is `1.22.0-rc.1`.

    Empty: a development version, which is none.
    """
    match = _RELEASE.match(text)
    if not match:
        return ""
    version = f"{match[1]}.{match[2]}.{match[3] or 0}"
    return f"{version}-{match[4]}.{match[5]}" if match[4] else version


def collect_mod(file: File, scan: Scan) -> Found:
    """What is required, with what replaces it; before Go 1.17 also what go.sum adds."""
    text = scan.read(file).decode("utf-8-sig", "replace")
    required: dict[str, str] = {}
    replaced: dict[tuple[str, str], tuple[str, str]] = {}
    block, language, module, toolchain = "", (0, 0), "", ""
    for raw in text.splitlines():
        words = raw.partition("//")[0].replace('"', "").split()
        if not words:
            continue
        if words == [")"]:
            block = ""
            continue
        if not block:
            if words[0] not in _DIRECTIVES:
                raise malformed(f"not a go.mod: it holds the directive {words[0][:40]!r}")
            if words[-1] == "(":
                block = words[0]
                continue
            directive, words = words[0], words[1:]
        else:
            directive = block
        match directive, words:
            case "module", [path]:
                module = path
            case "go", [version] if release := re.match(r"(\d+)\.(\d+)", version):
                language = (int(release[1]), int(release[2]))
            case "toolchain", [version]:
                toolchain = toolchain_version(version)
            case "require", [path, version]:
                required[path] = version
            case "require", _:
                yield malformed_entry(file, f"a requirement of {len(words)} words")
            case "replace", [old, "=>", *new]:
                replaced[old, ""] = (new[0], new[1] if len(new) > 1 else "") if new else ("", "")
            case "replace", [old, version, "=>", *new]:
                replaced[old, version] = (new[0], new[1] if len(new) > 1 else "") if new else ("", "")
    if not module and text.strip():
        raise malformed("not a go.mod: it names no module")
    if block:
        yield malformed_entry(file, f"cut off in its {block} block")
    if toolchain:
        yield language_package(file, "Go", "stdlib", toolchain, PackageManager.GOMOD, NAME)
    for path, version in required.items():
        path, version = replaced.get((path, version)) or replaced.get((path, "")) or (path, version)
        # A replacement without a version is a folder.
        if version:
            yield language_package(file, "Go", path, version.removeprefix("v"), PackageManager.GOMOD, NAME)
    if language < (1, 17) and (sums := scan.neighbour(file, "go.sum")) is not None:
        for path, version in _sums(scan.read(sums)):
            if path not in required and (path, "") not in replaced and (path, version) not in replaced:
                yield language_package(
                    file, "Go", path, version.removeprefix("v"), PackageManager.GOMOD, NAME, path=sums.path
                )


def _sums(content: bytes) -> list[tuple[str, str]]:
    """Modules whose content was fetched, not only their go.mod; every version that was."""
    found = []
    for line in content.decode("utf-8", "replace").splitlines():
        words = line.split()
        if not words:
            continue
        if len(words) != 3 or not words[2].startswith("h1:"):
            raise malformed("not a go.sum: a line is not module, version and hash")
        if not words[1].endswith("/go.mod"):
            found.append((words[0], words[1]))
    return found


def collect_sum(file: File, scan: Scan) -> Found:
    """A go.sum that stands alone."""
    if scan.neighbour(file, "go.mod") is None:
        for path, version in _sums(scan.read(file)):
            yield language_package(file, "Go", path, version.removeprefix("v"), PackageManager.GOMOD, NAME)


MOD = Collector(NAME, collect_mod, names=frozenset({"go.mod"}))
SUM = Collector("go-sum", collect_sum, names=frozenset({"go.sum"}))
