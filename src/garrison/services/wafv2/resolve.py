"""What stands behind the ARNs that rules name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from garrison.services.wafv2 import entities
from garrison.services.wafv2.documents import given
from garrison.services.wafv2.resources import WEB_ACL
from garrison.services.wafv2.scope import arn_of
from garrison.store import Reader


def resolver(reader: Reader) -> Callable[[str], Mapping[str, Any] | None]:
    """What the engine asks for the sets and groups that rules name by ARN.

    Whether a rule may name them was decided when it was saved; a group shared across accounts is found here too.
    """

    def find(arn: str) -> Mapping[str, Any] | None:
        row = entities.find(reader, arn)
        if row is None or row.kind is WEB_ACL:
            return None
        document: dict[str, Any] = given(row.body.document)
        own = {"Name": row.name, "Id": row.id, "ARN": arn_of(arn.split(":", 2)[1], row)}
        return {**document, **own, "Capacity": row.body.capacity, "Account": row.account}

    return find
