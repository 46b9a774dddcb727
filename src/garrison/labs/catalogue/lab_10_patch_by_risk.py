"""Lab 10: Inspector, and what to mend first."""

from __future__ import annotations

import secrets
from typing import Any

from garrison.labs.bench import Bench, NotPrepared
from garrison.labs.lab import Lab, Unmet

LAB = Lab(
    10,
    "patch-by-risk",
    "Patch by risk",
    goal="Inspector scans the hosts of {account}, and tells of {host}: a package with a critical vulnerability, on a "
    "machine whose port 22 the whole Internet reaches. In the end neither is so, and images and functions are scanned "
    "as hosts are. A host is told by its bill of materials, as the agent or a pipeline does.",
    teaches=("Inspector coverage", "CVSS and severity", "network reachability", "bills of materials"),
    minutes=30,
)
_GUIDE = "https://docs.aws.amazon.com/inspector/latest/user/"
_PATH = {
    "protocol": "TCP",
    "begin": 22,
    "end": 22,
    "origin": "INTERNET",
    "steps": [{"componentId": "igw-0a1b2c3d", "componentType": "AWS::EC2::InternetGateway"}],
}


@LAB.prepare
def prepare(bench: Bench) -> None:
    bench.make_account()
    bench.make_learner()
    host = bench.attempt.facts["host"] = f"i-{secrets.token_hex(8)}1"
    bench.do("main", "inspector2", "Enable", {"resourceTypes": ["EC2"]})
    component = {"type": "library", "name": "PyYAML", "version": "5.3", "purl": "pkg:pypi/pyyaml@5.3"}
    document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": [component]}
    told = {"resourceId": host, "resourceType": "AWS_EC2_INSTANCE", "sbom": document}
    bench.do("main", "garrison", "PutResourceInventory", told | {"reachability": {"paths": [_PATH]}})
    if not _open(bench, "PACKAGE_VULNERABILITY"):
        raise NotPrepared("the vulnerability database knows nothing of PyYAML 5.3: garrison inspector db update")


@LAB.clean
def clean(bench: Bench) -> None:
    bench.do("main", "inspector2", "Disable", {"resourceTypes": ["EC2", "ECR", "LAMBDA"]})


def _open(bench: Bench, kind: str) -> list[dict[str, Any]]:
    """Findings of the host that were not closed by what Inspector saw; suppressed ones are open, too."""
    wanted = {
        "resourceId": [{"comparison": "EQUALS", "value": bench.fact("host")}],
        "findingType": [{"comparison": "EQUALS", "value": kind}],
    }
    found = bench.read("inspector2", "ListFindings", filterCriteria=wanted)["findings"]
    return [one for one in found if one["status"] != "CLOSED"]


def _scanned(bench: Bench) -> None:
    """The host is scanned: what nobody looks at has no findings."""
    wanted = {"resourceId": [{"comparison": "EQUALS", "value": bench.fact("host")}]}
    found = bench.read("inspector2", "ListCoverage", filterCriteria=wanted)["coveredResources"]
    if not found or found[0]["scanStatus"]["statusCode"] != "ACTIVE":
        raise Unmet("Inspector does not scan the host any more: without findings is not without vulnerabilities.")


@LAB.step(
    "patch",
    "The host has no package with a critical vulnerability",
    task="Find out which version of the package mends it, and tell Inspector of the host with that version installed.",
    hints=(
        "aws inspector2 list-findings shows the package, and in fixedInVersion what mends it.",
        "Write a requirements.txt with the package in a version that mends it, and tell Inspector of that folder.",
        "mkdir host && echo 'PyYAML==6.0.2' > host/requirements.txt && garrison inspector put host --host {host}",
    ),
    term=("Package vulnerability findings", _GUIDE + "findings-types.html"),
)
def patch(bench: Bench) -> None:
    _scanned(bench)
    grave = [one for one in _open(bench, "PACKAGE_VULNERABILITY") if one["severity"] == "CRITICAL"]
    if grave:
        hidden = " (suppressed, which mends nothing)" if grave[0]["status"] == "SUPPRESSED" else ""
        raise Unmet(f"{grave[0]['title']} is open still{hidden}.")


@LAB.step(
    "path",
    "The Internet does not reach the host's port 22",
    task="Tell Inspector that there is no way from the Internet to the host any more.",
    hints=(
        "A network reachability finding is closed when the way is gone, not when the software is patched.",
        "garrison:PutResourceInventory takes the ways that are open (reachability.paths); an empty list says: none. "
        "garrison models install lets the aws command know the operation.",
        "garrison models install && aws garrison put-resource-inventory --resource-id {host} --resource-type "
        "AWS_EC2_INSTANCE --reachability '{\"paths\":[]}'",
    ),
    term=("Network reachability findings", _GUIDE + "findings-types.html"),
)
def path(bench: Bench) -> None:
    _scanned(bench)
    ways = _open(bench, "NETWORK_REACHABILITY")
    if ways:
        raise Unmet(f"{ways[0]['title']}: what is vulnerable behind it is everybody's.")


@LAB.step(
    "coverage",
    "Images and functions are scanned, too",
    task="Enable Inspector's scanning of container images (ECR) and of Lambda functions.",
    hints=(
        "Inspector is enabled for one type of resource at a time.",
        "BatchGetAccountStatus tells for which; Enable takes more.",
        "aws inspector2 enable --resource-types ECR LAMBDA",
    ),
    term=("Scan types", _GUIDE + "scanning-resources.html"),
)
def coverage(bench: Bench) -> None:
    (account,) = bench.read("inspector2", "BatchGetAccountStatus", accountIds=[bench.account()])["accounts"]
    for kind, what in (("ec2", "hosts"), ("ecr", "container images"), ("lambda", "functions")):
        status = account["resourceState"][kind]["status"]
        if status not in ("ENABLED", "ENABLING"):
            raise Unmet(f"Nobody scans {what}: Inspector is {status} for {kind.upper()}.")
