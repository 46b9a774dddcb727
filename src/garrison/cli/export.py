"""`garrison export`: what decides in an account or organization, as one file for simulate, test and replay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from garrison.cli.output import write_out
from garrison.cli.source import live_export

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.session import Session

_TYPES = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")


@click.command()
@click.argument("what", nargs=-1, type=click.Choice(["account", "organization"]))
@click.option("--aws", "from_aws", is_flag=True, help="Ask AWS, with the credentials this shell has, not Garrison.")
@click.option("--profile", help="Ask AWS with this profile's credentials.")
@click.option("--endpoint-url", help="Ask this endpoint instead of AWS's own.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="FILE to write; else standard output.")
def export(
    what: tuple[str, ...], from_aws: bool, profile: str | None, endpoint_url: str | None, out: Path | None
) -> None:
    """Write what decides: WHAT is `account`, `organization`, or both (the default).

    Of the running Garrison it is every account. With --aws, --profile or --endpoint-url it is the account and the
    organization of those credentials, which need only read:
    iam:GetAccountAuthorizationDetails, organizations:Describe* and organizations:List*.
    """
    wanted = set(what) or {"account", "organization"}
    if from_aws or profile or endpoint_url:
        export = _of_aws(wanted, profile, endpoint_url)
    else:
        export = live_export()
        for part, key in (("account", "AuthorizationDetails"), ("organization", "Organization")):
            if part not in wanted:
                export.pop(key, None)
    text = json.dumps(export, indent=1, default=str) + "\n"
    write_out(text.encode(), out)


def _of_aws(wanted: set[str], profile: str | None, endpoint_url: str | None) -> dict[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.session import Session

    session = Session(profile=profile)
    found: dict[str, Any] = {"schema": 1}
    try:
        if "account" in wanted:
            client = _client(session, "iam", endpoint_url)
            found["AuthorizationDetails"] = [_details(client)]
        if "organization" in wanted:
            found["Organization"] = _organization(_client(session, "organizations", endpoint_url))
    except (BotoCoreError, ClientError) as e:
        raise click.ClickException(str(e)) from e
    return found


def _client(session: Session, service: str, endpoint_url: str | None) -> BaseClient:
    region = session.get_config_variable("region") or "us-east-1"
    return session.create_client(service, region_name=region, endpoint_url=endpoint_url)


def _pages(client: BaseClient, operation: str, key: str, **params: Any) -> Iterator[dict[str, Any]]:
    for page in client.get_paginator(operation).paginate(**params):
        yield from page[key]


def _details(client: BaseClient) -> dict[str, Any]:
    merged: dict[str, Any] = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
    for page in client.get_paginator("get_account_authorization_details").paginate():
        for key, several in merged.items():
            several += page[key]
    return merged


def _organization(client: Any) -> dict[str, Any]:
    """The tree from the top, and every service and resource control policy with its text and targets."""
    roots = list(_pages(client, "list_roots", "Roots"))
    units: list[dict[str, Any]] = []
    accounts: list[dict[str, Any]] = []
    parents = [root["Id"] for root in roots]
    while parents:
        parent = parents.pop()
        for unit in _pages(client, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=parent):
            units.append({**unit, "ParentId": parent})
            parents.append(unit["Id"])
        of_parent = _pages(client, "list_accounts_for_parent", "Accounts", ParentId=parent)
        accounts += [{**account, "ParentId": parent} for account in of_parent]
    policies: list[dict[str, Any]] = []
    enabled = {t["Type"] for root in roots for t in root.get("PolicyTypes", ()) if t["Status"] == "ENABLED"}
    for kind in _TYPES:
        if kind not in enabled:
            continue
        for summary in _pages(client, "list_policies", "Policies", Filter=kind):
            policy = client.describe_policy(PolicyId=summary["Id"])["Policy"]
            targets = list(_pages(client, "list_targets_for_policy", "Targets", PolicyId=summary["Id"]))
            policies.append({**policy, "Targets": targets})
    return {
        "Organization": client.describe_organization()["Organization"],
        "Roots": roots,
        "OrganizationalUnits": units,
        "Accounts": accounts,
        "Policies": policies,
    }
