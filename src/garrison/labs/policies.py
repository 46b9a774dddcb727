"""The policies a principal has, as the account tells them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from garrison.labs.bench import MAIN, Bench


def policies_of_user(bench: Bench, user: str, *, account: str = MAIN) -> dict[str, str]:
    """Every identity-based policy that speaks for a user: `inline NAME`, `NAME`, `group G inline NAME` -> its text."""
    found = {f"inline {name}": text for name, text in _inline(bench, account, "User", user)}
    found |= dict(_attached(bench, account, "User", user))
    for group in bench.read("iam", "ListGroupsForUser", account=account, UserName=user)["Groups"]:
        of = group["GroupName"]
        found |= {f"group {of} inline {name}": text for name, text in _inline(bench, account, "Group", of)}
        found |= {f"group {of} {name}": text for name, text in _attached(bench, account, "Group", of)}
    return found


def allowed_actions(text: str) -> Iterator[str]:
    """The Action elements of a policy's Allow statements, as they are written."""
    for statement in _list(json.loads(text).get("Statement", [])):
        if statement.get("Effect") == "Allow":
            yield from _list(statement.get("Action", []))


def _inline(bench: Bench, account: str, kind: str, name: str) -> Iterator[tuple[str, str]]:
    of = {f"{kind}Name": name}
    for policy in bench.read("iam", f"List{kind}Policies", account=account, **of)["PolicyNames"]:
        told = bench.read("iam", f"Get{kind}Policy", account=account, PolicyName=policy, **of)
        yield policy, _text(told["PolicyDocument"])


def _attached(bench: Bench, account: str, kind: str, name: str) -> Iterator[tuple[str, str]]:
    of = {f"{kind}Name": name}
    for policy in bench.read("iam", f"ListAttached{kind}Policies", account=account, **of)["AttachedPolicies"]:
        arn = policy["PolicyArn"]
        version = bench.read("iam", "GetPolicy", account=account, PolicyArn=arn)["Policy"]["DefaultVersionId"]
        told = bench.read("iam", "GetPolicyVersion", account=account, PolicyArn=arn, VersionId=version)
        yield policy["PolicyName"], _text(told["PolicyVersion"]["Document"])


def _text(document: Any) -> str:
    """A document as text: IAM answers URL-encoded text, which clients decode."""
    if not isinstance(document, str):
        return json.dumps(document)
    return document if document.lstrip().startswith("{") else unquote(document)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
