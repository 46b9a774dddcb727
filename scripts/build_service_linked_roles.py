"""Build `garrison/aws/data/service_linked_roles.tsv` from `service_linked_roles.txt`, checked against AWS's policies.

    .venv/bin/python -m scripts.build_service_linked_roles

Every policy named must be one of AWS's, and whatever AWS's own policies say of a service-linked role - its path with
principal and name, or the principal that may be passed to CreateServiceLinkedRole - must be in the list.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from garrison.aws import managed_policies

HERE = Path(__file__).parent
TARGET = HERE.parent / "src" / "garrison" / "aws" / "data" / "service_linked_roles.tsv"
_ROLE = re.compile(r"role/aws-service-role/([a-z0-9.-]+)\.amazonaws\.com/AWSServiceRoleFor([A-Za-z0-9_-]+)\*?")
_PASSED = re.compile(r'"iam:AWSServiceName":\s*(\[[^\]]*\]|"[^"]*")')
_NAME = re.compile(r'"([a-z0-9.-]+)\.amazonaws\.com"')
KNOWN_DIFFERENCES = {
    "maintenance.elasticbeanstalk": "AdministratorAccess-AWSElasticBeanstalk cuts the name short",
    "managedupdates.elasticbeanstalk": "AdministratorAccess-AWSElasticBeanstalk cuts the name short",
}


def rows() -> list[tuple[str, str, str, bool]]:
    """(principal, role name, policy or `-`, takes a suffix) of every line."""
    found = []
    for line in (HERE / "service_linked_roles.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            principal, role, policy = line.split()
            found.append((principal, role.removesuffix("*"), policy, role.endswith("*")))
    return sorted(found)


def complaints(table: list[tuple[str, str, str, bool]]) -> list[str]:
    """What contradicts AWS's own policies."""
    policies = managed_policies.all_policies()
    linked = {policy.name for policy in policies if policy.path == "/aws-service-role/"}
    names = {principal: role for principal, role, _, _ in table}
    wrong = [f"{p}: there is no policy {policy}" for p, _, policy, _ in table if policy not in linked | {"-"}]
    if len(names) != len(table):
        wrong.append("a principal is listed twice")
    said: dict[str, set[str]] = {}
    for policy in policies:
        for principal, role in _ROLE.findall(policy.document):
            said.setdefault(principal, set()).add(role.rstrip("_"))
        for passed in _PASSED.findall(policy.document):
            for principal in _NAME.findall(passed):
                said.setdefault(principal, set())
    for principal, roles in sorted(said.items()):
        if principal not in names:
            wrong.append(f"{principal} is missing")
        elif roles and names[principal] not in roles and principal not in KNOWN_DIFFERENCES:
            wrong.append(f"{principal}: AWS says {', '.join(sorted(roles))}, not {names[principal]}")
    return wrong


def main() -> int:
    """Write the data file, or say what is wrong."""
    table = rows()
    wrong = complaints(table)
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        return 1
    TARGET.write_text("".join(f"{p}\t{r}\t{policy}\t{'*' if suffix else ''}\n" for p, r, policy, suffix in table))
    print(f"{len(table)} service-linked roles")
    return 0


if __name__ == "__main__":
    sys.exit(main())
