"""Work in a region nobody uses is refused."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Outcome, behaviour, failed, not_applicable, passed
from garrison.checks.probe import Probe
from garrison.checks.snapshot import Snapshot


@behaviour(
    "organizations.region-refused",
    "An administrator of a member account is refused work in a region that is not used",
    severity="medium",
    cells=("organizations/identity/customer",),
    why="Miners start machines where nobody looks.",
)
def region_refused(account: Snapshot, probe: Probe) -> Iterator[Outcome]:
    management = account.management
    if management is None or management == account.account:
        yield not_applicable(account.root, "the account is no member account")
        return
    region = "sa-east-1"
    if region in account.regions:
        yield not_applicable(account.root, f"{region} is a region that is used")
        return
    answer = probe.call("ec2", "DescribeRegions", keys=probe.own, region=region)
    observed = {"region": region, "ec2:DescribeRegions": answer.code or "allowed"}
    if answer.denied:
        yield passed(account.root, f"a call in {region} was refused ({answer.code})", observed)
    else:
        yield failed(account.root, f"a call in {region} was not refused", observed)
