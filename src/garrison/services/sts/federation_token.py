"""GetFederationToken: a user's rights, cut down by session policies, for somebody that is no IAM user."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.access.caller import Session
from garrison.aws.errors import AwsError
from garrison.policy.principal import FederatedUser, Root, User
from garrison.services.operation import operation
from garrison.services.sts import session_policies, tags
from garrison.services.sts.credentials import issue
from garrison.store import Transaction

DEFAULT_SECONDS = 43_200
ROOT_SECONDS = 3_600
"""Sessions made by root users last an hour at most (STS API reference, GetFederationToken)."""


@operation("sts", "GetFederationToken", access="write")
def get_federation_token(call: Call, tx: Transaction) -> dict[str, Any]:
    """Temporary credentials of a federated user of the calling user (or root user)."""
    caller, params = call.caller, call.params
    issuer = caller.principal
    if caller.session is not None or not isinstance(issuer, (User, Root)):
        raise AwsError("AccessDenied", "Cannot call GetFederationToken with session credentials", status=403)
    seconds = params.get("DurationSeconds", DEFAULT_SECONDS)
    if isinstance(issuer, Root):
        seconds = min(seconds, ROOT_SECONDS)
    policy: str | None = params.get("Policy")
    arns = [item["arn"] for item in params.get("PolicyArns", ())]
    session_policies.check_policies(tx, issuer.account, policy, arns)
    session_tags = tags.passed(params)
    packed = session_policies.packed_percent(policy, arns, session_tags)
    principal = FederatedUser(
        account=issuer.account, name=params["Name"], issuer_arn=issuer.arn, issuer_id=issuer.user_id
    )
    issued = int(call.now)
    session = Session(
        kind="federation-token",
        issued=float(issued),
        expires=float(issued + seconds),
        tags=session_tags,
        policies=() if policy is None else (policy,),
        policy_arns=tuple(arns),
        issuer_key=caller.access_key_id,
    )
    output = {
        **issue(call, principal, session),
        "FederatedUser": {"FederatedUserId": principal.user_id, "Arn": principal.arn},
    }
    if packed is not None:
        output["PackedPolicySize"] = packed
    return output
