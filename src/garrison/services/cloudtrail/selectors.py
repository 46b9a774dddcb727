"""Event selectors: which events a trail is for.

Source: API reference, `EventSelector`, `AdvancedFieldSelector`; user guide, "Quotas": 5 basic selectors with 250 data
resources, 500 values of advanced ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.cloudtrail.errors import error
from garrison.services.cloudtrail.names import find, own
from garrison.services.cloudtrail.resources import Trail, arn_of
from garrison.services.operation import operation
from garrison.store import Reader, Transaction

STANDARD = {
    "ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [], "ExcludeManagementEventSources": [],
}  # fmt: skip
"""What a trail has that was given none."""
_MOST, _MOST_RESOURCES, _MOST_VALUES = 5, 250, 500
_DATA_TYPES = {
    "AWS::S3::Object": "s3",
    "AWS::Lambda::Function": "lambda",
    "AWS::DynamoDB::Table": "dynamodb",
}
_EXCLUDED = frozenset({"kms.amazonaws.com", "rdsdata.amazonaws.com"})
_COMMON = frozenset({"eventCategory", "readOnly", "eventSource", "eventName", "eventType", "userIdentity.arn"})
_FIELDS = {
    "Management": _COMMON | {"sessionCredentialFromConsole"},
    "Data": _COMMON | {"sessionCredentialFromConsole", "resources.type", "resources.ARN"},
    "NetworkActivity": _COMMON | {"errorCode", "vpcEndpointId"},
}


def _invalid(text: str) -> AwsError:
    return error("InvalidEventSelectorsException", text)


def basic(given: Sequence[dict[str, Any]], partition: str) -> tuple[dict[str, Any], ...]:
    """Basic selectors, whole. Raises `InvalidEventSelectorsException`."""
    if not 1 <= len(given) <= _MOST:
        raise _invalid(f"A trail has between 1 and {_MOST} event selectors.")
    whole = tuple({**STANDARD, **one} for one in given)
    resources = [resource for one in whole for resource in one["DataResources"]]
    if sum(len(resource.get("Values") or ()) for resource in resources) > _MOST_RESOURCES:
        raise _invalid(f"A trail has at most {_MOST_RESOURCES} data resources.")
    for resource in resources:
        service = _DATA_TYPES.get(resource.get("Type", ""))
        if service is None:
            raise _invalid(f"Data resource type {resource.get('Type')} is not supported by basic event selectors.")
        for value in resource.get("Values") or ():
            prefix = f"arn:{partition}:{service}"
            if value != prefix and not value.startswith(prefix + ":"):
                raise _invalid(f"Value {value} for DataResources.Values is invalid.")
    for one in whole:
        if not set(one["ExcludeManagementEventSources"]) <= _EXCLUDED:
            raise _invalid("ExcludeManagementEventSources takes kms.amazonaws.com and rdsdata.amazonaws.com only.")
        if not one["IncludeManagementEvents"] and not one["DataResources"]:
            raise _invalid("An event selector includes management events, data resources, or both.")
    return whole


def advanced(given: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Advanced selectors as they are. Raises `InvalidEventSelectorsException`."""
    values = 0
    for one in given:
        fields = {field["Field"]: field for field in one["FieldSelectors"]}
        if len(fields) != len(one["FieldSelectors"]):
            raise _invalid("A field is selected by at most once in an advanced event selector.")
        category = fields.get("eventCategory", {})
        wanted = category.get("Equals") or []
        if len(wanted) != 1 or set(category) != {"Field", "Equals"} or wanted[0] not in _FIELDS:
            raise _invalid("eventCategory must be given with Equals and one of Management, Data, NetworkActivity.")
        unknown = fields.keys() - _FIELDS[wanted[0]]
        if unknown:
            raise _invalid(f"Field {min(unknown)} cannot be selected by for {wanted[0]} events.")
        kinds = fields.get("resources.type", {})
        if wanted[0] == "Data" and (len(kinds.get("Equals") or ()) != 1 or set(kinds) != {"Field", "Equals"}):
            raise _invalid("Data events need resources.type with Equals and one value.")
        read = fields.get("readOnly")
        if read is not None and (set(read) != {"Field", "Equals"} or read["Equals"] not in (["true"], ["false"])):
            raise _invalid("readOnly takes Equals with true or false.")
        for name, field in fields.items():
            operators = [found for operator, found in field.items() if operator != "Field"]
            if not operators:
                raise _invalid(f"Field {name} needs an operator.")
            values += sum(map(len, operators))
    if values > _MOST_VALUES:
        raise _invalid(f"A trail has at most {_MOST_VALUES} values in its advanced event selectors.")
    return tuple(given)


def _shown(arn: str, body: Trail) -> dict[str, Any]:
    if body.advanced:
        return {"TrailARN": arn, "AdvancedEventSelectors": list(body.advanced)}
    return {"TrailARN": arn, "EventSelectors": list(body.selectors or (STANDARD,))}


@operation("cloudtrail", "PutEventSelectors", access="write")
def put_event_selectors(call: Call, tx: Transaction) -> dict[str, Any]:
    """What is given takes the place of all there was."""
    row = own(call, tx, call.params["TrailName"])
    given, others = call.params.get("EventSelectors") or (), call.params.get("AdvancedEventSelectors") or ()
    if bool(given) == bool(others):
        raise _invalid("Either EventSelectors or AdvancedEventSelectors must be given.")
    if given:
        whole = basic(given, call.partition)
        body = msgspec.structs.replace(row.body, selectors=() if whole == (STANDARD,) else whole, advanced=())
    else:
        body = msgspec.structs.replace(row.body, selectors=(), advanced=advanced(others))
    tx.update(row, body, updated=call.now)
    return _shown(arn_of(call.partition, row), body)


@operation("cloudtrail", "GetEventSelectors", access="read")
def get_event_selectors(call: Call, reader: Reader) -> dict[str, Any]:
    row = find(call, reader, call.params["TrailName"])
    return _shown(arn_of(call.partition, row), row.body)
