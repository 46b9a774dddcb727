"""Versions of Python packages: PEP 440, and before all of them what predates it."""

from __future__ import annotations

import re
from functools import lru_cache

from garrison.scan.versions.numbers import number

Key = tuple[int, tuple[object, ...]]

_PEP440 = re.compile(
    r"""v?
    (?:(?P<epoch>[0-9]+)!)?
    (?P<release>[0-9]+(?:\.[0-9]+)*)
    (?:[-_.]?(?P<pre>alpha|beta|preview|pre|a|b|c|rc)[-_.]?(?P<pre_number>[0-9]*))?
    (?P<post>-(?P<implicit>[0-9]+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_number>[0-9]*))?
    (?P<dev>[-_.]?dev[-_.]?(?P<dev_number>[0-9]*))?
    (?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?""",
    re.VERBOSE,
)
_PRE = {"a": 0, "alpha": 0, "b": 1, "beta": 1, "c": 2, "rc": 2, "pre": 2, "preview": 2}
_NO_PRE = (3, 0)
_DEV_ONLY = (-1, 0)
_LEGACY_PART = re.compile(r"[0-9]+|[a-z]+|\.|-|[^0-9a-z.-]+")
_LEGACY_WORD = {"pre": "c", "preview": "c", "-": "final-", "rc": "c", "dev": "@"}


@lru_cache(maxsize=1 << 17)
def key(version: str) -> Key:
    """Key of a version; one PEP 440 does not know is ordered among its like as setuptools once did."""
    text = version.strip().lower()
    found = _PEP440.fullmatch(text)
    if found is None:
        return 0, _legacy(text)
    release = [number(part) for part in found["release"].split(".")]
    while release and not release[-1]:
        release.pop()
    post = number(found["implicit"] or found["post_number"] or "") if found["post"] else -1
    if found["pre"]:
        pre = (_PRE[found["pre"]], number(found["pre_number"]))
    else:
        pre = _DEV_ONLY if found["dev"] and post < 0 else _NO_PRE
    dev = (0, number(found["dev_number"] or "")) if found["dev"] else (1, 0)
    local = tuple(
        (1, number(part), "") if part.isdigit() else (0, 0, part) for part in re.split(r"[-_.]", found["local"] or "")
    )
    return 1, (number(found["epoch"] or ""), tuple(release), pre, post, dev, local if found["local"] else ())


def _legacy(text: str) -> tuple[str, ...]:
    parts: list[str] = []
    for found in _LEGACY_PART.findall(text):
        part = _LEGACY_WORD.get(found, found)
        if part == ".":
            continue
        if part[0].isdigit():
            parts.append(part.lstrip("0").zfill(8))
            continue
        part = "*" + part
        if part < "*final":
            while parts and parts[-1] == "*final-":
                parts.pop()
        while parts and parts[-1] == "00000000":
            parts.pop()
        parts.append(part)
    return (*parts, "*final")
