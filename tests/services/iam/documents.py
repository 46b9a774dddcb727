"""Policy documents the tests share."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

ALLOW_ALL = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'


def allow(*actions: str, resource: str = "*") -> str:
    """An identity policy."""
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource}]}
    )


def trust(principal: Any) -> str:
    """A trust policy for `{"AWS": ...}` or the like."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}],
        }
    )


def sized(characters: int) -> str:
    """An identity policy of that many characters besides white space."""
    frame = len("".join(allow("s3:GetObject", resource="arn:aws:s3:::b/").split()))
    return allow("s3:GetObject", resource="arn:aws:s3:::b/" + "x" * (characters - frame))


def trusted(shown: str) -> Any:
    """The principal of the first statement of a document as an answer carries it."""
    return json.loads(unquote(shown))["Statement"][0]["Principal"]


def named(noun: str, name: str) -> dict[str, Any]:
    """The parameter that names a user, group or role."""
    return {f"{noun}Name": name}


EC2 = trust({"Service": "ec2.amazonaws.com"})
