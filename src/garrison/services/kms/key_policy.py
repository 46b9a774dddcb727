"""The text of a key policy: the default one, what may be saved, what of it counts.

Source: KMS developer guide, "Key policies in AWS KMS" and "Default key policy"; API reference, `PutKeyPolicy`.
"""

from __future__ import annotations

import json
import re

from garrison.access.authorize import ask, judge
from garrison.access.binding import UnknownPrincipal, binder
from garrison.access.call import Call
from garrison.access.plan import plan
from garrison.access.resources import Facts
from garrison.aws.errors import AwsError
from garrison.aws.reference import Check
from garrison.policy.document import Document
from garrison.policy.request import AttachedPolicy, ContextValue, PolicyType
from garrison.policy.validate import validate_resource
from garrison.services.kms.errors import error, limit_exceeded
from garrison.store import Reader

NAME = "default"
LONGEST = 32 * 1024
"""Bytes (KMS developer guide, "Resource quotas": key policy document size)."""

_MALFORMED = "MalformedPolicyDocumentException"
_FORBIDDEN_CHARACTER = re.compile("[^\t\n\r\u0020-\u00ff]")
_LOCKED_OUT = "The new key policy will not allow you to update the key policy in the future."
_NOBODY = "Policy contains a statement with one or more invalid principals."


def default(partition: str, account: str) -> str:
    """The policy of a key that was created without one: the account decides."""
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]}, indent=2)


def accepted(call: Call, reader: Reader, text: str) -> str:
    """A policy as it is stored, its principals as unique ids.

    Raises `MalformedPolicyDocumentException`, and `LimitExceededException` for one that is too large.
    """
    if len(text.encode("utf-8", "replace")) > LONGEST:
        raise limit_exceeded("The specified policy document exceeds the size limit.")  # the text is a guess
    if _FORBIDDEN_CHARACTER.search(text):
        raise AwsError(_MALFORMED, "The policy contains characters that are not allowed.", status=400)  # a guess
    validate_resource(effective(text), needs_resource=False, code=_MALFORMED)
    try:
        return binder().bind(reader, text, call.partition)
    except UnknownPrincipal:
        raise AwsError(_MALFORMED, _NOBODY, status=400) from None


def shown(call: Call, reader: Reader, stored: str) -> str:
    """A stored policy as answers carry it."""
    return binder().render(reader, stored, call.partition)


def effective(text: str) -> str:
    """What of a policy counts: a statement without `Action` or without `Resource` may be saved and does nothing.

    Gives the text itself where all of it counts, and for what is no policy at all.
    """
    try:
        document = json.loads(text)
        statements = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
        idle = [statement for statement in statements if not _speaks(statement)]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return text
    if not idle:
        return text
    if not all("Principal" in statement or "NotPrincipal" in statement for statement in idle):
        raise AwsError(_MALFORMED, "Missing required field Principal cannot be empty!", status=400)
    counting = [statement for statement in statements if _speaks(statement)]
    return json.dumps({**document, "Statement": counting or [_NOTHING]})


_NOTHING = {"Effect": "Deny", "NotPrincipal": {"AWS": "*"}, "Action": "kms:None", "Resource": "*"}
"""In place of no statements at all, which a policy cannot have: it speaks of nobody and nothing."""


def _speaks(statement: dict[str, object]) -> bool:
    return bool({"Action", "NotAction"} & statement.keys()) and bool({"Resource", "NotResource"} & statement.keys())


def attached(stored: str) -> AttachedPolicy:
    """A stored policy, compiled."""
    return AttachedPolicy(Document.parse(effective(stored), PolicyType.RESOURCE), PolicyType.RESOURCE, "key policy")


def refuse_lock_out(
    call: Call, reader: Reader, stored: str, arn: str, context: dict[str, ContextValue], tags: dict[str, str]
) -> None:
    """Raise `MalformedPolicyDocumentException` if the caller could not put the next policy under this one.

    The same question that `PutKeyPolicy` by the same caller would be decided by, asked with the new policy.
    """
    if call.params.get("BypassPolicyLockoutSafetyCheck"):
        return
    account = call.account
    found = Facts(
        arn=arn,
        account=account,
        exists=True,
        tags=tags,
        context=context,
        policy=attached(stored),
        trusts_account=False,
    )
    given: dict[str, str | tuple[str, ...]] = {
        "kms:calleraccount": account,
        "kms:bypasspolicylockoutsafetycheck": "false",
    }
    check = Check("kms:PutKeyPolicy", arn, given)
    mine = plan(call.runtime, reader, call.caller)
    question, engine = ask(call, reader, mine, check, found, call.context)
    if not judge(question, engine, check, found).allowed:
        raise error("MalformedPolicyDocument", _LOCKED_OUT)
