"""Trusted access of AWS services, and the accounts that administer services for the organization."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.operation import operation
from garrison.services.organizations import attached, quotas, tree
from garrison.services.organizations.accounts import shown
from garrison.services.organizations.attachments import NEEDS_ACCESS
from garrison.services.organizations.errors import all_features_needed, constraint, error, invalid
from garrison.services.organizations.paging import page
from garrison.services.organizations.resources import ALL, MEMBER, Organization
from garrison.services.organizations.standing import management, viewer
from garrison.store import Reader, Resource, Transaction


def _service(call: Call) -> str:
    """The call's service principal. Raises `InvalidInputException` for what is none."""
    name: str = call.params["ServicePrincipal"]
    # Which services there are is not looked up: what has the form of one may be one.
    if not name.endswith((".amazonaws.com", ".amazonaws.com.cn")) or name.startswith("."):
        raise invalid("UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal.")
    return name


def _with_all_features(org: Resource[Organization]) -> Resource[Organization]:
    if org.body.feature_set != ALL:
        raise all_features_needed()
    return org


@operation("organizations", "EnableAWSServiceAccess", access="write")
def enable_aws_service_access(call: Call, tx: Transaction) -> None:
    org = _with_all_features(management(call, tx))
    service = _service(call)
    if service not in org.body.services:
        tx.update(org, msgspec.structs.replace(org.body, services={**org.body.services, service: call.now}))
        attached.bump(tx)


@operation("organizations", "DisableAWSServiceAccess", access="write")
def disable_aws_service_access(call: Call, tx: Transaction) -> None:
    org = _with_all_features(management(call, tx))
    service = _service(call)
    if any(NEEDS_ACCESS.get(name) == service for name in org.body.policy_types):
        raise constraint(
            "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE",
            "You must disable the service's policy type before you disable service access.",
        )
    left = {name: since for name, since in org.body.services.items() if name != service}
    features = () if service == "iam.amazonaws.com" else org.body.root_features
    tx.update(org, msgspec.structs.replace(org.body, services=left, root_features=features))
    attached.bump(tx)


@operation("organizations", "ListAWSServiceAccessForOrganization", access="read")
def list_aws_service_access_for_organization(call: Call, reader: Reader) -> dict[str, Any]:
    org = _with_all_features(viewer(call, reader))
    some, rest = page(call, org.body.services.items(), key=lambda entry: entry[0])
    enabled = [{"ServicePrincipal": name, "DateEnabled": since} for name, since in some]
    return {"EnabledServicePrincipals": enabled, **rest}


@operation("organizations", "RegisterDelegatedAdministrator", access="write")
def register_delegated_administrator(call: Call, tx: Transaction) -> None:
    org = _with_all_features(management(call, tx))
    service = _service(call)
    account = call.params["AccountId"]
    if account == org.account:
        raise constraint(
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register master account/yourself as delegated administrator for your organization.",
        )
    row = tree.load_member(tx, org, account)
    if service not in org.body.services:
        raise constraint(
            "SERVICE_ACCESS_NOT_ENABLED",
            "You must enable service access before you delegate an administrator for this service. Call the AWS API "
            "EnableAWSServiceAccess first.",
        )
    if row.body.closing is not None:
        raise constraint(
            "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register a suspended account as a delegated administrator.",
        )
    if service in row.body.delegated:
        raise error(
            "AccountAlreadyRegistered",
            "The provided account is already a delegated administrator for your organization.",
        )
    held = sum(service in other.body.delegated for other in tx.page(MEMBER, org.account, parent=None))
    if held >= quotas.DELEGATED_ADMINISTRATORS:
        raise constraint(
            "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED",
            "You attempted to register more delegated administrators than allowed for the service principal.",
        )
    tx.update(row, msgspec.structs.replace(row.body, delegated={**row.body.delegated, service: call.now}))
    attached.bump(tx)


@operation("organizations", "DeregisterDelegatedAdministrator", access="write")
def deregister_delegated_administrator(call: Call, tx: Transaction) -> None:
    org = _with_all_features(management(call, tx))
    service = _service(call)
    row = tree.load_member(tx, org, call.params["AccountId"])
    if service not in row.body.delegated:
        raise _not_registered()
    left = {name: since for name, since in row.body.delegated.items() if name != service}
    tx.update(row, msgspec.structs.replace(row.body, delegated=left))
    attached.bump(tx)


def _not_registered() -> AwsError:
    return error(
        "AccountNotRegistered",
        "The provided account is not a registered delegated administrator for your organization.",
    )


@operation("organizations", "ListDelegatedAdministrators", access="read")
def list_delegated_administrators(call: Call, reader: Reader) -> dict[str, Any]:
    org = _with_all_features(viewer(call, reader))
    service = call.params.get("ServicePrincipal")
    rows = [
        row
        for row in reader.page(MEMBER, org.account, parent=None)
        if row.body.delegated and (service is None or service in row.body.delegated)
    ]
    some, rest = page(call, rows, key=lambda row: row.id)
    answers = []
    for row in some:
        answer = shown(call, reader, org, row)
        del answer["Paths"]
        since = row.body.delegated[service] if service else min(row.body.delegated.values())
        answers.append({**answer, "DelegationEnabledDate": since})
    return {"DelegatedAdministrators": answers, **rest}


@operation("organizations", "ListDelegatedServicesForAccount", access="read")
def list_delegated_services_for_account(call: Call, reader: Reader) -> dict[str, Any]:
    org = _with_all_features(viewer(call, reader))
    row = tree.load_member(reader, org, call.params["AccountId"])
    if not row.body.delegated:
        raise _not_registered()
    some, rest = page(call, row.body.delegated.items(), key=lambda entry: entry[0])
    services = [{"ServicePrincipal": name, "DelegationEnabledDate": since} for name, since in some]
    return {"DelegatedServices": services, **rest}
