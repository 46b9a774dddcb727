"""What Inspector stores. Everything but what is global to an account is per region.

- `ACCOUNT`: one per account and region, name `account`: what is enabled, configuration, keys
- `PLACE`: under the empty account: where Inspector was ever enabled, name `ACCOUNT/REGION`
- `RESOURCE`: name is the resource's id (`i-...`, an ARN); `INVENTORY`: its packages, parent is the RESOURCE's row id
- `FINDING`: parent is the RESOURCE's row id, name is what makes it the same finding (`CVE-...`, `TCP/443-443/...`)
- `VULNERABILITY`: under the empty account: what is told of one, name is its id
- `FILTER`, `REPORT`, `MEMBER`, `CIS_*`: see their structs
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.services.inspector2.cis.resources import CONFIGURATION
from garrison.store import Kind

NAME = "account"

EC2, ECR, LAMBDA = "AWS_EC2_INSTANCE", "AWS_ECR_CONTAINER_IMAGE", "AWS_LAMBDA_FUNCTION"
CODE_REPOSITORY = "CODE_REPOSITORY"
SCANNED_BY = {EC2: "EC2", ECR: "ECR", LAMBDA: "LAMBDA", CODE_REPOSITORY: "CODE_REPOSITORY"}
"""Type of a resource -> the resource type that Enable takes."""
CODE_SCANNED_BY = {LAMBDA: "LAMBDA_CODE", CODE_REPOSITORY: "CODE_REPOSITORY"}
"""Likewise for its code."""

PACKAGE, NETWORK, CODE = "PACKAGE_VULNERABILITY", "NETWORK_REACHABILITY", "CODE_VULNERABILITY"


class Account(msgspec.Struct, frozen=True, omit_defaults=True):
    """Inspector in an account and region."""

    enabled: dict[str, float] = {}
    """Resource types as Enable takes them -> since when."""
    trials: dict[str, float] = {}
    """Resource types -> when they were first enabled."""
    ecr: dict[str, Any] = {}
    """`ecrConfiguration` as UpdateConfiguration took it, and when (`updatedAt`)."""
    ec2: dict[str, Any] = {}
    ami: dict[str, Any] = {}
    deep_inspection: bool | None = None
    """None: activated, as it is from the start, with nothing ever set."""
    package_paths: tuple[str, ...] = ()
    auto_enable: dict[str, bool] = {}
    """Of a delegated administrator: what new members have enabled."""
    org_package_paths: tuple[str, ...] = ()
    """Of a delegated administrator."""
    keys: dict[str, str] = {}
    """`SCANTYPE/RESOURCETYPE` -> KMS key ARN."""


class Place(msgspec.Struct, frozen=True):
    """Inspector is, or was, in use there."""

    account: str
    region: str


class Path(msgspec.Struct, frozen=True, omit_defaults=True):
    """A network path that is open to a host."""

    protocol: str
    begin: int
    end: int
    origin: str
    """`INTERNET` or `NETWORK`."""
    steps: tuple[dict[str, str], ...]
    severity: str = ""
    title: str = ""
    description: str = ""


class Covered(msgspec.Struct, frozen=True, omit_defaults=True):
    """A resource Inspector looks at."""

    type: str
    details: dict[str, Any] = {}
    """As the API's ResourceDetails have them for the type."""
    tags: dict[str, str] = {}
    scan_mode: str = ""
    platform: str = ""
    """Of its inventory: `DEBIAN_12`."""
    reachability: tuple[Path, ...] | None = None
    """None: not known."""
    inventoried: float | None = None
    """When its inventory came; None: never."""
    scanned: float | None = None
    """When it was last matched."""
    database: str = ""
    """The edition of the database it was last matched with; empty: none."""
    complete: bool = True
    """The inventory says that it misses nothing."""
    terminated: float | None = None
    coded: bool = False
    """Its code was scanned."""
    scans: int = 0
    """How often its inventory came or was matched anew."""


