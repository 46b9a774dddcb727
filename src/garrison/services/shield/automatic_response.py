"""Automatic application layer response: which resources have it, and the group it keeps in their web ACLs.

Source: API reference, EnableApplicationLayerAutomaticResponse; developer guide, "Automatic application layer DDoS
mitigation": load balancers and distributions only, protected, with a web ACL. A web ACL that several resources share
keeps the group until the last of them leaves.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access import protected
from garrison.access.call import Call
from garrison.access.mitigation import mitigation
from garrison.services.operation import operation
from garrison.services.shield import protectable
from garrison.services.shield.errors import invalid, invalid_operation, no_protection
from garrison.services.shield.resources import PROTECTION, Protection
from garrison.services.shield.subscription import load as subscribed
from garrison.store import Reader, Resource, Transaction

_TYPES = (protectable.APPLICATION_LOAD_BALANCER, protectable.CLOUDFRONT_DISTRIBUTION)


def shown(body: Protection) -> dict[str, Any]:
    """The member a protection tells it by; nothing if it never was enabled."""
    if body.response is None:
        return {}
    status = "ENABLED" if body.response_enabled else "DISABLED"
    return {"ApplicationLayerAutomaticResponseConfiguration": {"Status": status, "Action": {body.response: {}}}}


def _load(call: Call, reader: Reader) -> Resource[Protection]:
    subscribed(call, reader)
    row = reader.get(PROTECTION, call.account, call.params["ResourceArn"])
    if row is None:
        raise no_protection()
    return row


def _action(call: Call) -> str:
    chosen = [name for name in ("Block", "Count") if name in call.params["Action"]]
    if len(chosen) != 1:
        raise invalid("Exactly one of Block and Count must be given.", "Action")
    return chosen[0]


def _change(call: Call, tx: Transaction, row: Resource[Protection], **changes: Any) -> dict[str, Any]:
    tx.update(row, msgspec.structs.replace(row.body, **changes), updated=call.now)
    return {}


def withdraw(call: Call, tx: Transaction, row: Resource[Protection]) -> None:
    """Disable it for a resource: its web ACL loses the group unless another resource still needs it."""
    _change(call, tx, row, response_enabled=False)
    web_acl = protected.web_acl_of(tx, row.name)
    if web_acl is None:
        return
    for other in tx.page(PROTECTION, call.account):
        if other.id != row.id and other.body.response_enabled and protected.web_acl_of(tx, other.name) == web_acl:
            return
    mitigation().disable(tx, web_acl, now=call.now)


@operation("shield", "EnableApplicationLayerAutomaticResponse", access="write")
def enable_application_layer_automatic_response(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _load(call, tx)
    action = _action(call)
    if protectable.type_of(row.name) not in _TYPES:
        raise invalid_operation("Automatic response is for load balancers and distributions.")
    if row.body.response_enabled:
        raise invalid_operation("Automatic response is already enabled for this resource.")
    web_acl = protected.web_acl_of(tx, row.name)
    if web_acl is None:
        raise invalid_operation("You must associate a web ACL with the resource before you enable automatic response.")
    mitigation().enable(tx, call.partition, web_acl, now=call.now)
    return _change(call, tx, row, response=action, response_enabled=True)


@operation("shield", "UpdateApplicationLayerAutomaticResponse", access="write")
def update_application_layer_automatic_response(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _load(call, tx)
    action = _action(call)
    if not row.body.response_enabled:
        raise invalid_operation("Automatic response is not enabled for this resource.")
    web_acl = protected.web_acl_of(tx, row.name)
    if web_acl is not None and action == "Count":
        rules = mitigation().rules(tx, web_acl) or ()
        mitigation().replace(tx, web_acl, [{**rule, "Action": {action: {}}} for rule in rules], now=call.now)
    # To block is for whoever watches the traffic, within seconds: a rule on trial is to count for now.
    return _change(call, tx, row, response=action)


@operation("shield", "DisableApplicationLayerAutomaticResponse", access="write")
def disable_application_layer_automatic_response(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _load(call, tx)
    if not row.body.response_enabled:
        raise invalid_operation("Automatic response is not enabled for this resource.")
    withdraw(call, tx, row)
    return {}
