"""Settings of an account that are weakened: its password policy, the log of Bedrock's model invocations.

Logic: specification 2. `UpdateAccountPasswordPolicy` sets what it does not name back to IAM's default (minimum length
6, no required characters; API reference, "UpdateAccountPasswordPolicy"), so the new policy is known from the call. It
is weaker where it asks for less than the one before (fewer characters, fewer kinds of them, passwords that last
longer), and, where there was none or it is not known, where it asks for less than the account has without any policy
of its own (8 characters of three kinds; IAM user guide, "Default password policy"). An attempt counts where only
permissions stopped it (GuardDuty user guide, "Stealth:IAMUser/PasswordPolicyChange").
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.parameters import denied, truth
from garrison.detect.registry import on_event
from garrison.detect.saying import of_call

POLICY = "Stealth:IAMUser/PasswordPolicyChange"
BEDROCK = "DefenseEvasion:IAMUser/BedrockLoggingDisabled"
_LONG = 12
"""Passwords as long as that are strong without rules about characters (NIST SP 800-63B); ours."""
_REQUIRED = ("requireSymbols", "requireNumbers", "requireUppercaseCharacters", "requireLowercaseCharacters")


@on_event(ApiCall, POLICY, names=("UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy"))
def password_policy(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source != "iam" or (call.error and not denied(call)):
        return ()
    if call.name.startswith("Update"):
        before = context.known("password_policy", call.account, before=call.id)
        if not _weaker(call.params, before):
            return ()
    return (of_call(POLICY, call, context, (call.account,)),)


def _weaker(new: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    length, kinds = _strength(new)
    if before:
        old_length, old_kinds = _strength(before)
        return length < old_length or not old_kinds <= kinds or _lasts(new) > _lasts(before)
    return length < 8 or (len(kinds) < 3 and length < _LONG)


def _lasts(policy: Mapping[str, Any]) -> float:
    """Days until a password expires."""
    try:
        return int(policy.get("maxPasswordAge") or 0) or math.inf
    except (TypeError, ValueError):
        return math.inf


def _strength(policy: Mapping[str, Any]) -> tuple[int, frozenset[str]]:
    try:
        length = int(policy.get("minimumPasswordLength", 6))
    except (TypeError, ValueError):
        length = 6
    return length, frozenset(name for name in _REQUIRED if truth(policy.get(name)))


@on_event(
    ApiCall, BEDROCK, names=("DeleteModelInvocationLoggingConfiguration", "PutModelInvocationLoggingConfiguration")
)
def bedrock_logging(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source != "bedrock" or call.error:
        return ()
    if call.name.startswith("Put"):
        config = call.params.get("loggingConfig")
        flags = [truth(v) for k, v in config.items() if k.endswith("Enabled")] if isinstance(config, dict) else []
        if not flags or any(flags):
            return ()
    return (of_call(BEDROCK, call, context, (call.account,)),)
