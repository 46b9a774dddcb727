"""RustSec: Markdown whose first fenced block is TOML.

It names the versions that are *not* vulnerable: `patched` and `unaffected` requirements, in Cargo's language, are
turned round. Entries marked `informational` (unmaintained, unsound, notice) are no vulnerabilities.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from garrison.scan.versions import semver
from garrison.scan.vulndb.record import Advisory, Affected, Cvss, Interval, NotUnderstood

NAME = "rustsec"

_BLOCK = re.compile(r"\A\s*```toml\r?\n(?P<toml>.*?)^```\s*$(?P<text>.*)", re.DOTALL | re.MULTILINE)
_REQUIREMENT = re.compile(r"(?P<operator>>=|<=|>|<|=|\^|~)?\s*v?(?P<version>[0-9*][0-9A-Za-z.+*-]*)")
_FIRST = ""


def recognises(name: str, head: bytes) -> bool:
    """Markdown that begins with a TOML block which has an `[advisory]`."""
    return name.endswith(".md") and head.lstrip().startswith(b"```toml") and b"[advisory]" in head


def read(name: str, data: bytes) -> Iterator[Advisory]:
    """The one advisory of a file; nothing for informational ones."""
    found = _BLOCK.match(data.decode("utf-8", "replace"))
    if found is None:
        raise NotUnderstood("does not begin with a block of TOML")
    try:
        document = tomllib.loads(found["toml"])
        told: dict[str, Any] = document["advisory"]
        versions: dict[str, Any] = document.get("versions", {})
        identifier, package = str(told["id"]), str(told["package"])
        safe = [*versions.get("patched", ()), *versions.get("unaffected", ())]
        intervals = vulnerable([str(requirement) for requirement in safe])
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as e:
        raise NotUnderstood(f"no advisory of RustSec: {e}") from e
    if told.get("informational"):
        return
    title, _, description = found["text"].strip().partition("\n")
    vector = str(told.get("cvss") or "")
    yield Advisory(
        id=identifier,
        url=f"https://rustsec.org/advisories/{identifier}.html",
        published=_time(told.get("date")),
        withdrawn=_time(told.get("withdrawn")),
        summary=title.lstrip("# ").strip(),
        description=description.strip(),
        aliases=tuple(map(str, told.get("aliases", ()))),
        cvss=(Cvss(vector, "RUSTSEC"),) if vector else (),
        references=tuple(map(str, (*([told["url"]] if told.get("url") else []), *told.get("references", ())))),
        affected=(Affected(ecosystem="crates.io", name=package, intervals=tuple(intervals)),),
    )


def vulnerable(safe: list[str]) -> list[Interval]:
    """What is left when the safe requirements are taken away. Raises `NotUnderstood`."""
    allowed = sorted((_bounds(requirement) for requirement in safe), key=lambda b: (b[0] != _FIRST, semver.key(b[0])))
    made: list[Interval] = []
    at = _FIRST
    for low, high in allowed:
        if low != _FIRST and (at == _FIRST or semver.key(at) < semver.key(low)):
            made.append(Interval(at, fixed=low))
        if high is None:
            return made
        if at == _FIRST or semver.key(at) < semver.key(high):
            at = high
    made.append(Interval(at))
    return made


def _bounds(requirement: str) -> tuple[str, str | None]:
    """The half-open interval [low, high) of a requirement; None: without end."""
    low, high = _FIRST, None
    for part in requirement.split(","):
        found = _REQUIREMENT.fullmatch(part.strip())
        if found is None:
            raise NotUnderstood(f"{requirement!r} is no requirement of Cargo")
        operator, version = found["operator"] or "^", found["version"]
        if operator == ">=":
            low = version
        elif operator == ">":
            low = _after(version)
        elif operator == "<":
            high = version
        elif operator == "<=":
            high = _after(version)
        else:
            low, high = _span(operator, version)
    return low, high


def _after(version: str) -> str:
    """The first version after this one."""
    version = version.partition("+")[0]
    if "-" in version:
        return f"{version}.0"
    numbers = _numbers(version)
    return ".".join(map(str, (*numbers[:2], numbers[2] + 1))) + "-0"


def _span(operator: str, version: str) -> tuple[str, str | None]:
    """Of `^`, `~`, `=` and a version that may be partial or end in `*`."""
    if operator == "=" and version.count(".") >= 2 and "*" not in version:
        return version, _after(version)
    core = version.partition("+")[0].partition("-")[0]
    given = [int(p) for p in core.split(".") if p.isdigit()]
    if not given:
        return _FIRST, None
    numbers = _numbers(core)
    if operator == "^" and "*" not in version:
        # The leftmost number that is not 0, or the last one written, may not change.
        at = next((i for i, n in enumerate(given) if n), len(given) - 1)
    else:
        at = min(len(given) - 1, 1)
    high = [*numbers[: at + 1], *[0] * (2 - at)]
    high[at] += 1
    return version.replace("*", "0"), ".".join(map(str, high)) + "-0"


def _numbers(version: str) -> tuple[int, int, int]:
    numbers = [int(p) for p in version.partition("-")[0].split(".") if p.isdigit()]
    first, second, third, *_ = [*numbers, 0, 0, 0]
    return first, second, third


def _time(value: Any) -> str:
    return f"{value}T00:00:00Z" if value else ""
