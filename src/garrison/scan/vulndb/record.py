"""What importers make of a source's documents: advisories, exploited vulnerabilities, exploit predictions."""

from __future__ import annotations

import msgspec


class Cvss(msgspec.Struct, frozen=True, array_like=True):
    """A CVSS vector and who gave it."""

    vector: str
    """With its prefix (`CVSS:3.1/...`); version 2 without."""
    source: str
    """As Inspector names it: `NVD`, `GITHUB`, `MITRE`, or the source of the advisory."""


class Interval(msgspec.Struct, frozen=True, array_like=True):
    """Versions from `introduced` on, up to `fixed` (exclusive) or `last_affected` (inclusive)."""

    introduced: str = ""
    """Empty: from the beginning."""
    fixed: str = ""
    last_affected: str = ""
    """Both empty: all later versions."""


class Affected(msgspec.Struct, frozen=True, kw_only=True):
    """A package an advisory is about."""

    ecosystem: str
    """As OSV names it, with the release (`Debian:12`)."""
    name: str
    """As `garrison.scan.vulndb.names.canonical` spells it."""
    intervals: tuple[Interval, ...] = ()
    versions: tuple[str, ...] = ()
    """Affected versions one by one, besides the intervals."""
    module: str = ""
    """`nodejs:18`: only packages of this module's stream; `*`: of a stream the source does not name; empty: only
    packages outside modules."""
    not_fixed: str = ""
    """Why there is no fix, in the source's word (`will not fix`, `end of life`); empty elsewhere."""


class Advisory(msgspec.Struct, frozen=True, kw_only=True):
    """One advisory of one source."""

    id: str
    url: str = ""
    published: str = ""
    """RFC 3339, or as much of it as the source gives; as all times here."""
    modified: str = ""
    withdrawn: str = ""
    summary: str = ""
    description: str = ""
    aliases: tuple[str, ...] = ()
    """Other ids of the same vulnerability."""
    covers: tuple[str, ...] = ()
    """Vulnerabilities an erratum fixes, when it is not one itself."""
    severity: str = ""
    """In the source's own word, lower-case: `important`, `moderate`, `unimportant`."""
    cvss: tuple[Cvss, ...] = ()
    cwes: tuple[int, ...] = ()
    references: tuple[str, ...] = ()
    exploited: str = ""
    """When an exploit was last seen, if the source says that there is one; `known` if it gives no date."""
    affected: tuple[Affected, ...] = ()


class Exploited(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of CISA's catalogue of known exploited vulnerabilities."""

    cve: str
    added: str
    due: str = ""
    action: str = ""
    ransomware: bool = False


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """EPSS: how probable exploitation is within thirty days."""

    cve: str
    score: float
    percentile: float
    model: str = ""
    """`v2025.03.14`; `date` is the day of the score."""
    date: str = ""


Record = Advisory | Exploited | Prediction


class NotUnderstood(ValueError):
    """A document is not what its form demands; the message says what is wrong with it."""
