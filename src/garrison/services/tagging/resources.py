"""GetResources, GetTagKeys and GetTagValues.

Source: Resource Groups Tagging API reference. Tag filters are joined by AND, the values of one by OR; a filter without
values asks for the key alone. A page token is the ARN (or key, or value) the page before ended with, sealed in base64
with the question it belongs to.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from garrison.access.call import Call
from garrison.access.tagged import Tagged, tagged
from garrison.aws.errors import AwsError
from garrison.services.operation import operation
from garrison.store import Reader

_PAGE = 100


@operation("resourcegroupstaggingapi", "GetResources", access="read")
def get_resources(call: Call, reader: Reader) -> dict[str, Any]:
    params = call.params
    arns = params.get("ResourceARNList")
    if arns and any(params.get(other) for other in ("TagFilters", "ResourceTypeFilters", "ResourcesPerPage")):
        raise _invalid("ResourceARNList cannot be used together with TagFilters, ResourceTypeFilters or paging.")
    found = tagged(reader, call.partition, call.account, call.region)
    if arns:
        found = [one for one in found if one.arn in arns]
    types = params.get("ResourceTypeFilters")
    if types:
        found = [one for one in found if one.type in types or one.type.partition(":")[0] in types]
    for wanted in params.get("TagFilters", []):
        found = [one for one in found if _has(one, wanted)]
    size = params.get("ResourcesPerPage", _PAGE)
    if not 1 <= size <= _PAGE:
        raise _invalid(f"ResourcesPerPage must be between 1 and {_PAGE}.")
    page, token = _page(call, [one.arn for one in found], size)
    shown = [
        {"ResourceARN": one.arn, "Tags": [{"Key": k, "Value": v} for k, v in one.tags.items()]}
        for one in found
        if one.arn in page
    ]
    return {"ResourceTagMappingList": shown, "PaginationToken": token}


@operation("resourcegroupstaggingapi", "GetTagKeys", access="read")
def get_tag_keys(call: Call, reader: Reader) -> dict[str, Any]:
    keys = {key for one in tagged(reader, call.partition, call.account, call.region) for key in one.tags}
    page, token = _page(call, sorted(keys), _PAGE)
    return {"TagKeys": sorted(page), "PaginationToken": token}


@operation("resourcegroupstaggingapi", "GetTagValues", access="read")
def get_tag_values(call: Call, reader: Reader) -> dict[str, Any]:
    key = call.params["Key"]
    everything: Iterable[Tagged] = tagged(reader, call.partition, call.account, call.region)
    values = {one.tags[key] for one in everything if key in one.tags}
    page, token = _page(call, sorted(values), _PAGE)
    return {"TagValues": sorted(page), "PaginationToken": token}


def _has(one: Tagged, wanted: dict[str, Any]) -> bool:
    key = wanted.get("Key")
    if key is None or key not in one.tags:
        return False
    values = wanted.get("Values")
    return not values or one.tags[key] in values


def _page(call: Call, names: Sequence[str], size: int) -> tuple[set[str], str]:
    """The names of this page, and the token of the next one (empty: that was all)."""
    question = json.dumps({k: v for k, v in call.params.items() if k != "PaginationToken"}, sort_keys=True, default=str)
    mark = hashlib.sha256(f"{call.operation}/{call.account}/{question}".encode()).hexdigest()[:16]
    token = call.params.get("PaginationToken")
    after = None
    if token:
        try:
            given, after = json.loads(base64.urlsafe_b64decode(token))
        except (binascii.Error, ValueError, TypeError):
            given = None
        if given != mark or not isinstance(after, str):
            raise AwsError("PaginationTokenExpiredException", "The pagination token is invalid or expired.", status=400)
    rest = [name for name in names if after is None or name > after]
    page = rest[:size]
    more = len(rest) > size
    next_token = base64.urlsafe_b64encode(json.dumps([mark, page[-1]]).encode()).decode() if more else ""
    return set(page), next_token


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message, status=400)
