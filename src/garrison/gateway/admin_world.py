"""What a running Garrison knows, as files tell it: the exports `garrison.replay` reads, and the decided trail.

The export has the form of `aws iam get-account-authorization-details` for every account, and of `garrison export` for
their organization, which is made here of what each account's decisions rest on.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import msgspec

from garrison.access import organization
from garrison.access.accounts import ACCOUNT, ACCOUNTS
from garrison.access.call import Call, HttpRequest
from garrison.access.caller import Caller
from garrison.access.organization import Levels, Membership
from garrison.access.runtime import Runtime
from garrison.policy.principal import Root
from garrison.services.iam import password_policy
from garrison.services.iam.authorization_details import get_account_authorization_details
from garrison.store import Reader
from garrison.trail.log import Cursor, Trail, cursor

PAGE = 1000
_TYPES = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}


def live_export(runtime: Runtime, reader: Reader) -> dict[str, Any]:
    """Everything that decides, of every account."""
    accounts = [row.id for row in reader.page(ACCOUNT, ACCOUNTS)]
    details = [page for account in accounts for page in _details(runtime, reader, account)]
    export: dict[str, Any] = {"schema": 1, "AuthorizationDetails": details}
    trees = _organizations(runtime, reader, accounts)
    if trees:
        export["Organization"] = trees[0] if len(trees) == 1 else trees
    return export


def _details(runtime: Runtime, reader: Reader, account: str) -> Iterator[dict[str, Any]]:
    marker: str | None = None
    while True:
        answer = get_account_authorization_details(_call(runtime, account, marker), reader)
        assert answer is not None
        policy = password_policy.policy_of(reader, account)
        if policy is not None and policy.allow_users_to_change:
            answer["AllowUsersToChangePassword"] = True
        yield answer
        marker = answer.get("Marker")
        if marker is None:
            return


def _call(runtime: Runtime, account: str, marker: str | None) -> Call:
    return Call(
        service="iam",
        operation="GetAccountAuthorizationDetails",
        params={"MaxItems": PAGE} if marker is None else {"MaxItems": PAGE, "Marker": marker},
        caller=Caller(Root(account, runtime.partition)),
        account=account,
        region=runtime.region,
        partition=runtime.partition,
        request=HttpRequest("POST", "/", "", (), b"", "127.0.0.1"),
        request_id="",
        now=runtime.clock.now(),
        runtime=runtime,
    )


def _organizations(runtime: Runtime, reader: Reader, accounts: list[str]) -> list[dict[str, Any]]:
    """The trees above the accounts, told from the place of each. Units without accounts decide nothing."""
    places: dict[str, dict[str, Membership]] = {}
    for account in accounts:
        place = organization.membership(runtime, reader, account)
        if place is not None:
            places.setdefault(place.id, {})[account] = place
    return [_organization(runtime, members) for members in places.values()]


def _organization(runtime: Runtime, places: dict[str, Membership]) -> dict[str, Any]:
    units: dict[str, str] = {}
    members: list[dict[str, str]] = []
    policies: dict[str, dict[str, Any]] = {}
    about: dict[str, str] = {}
    enabled: dict[str, bool] = {}
    root = ""
    for account, place in places.items():
        chain = [*place.path.strip("/").split("/")[1:], account]
        root = chain[0]
        about["Id"] = place.id
        if place.management:
            about["MasterAccountId"] = account
        units |= {child: parent for parent, child in pairwise(chain[:-1])}
        members.append({"Id": account, "ParentId": chain[-2]})
        for kind, levels in (("scp", place.scps), ("rcp", place.rcps)):
            enabled[kind] = enabled.get(kind, False) or levels is not None
            if levels is not None:
                _note(policies, _TYPES[kind], chain, levels)
    arn = f"arn:{runtime.partition}:organizations::{about.get('MasterAccountId', '')}:root/{about['Id']}/{root}"
    return {
        "Organization": about,
        "Roots": [
            {
                "Id": root,
                "Arn": arn,
                "PolicyTypes": [{"Type": _TYPES[kind], "Status": "ENABLED"} for kind, on in enabled.items() if on],
            }
        ],
        "OrganizationalUnits": [{"Id": unit, "ParentId": parent} for unit, parent in units.items()],
        "Accounts": members,
        "Policies": list(policies.values()),
    }


def _note(policies: dict[str, dict[str, Any]], kind: str, chain: list[str], levels: Levels) -> None:
    for target, attached in zip(chain, levels, strict=True):
        for policy in attached:
            arn = policy.arn or policy.name
            id = arn.rpartition("/")[2]
            known = policies.setdefault(
                f"{kind}/{id}",
                {
                    "PolicySummary": {"Id": id, "Arn": arn, "Name": policy.name, "Type": kind},
                    "Content": policy.document.text,
                    "Targets": [],
                },
            )
            if {"TargetId": target} not in known["Targets"]:
                known["Targets"].append({"TargetId": target})


def recorded_page(
    trail: Trail, account: str | None, before: Cursor | None, start: float | None = None
) -> dict[str, Any]:
    """A page of the trail, newest first, each event with its decision, and where the next page begins."""
    found = trail.lookup(account, start=start, before=before, limit=PAGE)
    return {
        "events": [
            {"event": msgspec.Raw(e.body), "extra": None if e.extra is None else msgspec.Raw(e.extra)} for e in found
        ],
        "next": list(cursor(found[-1])) if len(found) == PAGE else None,
    }
