"""Principals of trust policies are kept as unique ids, so that a role made again under an old name is not trusted.

On saving, the ARN of a user or role becomes its id (`AIDA...`, `AROA...`) and an account number becomes the account's
root ARN; on reading, ids become ARNs again, or stay ids when what they named is gone. Only those string tokens change:
the rest of the document, its white space and line numbers, stays as it was given.
Source: IAM user guide, "AWS JSON policy elements: Principal".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from garrison.access.binding import UnknownPrincipal, provide_binder
from garrison.aws.arn import Arn
from garrison.policy.reader import Array, Object, Scalar, read, strings
from garrison.policy.validate import principal_refusal
from garrison.services.iam.resources import ROLE, USER
from garrison.store import Reader

_ACCOUNT = re.compile(r"\d{12}")
_UNIQUE_ID = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{12,}")
# Where services' principals live; the form is checked, not whether the service exists.
_SERVICE = re.compile(
    r"[A-Za-z0-9.-]+\.(?:amazonaws\.com|amazonaws\.com\.cn|amazon\.com|aws\.internal|aws\.dev|api\.aws)"
)


def store_principals(reader: Reader, document: str, partition: str) -> str:
    """The document as it is stored. Raises `MalformedPolicyDocument` for a principal that does not exist."""
    try:
        return bind_principals(reader, document, partition)
    except UnknownPrincipal as e:
        raise principal_refusal(e.kind, e.value) from None


def bind_principals(reader: Reader, document: str, partition: str) -> str:
    """The document as it is stored. Raises `UnknownPrincipal`."""

    def stored(kind: str, value: str) -> str:
        known = value if kind not in ("AWS", "Service") else _stored(reader, kind, value, partition)
        if known is None:
            raise UnknownPrincipal(kind, value)
        return known

    return _substitute(document, stored)


def render_principals(reader: Reader, document: str, partition: str) -> str:
    """The document as it is shown."""

    def shown(kind: str, value: str) -> str:
        return _arn_of(reader, value, partition) or value if kind == "AWS" else value

    return _substitute(document, shown)


def _stored(reader: Reader, kind: str, value: str, partition: str) -> str | None:
    if kind == "Service":
        return value if _SERVICE.fullmatch(value) else None
    if value == "*":
        return value
    if _ACCOUNT.fullmatch(value):
        return f"arn:{partition}:iam::{value}:root"
    if _UNIQUE_ID.fullmatch(value):
        return value if _arn_of(reader, value, partition) else None
    arn = Arn.parse(value)
    if arn is None or arn.partition != partition or arn.region or not _ACCOUNT.fullmatch(arn.account):
        return None
    folder, _, name = arn.resource.rpartition("/")
    if not name or "*" in arn.resource or "?" in arn.resource:
        return None
    if arn.service == "sts":
        # Sessions come and go, so they are taken at their word.
        return value if folder == "federated-user" or re.fullmatch(r"assumed-role/[^/]+", folder) else None
    if arn.service != "iam":
        return None
    if arn.resource == "root":
        return value
    return _id_of(reader, arn.account, arn.resource)


def _id_of(reader: Reader, account: str, resource: str) -> str | None:
    """The id of `user/path/name` or `role/path/name`, spelled exactly as it was created."""
    folder, _, name = resource.rpartition("/")
    if folder.split("/", 1)[0] == "user":
        user = reader.get(USER, account, name)
        return user.id if user and f"user{user.body.path}{user.name}" == resource else None
    if folder.split("/", 1)[0] == "role":
        role = reader.get(ROLE, account, name)
        return role.id if role and f"role{role.body.path}{role.name}" == resource else None
    return None


def _arn_of(reader: Reader, value: str, partition: str) -> str | None:
    """The ARN of the user or role with that unique id, if there is one."""
    if value.startswith("AIDA"):
        user = reader.by_id(USER, value)
        return f"arn:{partition}:iam::{user.account}:user{user.body.path}{user.name}" if user else None
    if value.startswith("AROA"):
        role = reader.by_id(ROLE, value)
        return f"arn:{partition}:iam::{role.account}:role{role.body.path}{role.name}" if role else None
    return None


def _substitute(document: str, replace: Callable[[str, str], str]) -> str:
    """Pass each principal (its type, its value) of a policy through `replace`, changing nothing else."""
    lines = [0, *(match.end() for match in re.finditer("\n", document))]
    out: list[str] = []
    copied = 0
    for kind, scalar in sorted(_principals(document), key=lambda found: (found[1].span.line, found[1].span.column)):
        replaced = replace(kind, scalar.text)
        if replaced != scalar.text:
            span = scalar.span
            out.append(document[copied : lines[span.line - 1] + span.column - 1])
            out.append(json.dumps(replaced, ensure_ascii=False))
            copied = lines[span.end_line - 1] + span.end_column
    out.append(document[copied:])
    return "".join(out)


def _principals(document: str) -> Iterator[tuple[str, Scalar]]:
    root = read(document)
    statements = root.get("Statement") if isinstance(root, Object) else None
    for statement in statements.items if isinstance(statements, Array) else (statements,):
        if not isinstance(statement, Object):
            continue
        for element in ("Principal", "NotPrincipal"):
            named = statement.get(element)
            for kind, member in named.members.items() if isinstance(named, Object) else ():
                for scalar in strings(member.value) or ():
                    yield kind, scalar


class _Binder:
    """What other services ask, whose policies and grants name principals too."""

    def bind(self, reader: Reader, document: str, partition: str) -> str:
        return bind_principals(reader, document, partition)

    def render(self, reader: Reader, document: str, partition: str) -> str:
        return render_principals(reader, document, partition)

    def bind_one(self, reader: Reader, principal: str, partition: str) -> str | None:
        return _stored(reader, "AWS", principal, partition)

    def render_one(self, reader: Reader, principal: str, partition: str) -> str:
        return _arn_of(reader, principal, partition) or principal


provide_binder(_Binder())
