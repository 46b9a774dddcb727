"""Ids, ARNs and tokens of Artifact. Shapes: botocore's model; agreements' tokens: the API reference."""

from __future__ import annotations

import hashlib
import secrets
import string

_LETTERS = string.ascii_letters + string.digits


def new_id(prefix: str, letters: int = 16) -> str:
    """`report-` and sixteen letters and digits."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(letters))


def named_id(prefix: str, *names: str) -> str:
    """An id of the same form that the names alone decide, so that two who make the same thing at once meet."""
    number = int.from_bytes(hashlib.sha256("\0".join(names).encode()).digest())
    letters = []
    for _ in range(16):
        number, letter = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[letter])
    return prefix + "".join(letters)


def hashed(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def report_arn(partition: str, region: str, report: str, number: int) -> str:
    """A version's ARN: reports belong to no account."""
    return f"arn:{partition}:artifact:{region}::report/{report}:{number}"


def agreement_arn(partition: str, agreement: str) -> str:
    return f"arn:{partition}:artifact:::agreement/{agreement}"


def customer_agreement_arn(partition: str, account: str, id: str) -> str:
    return f"arn:{partition}:artifact::{account}:customer-agreement/{id}"
