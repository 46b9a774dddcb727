"""The condition keys that policies ask about, in conditions and in variables: GetContextKeysFor..."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.policy.document import Document
from garrison.policy.reader import PolicyError
from garrison.policy.request import PolicyType
from garrison.policy.statement import Statement
from garrison.services.iam.held import entity, held
from garrison.services.operation import operation
from garrison.store import Reader

_VARIABLE = re.compile(r"\$\{([^},']+)(, *'[^']*')?\}")
_LITERALS = ("*", "?", "$")


def parsed(text: str, kind: PolicyType, where: str) -> Document:
    """A document passed as a parameter. Raises `InvalidInput`; its text is a guess."""
    try:
        return Document.parse(text, kind)
    except PolicyError as e:
        raise AwsError("InvalidInput", f"Syntax errors in policy {where}: {e}.") from None


def inputs(call: Call, member: str, kind: PolicyType) -> list[Document]:
    """The documents of a list parameter."""
    return [parsed(text, kind, f"{member}.{n}") for n, text in enumerate(call.params.get(member) or (), 1)]


def variables(values: Iterable[str], *, required: bool = False) -> Iterator[str]:
    """Keys of the variables in policy values, as written; `required`: only of those without a default."""
    for value in values:
        for match in _VARIABLE.finditer(value):
            if match[1] not in _LITERALS and not (required and match[2]):
                yield match[1].strip()


def resource_variables(statement: Statement, *, required: bool = False) -> Iterator[str]:
    """Keys of the variables in a statement's `Resource` or `NotResource`."""
    for element in ("Resource", "NotResource"):
        yield from variables(statement.values.get(element, ()), required=required)


def condition_keys(statement: Statement, *, with_variables: bool, required: bool = False) -> Iterator[str]:
    """Keys a statement's conditions test, and those of the variables in their values."""
    for condition in statement.conditions:
        yield condition.key
        if with_variables:
            yield from variables(condition.values, required=required)


def distinct(keys: Iterable[str]) -> list[str]:
    """Each key once, whatever its case, in the order of first mention."""
    found: dict[str, str] = {}
    for key in keys:
        found.setdefault(key.lower(), key)
    return list(found.values())


def _of(documents: Iterable[Document]) -> Iterator[str]:
    for document in documents:
        for statement in document.statements:
            if document.variables:
                yield from resource_variables(statement)
            yield from condition_keys(statement, with_variables=document.variables)


@operation("iam", "GetContextKeysForCustomPolicy", access="read")
def get_context_keys_for_custom_policy(call: Call, reader: Reader) -> dict[str, Any]:
    return {"ContextKeyNames": distinct(_of(inputs(call, "PolicyInputList", PolicyType.IDENTITY)))}


@operation("iam", "GetContextKeysForPrincipalPolicy", access="read")
def get_context_keys_for_principal_policy(call: Call, reader: Reader) -> dict[str, Any]:
    given = inputs(call, "PolicyInputList", PolicyType.IDENTITY)
    source = entity(reader, call.account, call.params["PolicySourceArn"])
    documents = [Document.parse(policy.document, PolicyType.IDENTITY) for policy in held(reader, source)]
    return {"ContextKeyNames": distinct(_of([*documents, *given]))}
