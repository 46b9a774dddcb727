"""The account's password policy."""

from __future__ import annotations

import json
from typing import Any

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.policy.document import Document
from garrison.policy.request import AttachedPolicy, PolicyType
from garrison.services.iam.resources import EPOCH, PASSWORD_POLICY, PasswordPolicy
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

_NAME = "password-policy"
_MEMBERS = {
    "MinimumPasswordLength": "minimum_length",
    "RequireSymbols": "require_symbols",
    "RequireNumbers": "require_numbers",
    "RequireUppercaseCharacters": "require_uppercase",
    "RequireLowercaseCharacters": "require_lowercase",
    "AllowUsersToChangePassword": "allow_users_to_change",
    "MaxPasswordAge": "max_age",
    "PasswordReusePrevention": "reuse_prevention",
    "HardExpiry": "hard_expiry",
}


def policy_of(reader: Reader, account: str) -> PasswordPolicy | None:
    """The account's own policy, or None: the default one holds."""
    row = _row(reader, account)
    return None if row is None else row.body


def self_service(reader: Reader, account: str, user_arn: str) -> AttachedPolicy | None:
    """What AllowUsersToChangePassword gives every user: its own password, and a look at the policy.

    IAM does not attach a policy for it but applies the permissions at the account level (IAM user guide, "Set an
    account password policy for IAM users").
    """
    policy = policy_of(reader, account)
    if policy is None or not policy.allow_users_to_change:
        return None
    document = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": user_arn},
                {"Effect": "Allow", "Action": "iam:GetAccountPasswordPolicy", "Resource": "*"},
            ],
        },
        indent=2,
    )
    return AttachedPolicy(
        Document.parse(document, PolicyType.IDENTITY),
        PolicyType.IDENTITY,
        "account password policy (AllowUsersToChangePassword)",
        attached_to=user_arn,
    )


def _row(reader: Reader, account: str) -> Resource[PasswordPolicy] | None:
    return reader.get(PASSWORD_POLICY, account, _NAME)


@operation("iam", "UpdateAccountPasswordPolicy", access="write")
def update_account_password_policy(call: Call, tx: Transaction) -> None:
    # What is left out goes back to its default: the policy is replaced, not changed (IAM API reference).
    body = PasswordPolicy(**{field: call.params[name] for name, field in _MEMBERS.items() if name in call.params})
    row = _row(tx, call.account)
    if row is None:
        tx.insert(PASSWORD_POLICY, call.account, _NAME, body, id=call.account, created=call.now)
    else:
        tx.update(row, body, updated=call.now)
    tx.bump(EPOCH, call.account)


@operation("iam", "GetAccountPasswordPolicy", access="read")
def get_account_password_policy(call: Call, reader: Reader) -> dict[str, Any]:
    policy = policy_of(reader, call.account)
    if policy is None:
        raise AwsError("NoSuchEntity", f"The Password Policy with domain name {call.account} cannot be found.")
    answer = {name: getattr(policy, field) for name, field in _MEMBERS.items()}
    answer["ExpirePasswords"] = policy.max_age is not None
    return {"PasswordPolicy": {name: value for name, value in answer.items() if value is not None}}


@operation("iam", "DeleteAccountPasswordPolicy", access="write")
def delete_account_password_policy(call: Call, tx: Transaction) -> None:
    row = _row(tx, call.account)
    if row is None:
        raise AwsError("NoSuchEntity", "The account policy with name PasswordPolicy cannot be found.")
    tx.delete(row)
    tx.bump(EPOCH, call.account)
