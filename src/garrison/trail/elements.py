"""Request and response as CloudTrail prints them: camel-case names, its timestamps, secrets removed.

One closure tree is compiled for each operation from its model, at first use.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.model import Shape

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""CloudTrail's own words where a secret stood."""

SECRETS = frozenset(
    {
        *("authenticationcode1", "authenticationcode2", "base32stringseed", "bootstrapdata", "clientsecret"),
        *("masteruserpassword", "newpassword", "oldpassword", "password", "plaintext", "privatekey", "qrcodepng"),
        *("samlassertion", "secret", "secretaccesskey", "secretbinary", "secretstring", "securitytoken", "tokencode"),
        "webidentitytoken",
    }
)
"""Members that carry secrets whether or not the model marks them, lower case."""

PAYLOADS: dict[str, frozenset[str]] = {
    "dynamodb": frozenset(
        {
            *("attributeupdates", "expected", "expressionattributevalues", "item", "keyconditions", "parameters"),
            *("queryfilter", "scanfilter", "statement"),
        }
    ),
    "firehose": frozenset({"data"}),
    "kinesis": frozenset({"data"}),
    "kms": frozenset(
        {
            *("ciphertextblob", "encryptedkeymaterial", "granttoken", "granttokens", "importtoken", "keystorepassword"),
            *("mac", "message", "plaintext", "publickey", "recipient", "sharedsecretciphertextblob", "signature"),
            "xksproxyauthenticationcredential",
        }
    ),
    "lambda": frozenset({"clientcontext", "environment", "payload", "zipfile"}),
    "s3": frozenset({"body"}),
    "sns": frozenset({"message", "messageattributes", "subject"}),
    "sqs": frozenset({"messageattributes", "messagebody", "messagesystemattributes"}),
}
"""Members that carry the user's own data, by service, lower case: the trail says that something was sent, not what.

CloudTrail's data events hide them in the same way (SNS and SQS developer guides, "Logging ... using AWS CloudTrail";
DynamoDB's show the keys of items alone).
"""

_OMITTED_WHOLE = frozenset({"iam", "kms", "sts"})
"""Services whose secrets CloudTrail leaves out, rather than print `HIDDEN` in their place."""

Printer = Callable[[Any], Any]


def printer(service: str, shape: Shape | None) -> Printer | None:
    """A function from parsed params (or an operation's output) to what the trail shows; None if there are none."""
    if shape is None:
        return None
    return _compile(shape, service, {})


def _compile(shape: Shape, service: str, seen: dict[str, Printer]) -> Printer | None:
    """None means the value is printed as it is."""
    if shape.name in seen:
        return seen[shape.name]
    if shape.type_name == "structure":
        members: dict[str, tuple[str, Printer | None]] = {}

        def structure(value: Any) -> Any:
            if not isinstance(value, dict):
                return value
            out = {}
            for name, item in value.items():
                member = members.get(name)
                if member is not None:
                    camel, inner = member
                    out[camel] = item if inner is None else inner(item)
            return out

        seen[shape.name] = structure
        for name, inner in shape.members.items():  # type: ignore[attr-defined]
            lower = name.lower()
            secret = lower in SECRETS or lower in PAYLOADS.get(service, ()) or inner.metadata.get("sensitive")
            if secret and service in _OMITTED_WHOLE:
                continue
            members[name] = (name[0].lower() + name[1:], _hide if secret else _compile(inner, service, seen))
        return structure
    if shape.type_name == "list":
        each = _compile(shape.member, service, seen)  # type: ignore[attr-defined]
        if service == "ec2" and each is not None:
            # As EC2's records have them (CloudTrail user guide, "Amazon EC2 log examples"). Lists of plain values have
            # names of their own there (`instancesSet`), which no model tells: they stay as they are.
            return lambda value: {"items": [each(item) for item in value]} if value else {}
        return None if each is None else lambda value: [each(item) for item in value]
    if shape.type_name == "map":
        of = _compile(shape.value, service, seen)  # type: ignore[attr-defined]
        return None if of is None else lambda value: {key: of(item) for key, item in value.items()}
    if shape.type_name == "timestamp":
        return print_time
    if shape.type_name == "blob":
        return _blob
    return None


def _hide(value: Any) -> str:
    return HIDDEN


def _blob(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes | bytearray) else value


def print_time(value: Any) -> Any:
    """`Jul 18, 2023, 4:07:39 PM`: how CloudTrail prints timestamps inside elements.

    Source: the AssumeRole example of the IAM user guide, "Logging IAM and AWS STS API calls with AWS CloudTrail".
    """
    if isinstance(value, int | float):
        value = datetime.fromtimestamp(value, UTC)
    if not isinstance(value, datetime):
        return value
    value = value.astimezone(UTC)
    hour = value.hour % 12 or 12
    month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][value.month - 1]
    return f"{month} {value.day}, {value.year}, {hour}:{value:%M:%S} {'AM' if value.hour < 12 else 'PM'}"
