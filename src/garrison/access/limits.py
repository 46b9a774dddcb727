"""What kinds of credentials may not do, whatever policies say.

Source: IAM user guide, "Compare AWS STS credentials", and the STS API reference of each operation.
"""

from __future__ import annotations

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.policy.principal import FederatedUser, RoleSession, Root, User

_MAKES_SESSIONS = frozenset({"GetSessionToken", "GetFederationToken"})
_SESSION_TOKEN_MAY = frozenset({"AssumeRole", "GetCallerIdentity"})


def invalid_token() -> AwsError:
    """What AWS answers to credentials that stand for nobody, or that a service does not take."""
    return AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", status=403)


def unauthorized(call: Call, action: str) -> AwsError:
    """The plain sentence, without resource and reason."""
    arn = call.caller.principal.arn
    return AwsError("AccessDenied", f"User: {arn} is not authorized to perform: {action}", status=403)


def barred(call: Call) -> AwsError | None:
    """The error AWS gives when this kind of credentials cannot make this call, or None."""
    service = call.service
    if service not in ("sts", "iam"):
        return None
    caller, name = call.caller, call.operation
    principal, session = caller.principal, caller.session
    if service == "iam":
        # GetFederationToken credentials cannot call IAM; GetSessionToken credentials only with MFA.
        if isinstance(principal, FederatedUser):
            return invalid_token()
        if session is not None and session.kind == "session-token" and session.mfa_at is None:
            return invalid_token()
        return None
    if session is not None and name in _MAKES_SESSIONS:
        return AwsError("AccessDenied", f"Cannot call {name} with session credentials", status=403)
    if isinstance(principal, FederatedUser) and name != "GetCallerIdentity":
        return unauthorized(call, f"sts:{name}")
    if session is not None and session.kind == "session-token" and name not in _SESSION_TOKEN_MAY:
        return unauthorized(call, f"sts:{name}")
    if name == "AssumeRole":
        if isinstance(principal, Root):
            return AwsError("AccessDenied", "Roles may not be assumed by root accounts.", status=403)
        if not isinstance(principal, (User, RoleSession)):
            return unauthorized(call, f"sts:{name}")
    return None
