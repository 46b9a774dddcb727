"""Exports of accounts and organizations, as the aws command (or `garrison export`) writes them, become a `World`.

Three kinds of JSON files are known, by what they hold:

- `aws iam get-account-authorization-details`: `UserDetailList`, `GroupDetailList`, `RoleDetailList`, `Policies`. Pages
  may be files of their own; several accounts may be given together.
- an organization: `Organization`, `Roots`, `OrganizationalUnits` and `Accounts` (each with its `ParentId`), `Policies`
  (each with `Content` and `Targets`).
- both in one: `AuthorizationDetails` (a list of the former) and `Organization` (the latter, as an object).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec

from garrison.aws.arn import Arn
from garrison.replay.world import Entity, ManagedPolicy, Organization, OrganizationPolicy, World

_TYPES = {"SERVICE_CONTROL_POLICY": "scp", "RESOURCE_CONTROL_POLICY": "rcp"}


class ExportError(Exception):
    """A file is not an export, or says something impossible. The text names the file."""


def read_exports(paths: Iterable[Path]) -> World:
    """The world that export files describe together. Raises `ExportError`."""
    contents: list[tuple[str, Any]] = []
    for path in paths:
        try:
            contents.append((str(path), msgspec.json.decode(path.read_bytes())))
        except (OSError, msgspec.DecodeError) as e:
            raise ExportError(f"{path} cannot be read as JSON: {e}") from e
    return world_of(contents)


def world_of(contents: Iterable[tuple[str, Any]]) -> World:
    """The world of decoded exports, each with the name of where it comes from. Raises `ExportError`."""
    entities: dict[str, Entity] = {}
    managed: dict[str, ManagedPolicy] = {}
    organizations: dict[str, Organization] = {}
    for name, content in contents:
        known = False
        for part in _parts(content):
            known = True
            try:
                if "Roots" in part:
                    tree = _organization(part)
                    organizations[tree.id] = tree
                else:
                    _details(part, entities, managed)
            except (KeyError, TypeError, AttributeError, ValueError) as e:
                raise ExportError(f"{name} is not a complete export: {type(e).__name__} {e}") from e
        if not known:
            raise ExportError(
                f"{name} is no export known here: it takes the output of `aws iam get-account-authorization-details` "
                "or of `garrison export`."
            )
    return World(entities, managed, tuple(organizations.values()))


def _parts(content: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(content, list):
        for one in content:
            yield from _parts(one)
        return
    if not isinstance(content, dict):
        return
    if "Roots" in content:
        yield content
        return
    if {"UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"} & content.keys():
        yield content
    yield from _parts(content.get("AuthorizationDetails"))
    yield from _parts(content.get("Organization"))


def _details(part: Mapping[str, Any], entities: dict[str, Entity], managed: dict[str, ManagedPolicy]) -> None:
    for kind, member in (("user", "UserDetailList"), ("group", "GroupDetailList"), ("role", "RoleDetailList")):
        noun = kind.capitalize()
        for detail in part.get(member) or ():
            arn = Arn.parse(detail["Arn"])
            if arn is None:
                raise ValueError(f"{detail['Arn']} is not an ARN")
            boundary = detail.get("PermissionsBoundary") or {}
            trust = detail.get("AssumeRolePolicyDocument")
            entities[detail["Arn"]] = Entity(
                kind=kind,
                arn=detail["Arn"],
                id=detail[f"{noun}Id"],
                account=arn.account,
                name=detail[f"{noun}Name"],
                inline={
                    p["PolicyName"]: policy_text(p["PolicyDocument"]) for p in detail.get(f"{noun}PolicyList") or ()
                },
                attached=tuple(p["PolicyArn"] for p in detail.get("AttachedManagedPolicies") or ()),
                groups=tuple(detail.get("GroupList") or ()),
                boundary=boundary.get("PermissionsBoundaryArn"),
                trust=None if trust is None else policy_text(trust),
                tags={t["Key"]: t["Value"] for t in detail.get("Tags") or ()},
                own_password=kind == "user" and bool(part.get("AllowUsersToChangePassword")),
            )
    for detail in part.get("Policies") or ():
        if "PolicyVersionList" not in detail:
            continue
        for version in detail["PolicyVersionList"]:
            if version.get("IsDefaultVersion"):
                managed[detail["Arn"]] = ManagedPolicy(
                    detail["Arn"], detail["PolicyName"], policy_text(version["Document"])
                )


def policy_text(document: Any) -> str:
    """A policy's text: the aws command prints it as an object, the API sends it percent-encoded."""
    if isinstance(document, str):
        return unquote(document) if document.lstrip().startswith("%") else document
    return json.dumps(document, indent=2)


def _organization(part: Mapping[str, Any]) -> Organization:
    about = part.get("Organization") or {}
    roots = part["Roots"]
    if len(roots) != 1:
        raise ValueError("an organization has one root")
    root = roots[0]
    enabled = {
        _TYPES[kind["Type"]]
        for kind in root.get("PolicyTypes") or ()
        if kind.get("Type") in _TYPES and kind.get("Status") == "ENABLED"
    }
    parents = {unit["Id"]: unit["ParentId"] for unit in part.get("OrganizationalUnits") or ()}
    parents |= {account["Id"]: account["ParentId"] for account in part.get("Accounts") or ()}
    for child, parent in parents.items():
        if parent != root["Id"] and parent not in parents:
            raise ValueError(f"the parent {parent} of {child} is not in the export")
    policies: dict[str, OrganizationPolicy] = {}
    attached: dict[str, tuple[str, ...]] = {}
    for policy in part.get("Policies") or ():
        summary = policy.get("PolicySummary", policy)
        kind = _TYPES.get(summary["Type"])
        if kind is None:
            continue
        policies[summary["Id"]] = OrganizationPolicy(
            kind, summary["Id"], summary["Arn"], summary["Name"], policy_text(policy["Content"])
        )
        for target in policy.get("Targets") or ():
            attached[target["TargetId"]] = (*attached.get(target["TargetId"], ()), summary["Id"])
    return Organization(
        id=about.get("Id") or _organization_id(root),
        management=about.get("MasterAccountId") or about.get("ManagementAccountId") or _management(root),
        root=root["Id"],
        parents=parents,
        names={unit["Id"]: unit.get("Name", "") for unit in part.get("OrganizationalUnits") or ()},
        policies=policies,
        attached=attached,
        enabled=frozenset(enabled),
    )


def _organization_id(root: Mapping[str, Any]) -> str:
    """`o-...` out of the root's ARN (`arn:aws:organizations::MANAGEMENT:root/o-.../r-...`)."""
    return str(root["Arn"]).split(":", 5)[5].split("/")[1]


def _management(root: Mapping[str, Any]) -> str:
    return str(root["Arn"]).split(":", 5)[4]
