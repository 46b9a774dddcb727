"""The files of reports: findings as CSV or JSON, bills of materials as CycloneDX 1.4 or SPDX 2.3.

Names of files and columns are recalled from AWS's own exports.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from garrison import __version__
from garrison.access.runtime import Runtime
from garrison.scan.inventory.model import Inventory, TargetKind
from garrison.scan.inventory.sbom import cyclonedx, spdx
from garrison.services.inspector2 import criteria, inventories, seen
from garrison.services.inspector2.resources import EC2, ECR, LAMBDA, RESOURCE, Covered, Report
from garrison.services.inspector2.shown import shown
from garrison.store import Reader, Resource


class Ask(NamedTuple):
    """A report to be written."""

    partition: str
    account: str
    region: str
    id: str
    body: Report
    now: float


_KINDS = {EC2: TargetKind.HOST, ECR: TargetKind.IMAGE, LAMBDA: TargetKind.ARCHIVE}
_TIMES = frozenset(
    {
        "firstObservedAt", "lastObservedAt", "updatedAt", "vendorCreatedAt", "vendorUpdatedAt", "lastKnownExploitAt",
        "launchedAt", "pushedAt", "lastInUseAt", "lastModifiedAt",
    }
)  # fmt: skip


def files(runtime: Runtime, ask: Ask) -> Iterator[tuple[str, bytes]]:
    """Keys below the destination's prefix, and what stands there."""
    with runtime.store.reading() as reader:
        if ask.body.what == "findings":
            yield from _findings(reader, ask)
        else:
            yield from _boms(reader, ask)


def _findings(reader: Reader, ask: Ask) -> Iterator[tuple[str, bytes]]:
    fits = criteria.compile(ask.body.criteria)
    found = [
        _dated(shown(reader, one))
        for one in seen.in_region(reader, ask.partition, ask.region, ask.body.accounts)
        if fits(one)
    ]
    if not found:
        return
    if ask.body.form == "JSON":
        yield f"{ask.id}.json", msgspec.json.format(msgspec.json.encode({"findings": found}), indent=2)
        return
    text = io.StringIO()
    writer = csv.DictWriter(text, list(_COLUMNS))
    writer.writeheader()
    for one in found:
        writer.writerow({name: _cell(value(one)) for name, value in _COLUMNS.items()})
    yield f"{ask.id}.csv", text.getvalue().encode()