class Inventory(msgspec.Struct, frozen=True):
    """The packages of a resource."""

    packages: bytes
    """Packed by `inventories`."""


class Vulnerable(msgspec.Struct, frozen=True, omit_defaults=True):
    """A package with a vulnerability, as the API's VulnerablePackage."""

    name: str
    version: str
    manager: str
    epoch: int | None = None
    release: str = ""
    arch: str = ""
    path: str = ""
    layer: str = ""
    fixed: str = ""
    remediation: str = ""


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One finding. When it was last observed is told by its resource as long as it is open."""

    type: str
    severity: str
    title: str
    first: float
    updated: float
    closed: float | None = None
    """None: open."""
    last: float = 0.0
    """When it was last observed, once it is closed."""
    expires: float = 0.0
    """When it is deleted, once it is closed."""
    fix: str = ""
    """`YES`, `NO`, `PARTIAL`; empty: says nothing."""
    exploit: bool = False
    epss: float | None = None
    score: float | None = None
    score_details: dict[str, Any] = {}
    """`adjustedCvss`"""
    vulnerability: str = ""
    source: str = ""
    source_url: str = ""
    vendor_severity: str = ""
    related: tuple[str, ...] = ()
    packages: tuple[Vulnerable, ...] = ()
    path: Path | None = None
    description: str = ""
    """Empty: that of the vulnerability."""
    remedy: str = ""
    """Empty: none, or it stands with each package."""
    code: dict[str, Any] = {}
    """`codeVulnerabilityDetails`"""


class Snippet(msgspec.Struct, frozen=True):
    """The lines of a finding in code. Parent is the RESOURCE's row id, name is the FINDING's."""

    sealed: bytes


class Known(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is told of a vulnerability, whoever has it."""

    description: str = ""
    url: str = ""
    cvss: tuple[dict[str, Any], ...] = ()
    """`baseScore`, `scoringVector`, `version`, `source`."""
    created: str = ""
    updated: str = ""
    references: tuple[str, ...] = ()
    cwes: tuple[int, ...] = ()
    epss: float | None = None
    exploit_seen: str = ""
    kev_added: str = ""
    kev_due: str = ""
    kev_action: str = ""


class Filter(msgspec.Struct, frozen=True, omit_defaults=True):
    """A saved filter; with action SUPPRESS a suppression rule. Name is its name, id the last part of its ARN."""

    action: str
    criteria: dict[str, Any]
    description: str = ""
    reason: str = ""
    tags: dict[str, str] = {}


class Member(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member account. The row's account is the delegated administrator's, its name and id the member's."""

    status: str
    """`ENABLED`, `REMOVED`, ..."""
    updated: float


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """A findings report or an SBOM export. Name and id are its own."""

    what: str
    """`findings` or `sbom`."""
    form: str
    destination: dict[str, Any]
    criteria: dict[str, Any]
    accounts: tuple[str, ...]
    """Whose findings or resources it tells: those the caller saw when it asked."""
    status: str = "IN_PROGRESS"
    code: str = ""
    text: str = ""


ACCOUNT = Kind("inspector2.account", Account)
PLACE = Kind("inspector2.place", Place)
RESOURCE = Kind("inspector2.resource", Covered)
INVENTORY = Kind("inspector2.inventory", Inventory)
FINDING = Kind("inspector2.finding", Finding)
SNIPPET = Kind("inspector2.snippet", Snippet)
VULNERABILITY = Kind("inspector2.vulnerability", Known)
FILTER = Kind("inspector2.filter", Filter)
REPORT = Kind("inspector2.report", Report)
MEMBER = Kind("inspector2.member", Member)


def resource_row_id(account: str, region: str, id: str) -> str:
    """The row id of a RESOURCE."""
    return f"{account}/{region}/{id}"


TAGGED: dict[str, Kind[Any]] = {"filter": FILTER, "cis-configuration": CONFIGURATION}
"""Word of an ARN -> what of that kind has tags."""
