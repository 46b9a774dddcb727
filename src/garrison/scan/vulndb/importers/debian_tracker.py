"""Debian's security tracker: one JSON object, package -> vulnerability -> releases (security-tracker/data/json).

Packages are source packages. A release's status is `resolved` (with `fixed_version`; "0" was never vulnerable), `open`
or `undetermined`; `nodsa` says why there will be no advisory.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from garrison.scan.vulndb import names
from garrison.scan.vulndb.record import Advisory, Affected, Interval, NotUnderstood

NAME = "debian-tracker"


class _Release(msgspec.Struct):
    status: str = ""
    fixed_version: str = ""
    urgency: str = ""
    nodsa: str = ""
    nodsa_reason: str = ""


class _Vulnerability(msgspec.Struct):
    releases: dict[str, _Release]
    description: str = ""
    scope: str = ""


def recognises(name: str, head: bytes) -> bool:
    """JSON whose vulnerabilities have `releases` with a `status` and `repositories`."""
    return head.lstrip()[:1] == b"{" and b'"releases"' in head and b'"repositories"' in head and b'"status"' in head


def read(name: str, data: bytes) -> Iterator[Advisory]:
    """One record per vulnerability, with all packages and releases it affects."""
    try:
        packages = msgspec.json.decode(data, type=dict[str, dict[str, _Vulnerability]])
    except msgspec.MsgspecError as e:
        raise NotUnderstood(f"no tracker data of Debian: {e}") from e
    found: dict[str, tuple[str, str, list[Affected]]] = {}
    for package, vulnerabilities in packages.items():
        for vulnerability, told in vulnerabilities.items():
            urgencies = [r.urgency for r in told.releases.values()]
            affected = [
                a for release, state in told.releases.items() if (a := _affected(package, release, state)) is not None
            ]
            word = next((u.removesuffix("**") for u in urgencies if u not in ("", "not yet assigned")), "")
            known = found.setdefault(vulnerability, (told.description, word, []))
            known[2].extend(affected)
    for vulnerability, (description, urgency, affected) in found.items():
        yield Advisory(
            id=vulnerability,
            url=f"https://security-tracker.debian.org/tracker/{vulnerability}",
            description=description,
            severity=urgency,
            affected=tuple(affected),
        )


def _affected(package: str, release: str, state: _Release) -> Affected | None:
    if state.status == "resolved":
        if not state.fixed_version or state.fixed_version == "0":
            return None
        interval, reason = Interval(fixed=state.fixed_version), ""
    elif state.status == "open":
        interval, reason = Interval(), state.nodsa_reason or state.nodsa
    else:
        return None
    if release not in names.DEBIAN:
        return None
    return Affected(
        ecosystem=names.ecosystem(f"Debian:{release}"), name=package, intervals=(interval,), not_fixed=reason
    )