def _dated(value: Any, name: str = "") -> Any:
    """Times as RFC 3339 instead of seconds."""
    if isinstance(value, dict):
        return {key: _dated(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_dated(one) for one in value]
    if name in _TIMES and isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


def _cell(value: Any) -> str:
    """A cell; what a spreadsheet would take for a formula gets a quote before it."""
    if isinstance(value, list):
        value = ", ".join(str(one) for one in value)
    elif isinstance(value, dict):
        value = ", ".join(f"{k}:{v}" for k, v in value.items())
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _details(one: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = one.get("packageVulnerabilityDetails", {})
    return found


def _packages(one: dict[str, Any], name: str) -> list[Any]:
    return [package.get(name, "") for package in _details(one).get("vulnerablePackages", ())]


def _resource(one: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = one["resources"][0]
    return found


def _inner(one: dict[str, Any]) -> dict[str, Any]:
    return dict(next(iter(_resource(one)["details"].values())))


def _ports(one: dict[str, Any]) -> str:
    network = one.get("networkReachabilityDetails")
    if network is None:
        return ""
    steps = " -> ".join(step["componentId"] for step in network["networkPath"]["steps"])
    return f"{network['protocol']} {network['openPortRange']['begin']}-{network['openPortRange']['end']}: {steps}"


def _cvss(one: dict[str, Any], name: str) -> Any:
    return next((c[name] for c in _details(one).get("cvss", ()) if c["version"].startswith("3")), "")


_COLUMNS: dict[str, Any] = {
    "AWS Account Id": lambda one: one["awsAccountId"],
    "Severity": lambda one: one["severity"],
    "Fix Available": lambda one: one.get("fixAvailable"),
    "Finding Type": lambda one: one["type"],
    "Title": lambda one: one["title"],
    "Description": lambda one: one["description"],
    "Finding ARN": lambda one: one["findingArn"],
    "First Seen": lambda one: one["firstObservedAt"],
    "Last Seen": lambda one: one["lastObservedAt"],
    "Last Updated": lambda one: one["updatedAt"],
    "Resource ID": lambda one: _resource(one)["id"],
    "Container Image Tags": lambda one: _inner(one).get("imageTags"),
    "Region": lambda one: _resource(one)["region"],
    "Platform": lambda one: _inner(one).get("platform"),
    "Resource Tags": lambda one: _resource(one)["tags"],
    "Affected Packages": lambda one: _packages(one, "name"),
    "Package Installed Version": lambda one: _packages(one, "version"),
    "Fixed in Version": lambda one: _packages(one, "fixedInVersion"),
    "Package Remediation": lambda one: _packages(one, "remediation"),
    "File Path": lambda one: _packages(one, "filePath"),
    "Network Paths": _ports,
    "Remediation": lambda one: one["remediation"]["recommendation"]["text"],
    "Inspector Score": lambda one: one.get("inspectorScore"),
    "Inspector Score Vector": lambda one: (
        one.get("inspectorScoreDetails", {}).get("adjustedCvss", {}).get("scoringVector")
    ),
    "Status": lambda one: one["status"],
    "Vulnerability Id": lambda one: _details(one).get("vulnerabilityId"),
    "Vendor": lambda one: _details(one).get("source"),
    "Vendor Severity": lambda one: _details(one).get("vendorSeverity"),
    "Vendor Advisory": lambda one: _details(one).get("sourceUrl"),
    "Vendor Advisory Published": lambda one: _details(one).get("vendorCreatedAt"),
    "NVD CVSS3 Score": lambda one: _cvss(one, "baseScore"),
    "NVD CVSS3 Vector": lambda one: _cvss(one, "scoringVector"),
    "Resource Type": lambda one: _resource(one)["type"],
    "Exploit Available": lambda one: one.get("exploitAvailable"),
    "EPSS Score": lambda one: one.get("epss", {}).get("score"),
}


def _boms(reader: Reader, ask: Ask) -> Iterator[tuple[str, bytes]]:
    for account in ask.body.accounts:
        for row in reader.page(RESOURCE, account, region=ask.region):
            if row.body.terminated is None and row.body.inventoried is not None and _wanted(row, ask.body.criteria):
                name = quote(row.name, safe="")
                place = f"{ask.body.form}_outputs_{ask.id}/account={account}/resource={row.body.type}"
                yield f"{place}/{name}.json", _bom(reader, row, ask)


def _wanted(row: Resource[Covered], wanted: dict[str, Any]) -> bool:
    """ResourceFilterCriteria."""
    body, details = row.body, row.body.details
    texts = {
        "accountId": (row.account,),
        "resourceId": (row.name,),
        "resourceType": (body.type,),
        "ecrRepositoryName": (details.get("repositoryName", ""),),
        "lambdaFunctionName": (details.get("functionName", ""),),
        "ecrImageTags": details.get("imageTags", ()),
        "cloudProvider": ("AWS",),
        "cloudProviderAccountId": (row.account,),
        "cloudProviderRegion": (row.region,),
    }
    tags = {"ec2InstanceTags": EC2, "lambdaFunctionTags": LAMBDA}
    for key, entries in wanted.items():
        if key in tags or "key" in entries[0]:
            if body.type != tags.get(key) or not criteria.mapped(body.tags, entries):
                return False
        elif not criteria.text(texts.get(key, ()), entries):
            return False
    return True


def _bom(reader: Reader, row: Resource[Covered], ask: Ask) -> bytes:
    assert row.body.inventoried is not None
    created = datetime.fromtimestamp(row.body.inventoried, UTC)
    inventory = Inventory(
        target=row.name,
        kind=_KINDS.get(row.body.type, TargetKind.DIRECTORY),
        packages=inventories.packages(reader, row),
        complete=row.body.complete,
    )
    if ask.body.form == "SPDX_2_3":
        return spdx.write(inventory, created=created)
    document = msgspec.json.decode(cyclonedx.write(inventory, created=created))
    document["specVersion"] = "1.4"
    # As 1.4 has them: in 1.5 tools became components.
    document["metadata"]["tools"] = [{"vendor": "Garrison", "name": "garrison", "version": __version__}]
    return msgspec.json.format(msgspec.json.encode(document), indent=2)
