"""What matching answers."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from garrison.scan.inventory.package import Package


class Severity(StrEnum):
    """As Inspector has it; the order is that of urgency."""

    CRITICAL = "CRITICAL"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"
    INFORMATIONAL = "INFORMATIONAL"
    UNTRIAGED = "UNTRIAGED"

    @property
    def rank(self) -> int:
        """0 for critical; untriaged counts as medium, since nobody has said that it is less."""
        return _RANKS[self]


_RANKS = {
    Severity.CRITICAL: 0,
    Severity.HIGH: 1,
    Severity.MEDIUM: 2,
    Severity.UNTRIAGED: 2,
    Severity.LOW: 3,
    Severity.INFORMATIONAL: 4,
}


class Priority(StrEnum):
    """How soon to act, as Inspector's SBOM scans have it; the rule is ours (`score.priority`)."""

    IMMEDIATE = "immediate"
    URGENT = "urgent"
    MODERATE = "moderate"
    STANDARD = "standard"


class FixAvailable(StrEnum):
    """Whether an upgrade heals: all of the packages, some or none."""

    YES = "YES"
    PARTIAL = "PARTIAL"
    NO = "NO"


class Rating(msgspec.Struct, frozen=True, kw_only=True):
    """A CVSS score."""

    source: str
    version: str
    """`2.0`, `3.0`, `3.1`, `4.0`."""
    score: float
    severity: str
    """none, low, medium, high, critical."""
    vector: str


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """An advisory that says so."""

    id: str
    source: str
    """The source's name in the database."""
    url: str
    severity: str = ""
    """In the source's own word."""


class Vulnerability(msgspec.Struct, frozen=True, kw_only=True):
    """One vulnerability, put together of all advisories for it."""

    id: str
    """The CVE where there is one."""
    url: str
    severity: Severity
    severity_source: str
    """Whose score or word the severity is: `NVD`, a distribution, ...; empty: nobody's."""
    score: float | None
    """Of the rating that was chosen."""
    vector: str
    ratings: tuple[Rating, ...]
    title: str
    description: str
    published: str
    modified: str
    related: tuple[str, ...]
    """Its other ids, and the errata that cover it."""
    cwes: tuple[int, ...]
    references: tuple[str, ...]
    origins: tuple[Origin, ...]
    vendor_severity: str
    epss: float | None
    epss_percentile: float | None
    epss_model: str
    epss_date: str
    exploit_available: bool
    exploit_last_seen: str
    kev_added: str
    """When CISA listed it as exploited; empty: it has not."""
    kev_due: str
    kev_action: str


class AffectedPackage(msgspec.Struct, frozen=True, kw_only=True):
    """A package that has the vulnerability."""

    package: Package
    fixed_version: str
    """The lowest version that all sources call fixed; empty: none."""
    fixed_by: dict[str, str]
    """Advisory -> the version it calls fixed (empty: none): where sources disagree it shows."""
    not_fixed: str
    """Why there is no fix, if the source says."""
    remediation: str
    """The upgrade to make, as a command; empty without a fix."""


class Suppression(msgspec.Struct, frozen=True, kw_only=True):
    """Why a finding does not count."""

    by: str
    """`ignore file NAME` or `VEX NAME`."""
    reason: str
    until: str = ""
    """The last day; empty: no end."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A vulnerability in one target, and all packages of the target that have it."""

    vulnerability: Vulnerability
    packages: tuple[AffectedPackage, ...]
    fix_available: FixAvailable
    priority: Priority
    suppressed: Suppression | None = None
