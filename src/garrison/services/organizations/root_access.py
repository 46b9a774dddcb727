"""Centralized root access: operations of IAM that switch features of the organization, which is why they live here.

Source: IAM user guide, "Centrally manage root access for member accounts"; the texts are the API reference's.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.services.organizations import attached
from garrison.services.organizations.errors import error
from garrison.services.organizations.resources import ALL, Organization
from garrison.services.organizations.standing import standing_of
from garrison.store import Reader, Resource, Transaction

CREDENTIALS = "RootCredentialsManagement"
SESSIONS = "RootSessions"
SERVICE = "iam.amazonaws.com"


def _organization(call: Call, reader: Reader, *, enabling: bool = False) -> Resource[Organization]:
    """The organization whose features the caller may see and switch off (`enabling`: switch on)."""
    standing = standing_of(reader, call.account)
    if standing is None:
        raise error(
            "OrganizationNotFound", "The request was rejected because no organization is associated with your account."
        )
    if not standing.management:
        if SERVICE not in standing.member.body.delegated:
            raise error(
                "AccountNotManagementOrDelegatedAdministrator",
                "The request was rejected because the account making the request is not the management account or "
                "delegated administrator account for centralized root access.",
            )
        if enabling:
            raise error(
                "CallerIsNotManagementAccount",
                "The request was rejected because the account making the request is not the management account for "
                "the organization.",
            )
    org = standing.org
    if org.body.feature_set != ALL:
        raise error(
            "OrganizationNotInAllFeaturesMode",
            "The request was rejected because your organization does not have All features enabled.",
        )
    if SERVICE not in org.body.services:
        raise error(
            "ServiceAccessNotEnabled",
            "The request was rejected because trusted access is not enabled for IAM in Organizations.",
        )
    return org


def _shown(org: Resource[Organization]) -> dict[str, Any]:
    return {"OrganizationId": org.id, "EnabledFeatures": list(org.body.root_features)}


def _switch(call: Call, tx: Transaction, feature: str, *, on: bool) -> dict[str, Any]:
    org = _organization(call, tx, enabling=on)
    features = tuple(name for name in org.body.root_features if name != feature) + ((feature,) if on else ())
    org = tx.update(org, msgspec.structs.replace(org.body, root_features=features))
    attached.bump(tx)
    return _shown(org)


@operation("iam", "EnableOrganizationsRootCredentialsManagement", access="write")
def enable_organizations_root_credentials_management(call: Call, tx: Transaction) -> dict[str, Any]:
    return _switch(call, tx, CREDENTIALS, on=True)


@operation("iam", "DisableOrganizationsRootCredentialsManagement", access="write")
def disable_organizations_root_credentials_management(call: Call, tx: Transaction) -> dict[str, Any]:
    return _switch(call, tx, CREDENTIALS, on=False)


@operation("iam", "EnableOrganizationsRootSessions", access="write")
def enable_organizations_root_sessions(call: Call, tx: Transaction) -> dict[str, Any]:
    return _switch(call, tx, SESSIONS, on=True)


@operation("iam", "DisableOrganizationsRootSessions", access="write")
def disable_organizations_root_sessions(call: Call, tx: Transaction) -> dict[str, Any]:
    return _switch(call, tx, SESSIONS, on=False)


@operation("iam", "ListOrganizationsFeatures", access="read")
def list_organizations_features(call: Call, reader: Reader) -> dict[str, Any]:
    return _shown(_organization(call, reader))
