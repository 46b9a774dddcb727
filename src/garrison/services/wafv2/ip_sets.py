"""IP sets: create, read, change, delete.

Source: WAF API reference, `IPSet`: CIDR notation, every range except /0, one address version, at most 10,000.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.services.wafv2 import entities, quotas
from garrison.services.wafv2.resources import IP_SET, Document
from garrison.services.wafv2.scope import arn_of
from garrison.store import Reader, Transaction
from garrison.waf.validate import check_ip_set


def _document(call: Call, version: str) -> Document:
    addresses = call.params["Addresses"]
    check_ip_set(version, addresses)
    # As AWS keeps them: the network's own address, each network once.
    networks = dict.fromkeys(str(ipaddress.ip_network(text, strict=False)) for text in addresses)
    document: Document = {"IPAddressVersion": version, "Addresses": list(networks)}
    if "Description" in call.params:
        document["Description"] = call.params["Description"]
    return document


@operation("wafv2", "CreateIPSet", access="write")
def create_ip_set(call: Call, tx: Transaction) -> dict[str, Any]:
    document = _document(call, call.params["IPAddressVersion"])
    return entities.create(call, tx, IP_SET, document, quota=quotas.IP_SETS)


@operation("wafv2", "GetIPSet", access="read")
def get_ip_set(call: Call, reader: Reader) -> dict[str, Any]:
    row = entities.load(call, reader, IP_SET)
    own = {"Name": row.name, "Id": row.id, "ARN": arn_of(call.partition, row)}
    return {"IPSet": {**row.body.document, **own}, "LockToken": row.body.lock_token}


@operation("wafv2", "UpdateIPSet", access="write")
def update_ip_set(call: Call, tx: Transaction) -> dict[str, Any]:
    row = entities.load(call, tx, IP_SET)
    return entities.replace(call, tx, row, _document(call, row.body.document["IPAddressVersion"]))


@operation("wafv2", "DeleteIPSet", access="write")
def delete_ip_set(call: Call, tx: Transaction) -> None:
    entities.delete(call, tx, IP_SET)


@operation("wafv2", "ListIPSets", access="read")
def list_ip_sets(call: Call, reader: Reader) -> dict[str, Any]:
    return entities.listed(call, reader, IP_SET, "IPSets")
