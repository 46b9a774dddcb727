"""Tables: resource policy, tags, and which attribute is the partition key, for `dynamodb:LeadingKeys`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from garrison.aws.reference import Check
from garrison.aws.reference.dynamodb_keys import UNKNOWN_KEY, leading_keys
from garrison.gateway.upstream.ask import Ask, unexpected
from garrison.gateway.upstream.resources.aspects import Aspects, Place, Side, Tags

_KEY = "dynamodb:leadingkeys"
_NONE = ("ResourceNotFoundException", "TableNotFoundException")


def _carrier(place: Place, check: Check) -> str | None:
    kind, _, rest = place.name.partition("/")
    return place.arn.removesuffix(place.name) + f"table/{rest.partition('/')[0]}" if kind == "table" else None


async def _side(ask: Ask, place: Place) -> Side:
    told = await ask.json("dynamodb", "DynamoDB_20120810.GetResourcePolicy", place.region, {"ResourceArn": place.arn})
    if told.code == "PolicyNotFoundException" or told.unsupported:
        return Side()
    if told.code in _NONE:
        return Side(exists=False)
    if told.status != 200:
        raise unexpected("table policy", told)
    return Side(policy=told.json().get("Policy") or None)


async def _tags(ask: Ask, place: Place) -> Tags:
    told = await ask.json("dynamodb", "DynamoDB_20120810.ListTagsOfResource", place.region, {"ResourceArn": place.arn})
    if told.code in _NONE:
        return {}
    if told.status != 200:
        raise unexpected("table tags", told)
    return {tag["Key"]: tag.get("Value", "") for tag in told.json().get("Tags") or []}


async def _schema(ask: Ask, place: Place) -> dict[str, str]:
    """Partition key attributes, of the table under "" and of its indexes by their names."""
    name = place.name.partition("/")[2]
    told = await ask.json("dynamodb", "DynamoDB_20120810.DescribeTable", place.region, {"TableName": name})
    if told.code in _NONE:
        return {}
    if told.status != 200:
        raise unexpected("table", told)
    table: dict[str, Any] = told.json()["Table"]
    found = {"": _partition_key(table)}
    for index in (*(table.get("GlobalSecondaryIndexes") or ()), *(table.get("LocalSecondaryIndexes") or ())):
        found[index["IndexName"]] = _partition_key(index)
    return found


def _partition_key(described: Mapping[str, Any]) -> str:
    return next(str(one["AttributeName"]) for one in described["KeySchema"] if one["KeyType"] == "HASH")


def _settle(schema: dict[str, str], place: Place, check: Check, params: Mapping[str, Any]) -> dict[str, Any]:
    if _KEY not in check.context:
        return {}
    _, _, rest = place.name.partition("/")
    table, _, index = rest.partition("/index/")
    attribute = schema.get(index)
    if attribute is None:
        return {}
    found: list[str] = []
    for one in _parts(params, table, place.arn.partition("/index/")[0], check.action):
        values = leading_keys(one, attribute)
        if values is None or UNKNOWN_KEY in values:
            return {_KEY: (UNKNOWN_KEY,)}
        found += values
    return {_KEY: tuple(dict.fromkeys(found))} if found else {}


def _parts(params: Mapping[str, Any], table: str, arn: str, action: str) -> list[Mapping[str, Any]]:
    """What of a call the check is about. All items of a transaction on one table are asked about together."""
    batch = params.get("RequestItems")
    if batch is not None:
        given = [batch[name] for name in (table, arn) if name in batch]
        return [one if isinstance(one, Mapping) else {"Entries": one} for one in given]
    items = params.get("TransactItems")
    if items is not None:
        kinds = {"GetItem": "Get", "PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete"}
        kind = kinds.get(action.partition(":")[2], "ConditionCheck")
        return [one[kind] for one in items if one.get(kind) and one[kind].get("TableName") in (table, arn)]
    return [] if "Statement" in params or "Statements" in params or "TransactStatements" in params else [params]


ASPECTS = Aspects(
    carrier=_carrier,
    side=_side,
    tags=_tags,
    schema=_schema,
    settles=frozenset({"leadingkeys"}),
    settle=_settle,
    described="table",
)
