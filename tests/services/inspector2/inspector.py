"""Calls to Inspector as the gateway makes them, slow parts included; and inventories in few words."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import garrison.services.inspector2  # noqa: F401 - the import registers the operations
from garrison.access.authorize import authorize
from garrison.aws.errors import AwsError
from garrison.policy.principal import Principal
from garrison.services.inspector2 import upkeep
from garrison.services.operation import OPERATIONS
from tests.scan.sources import CRITICAL, database, osv, since
from tests.services.organizations.house import MANAGEMENT, House

HOST = "i-0123456789abcdef0"
IMAGE = f"arn:aws:ecr:us-east-1:{MANAGEMENT}:repository/shop/web/sha256:{'a' * 64}"
FUNCTION = f"arn:aws:lambda:us-east-1:{MANAGEMENT}:function:pay:$LATEST"
THING = osv(
    "GHSA-1", "PyPI", "thing", since("0", "1.5"), aliases=["CVE-2024-1001"],
    severity=[{"type": "CVSS_V3", "score": CRITICAL}], summary="Thing does too much",
)  # fmt: skip
OTHER = osv(
    "GHSA-2", "PyPI", "other", [{"introduced": "0"}], aliases=["CVE-2024-1002"], database_specific={"severity": "LOW"}
)


def sbom(*packages: str) -> dict[str, Any]:
    """A CycloneDX document: `sbom("thing@1.0")`."""
    listed = [
        {"type": "library", "bom-ref": p, "name": p.partition("@")[0], "version": p.partition("@")[2],
         "purl": f"pkg:pypi/{p}"}
        for p in packages
    ]  # fmt: skip
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "components": listed}


def path(port: int, origin: str = "INTERNET", **more: Any) -> dict[str, Any]:
    """An open port."""
    steps = [{"componentId": "igw-1", "componentType": "AWS::EC2::InternetGateway"}]
    return {"protocol": "TCP", "begin": port, "end": port, "origin": origin, "steps": steps, **more}


class Inspector:
    """One Garrison with Inspector enabled in its first account, and a database of two vulnerabilities."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.house = House(directory / "store")
        self.know(THING, OTHER)
        self.house.runtime = dataclasses.replace(
            self.house.runtime, vulnerabilities=directory / "v.db", buckets=directory / "buckets"
        )
        self.account = MANAGEMENT

    def close(self) -> None:
        self.house.close()

    def know(self, *documents: dict[str, Any]) -> None:
        """Another database from now on."""
        for left in self.directory.glob("source/*"):
            left.unlink()
        database(self.directory, *documents).close()

    def run(self, operation: str, by: Principal | str | None = None, **params: Any) -> dict[str, Any]:
        service = "garrison" if ("garrison", operation) in OPERATIONS else "inspector2"
        call = self.house.call(operation, by, service)
        call.params = params
        found = OPERATIONS[service, operation]
        with self.house.store.reading() as reader:
            authorize(call, reader)
            if found.prepare is not None:
                call.prepared = found.prepare(call, reader)
            output = found.function(call, reader) if found.access == "read" else None
        if found.access == "write":
            output = self.house.store.writing(lambda tx: found.function(call, tx))
        if call.later is not None:
            output = call.later()
        return output or {}

    def refused(self, operation: str, by: Principal | str | None = None, **params: Any) -> str:
        """The error's code without `Exception`."""
        try:
            self.run(operation, by, **params)
        except AwsError as e:
            return e.code.removesuffix("Exception")
        raise AssertionError(f"{operation} was not refused")

    def host(self, *packages: str, id: str = HOST, **more: Any) -> dict[str, int]:
        """Tell of a host; what became of its findings."""
        told = self.run(
            "PutResourceInventory", resourceId=id, resourceType="AWS_EC2_INSTANCE", sbom=sbom(*packages), **more
        )
        counts: dict[str, int] = told["findings"]
        return counts

    def findings(self, by: str | None = None, **criteria: Any) -> list[dict[str, Any]]:
        """Findings by id of the vulnerability or title."""
        found: list[dict[str, Any]] = self.run("ListFindings", by, filterCriteria=criteria)["findings"]
        return sorted(found, key=lambda one: str(one["title"]))

    def wait(self, seconds: float) -> None:
        """Time passes, and what is due is done."""
        self.house.clock.advance(seconds)
        upkeep.run(self.house.runtime)


def equals(value: str) -> list[dict[str, str]]:
    """A filter's entries."""
    return [{"comparison": "EQUALS", "value": value}]
