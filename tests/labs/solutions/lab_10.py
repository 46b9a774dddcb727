"""Lab 10 solved."""

from __future__ import annotations

import json

from tests.clients.server import Server
from tests.labs.solutions.script import Learner, Script
from tests.scan.sources import CRITICAL, osv, since

SCRIPT = Script(10)


@SCRIPT.before
def database(server: Server) -> None:
    """What a fresh database knows of the package, in a database of this server's own."""
    if (server.data / "inspector" / "vulnerabilities.db").exists():
        return
    source = server.data / "advisories"
    source.mkdir()
    severity = [{"type": "CVSS_V3", "score": CRITICAL}]
    known = osv("GHSA-8q59-q68h-6hv4", "PyPI", "pyyaml", since("0", "5.4"), severity=severity)
    (source / "one.json").write_text(json.dumps(known | {"aliases": ["CVE-2020-14343"]}))
    server.command("inspector", "db", "import", str(source))


@SCRIPT.step("patch")
def patch(learner: Learner) -> None:
    component = {"type": "library", "name": "PyYAML", "version": "6.0.2", "purl": "pkg:pypi/pyyaml@6.0.2"}
    document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": [component]}
    learner.client("garrison").put_resource_inventory(
        resourceId=learner.fact("host"), resourceType="AWS_EC2_INSTANCE", sbom=document
    )


@SCRIPT.step("path")
def path(learner: Learner) -> None:
    learner.client("garrison").put_resource_inventory(
        resourceId=learner.fact("host"), resourceType="AWS_EC2_INSTANCE", reachability={"paths": []}
    )


@SCRIPT.step("coverage")
def coverage(learner: Learner) -> None:
    learner.client("inspector2").enable(resourceTypes=["ECR", "LAMBDA"])
