"""Who may not attest, whatever policies allow: whoever could have arranged what is attested.

- a root user: nothing binds it, and it is nobody in particular
- a session, or a user, that proved no second factor: nobody knows who it is
- whoever may change permissions or stop the record: separation of duties (NIST SP 800-53, AC-5)

Whoever changed what is attested is refused too: `own_changes`. AWS has no operation of this kind; these rules are ours.
"""

from __future__ import annotations

from garrison.access.call import Call
from garrison.access.simulate import decide
from garrison.aws.errors import AwsError
from garrison.policy.principal import Root
from garrison.store import Reader

_ARRANGING = (
    ("iam:PutRolePolicy", "arn:{partition}:iam::{account}:role/any"),
    ("iam:PutUserPolicy", "arn:{partition}:iam::{account}:user/any"),
    ("iam:CreatePolicyVersion", "arn:{partition}:iam::{account}:policy/any"),
    ("cloudtrail:StopLogging", "arn:{partition}:cloudtrail:{region}:{account}:trail/any"),
)
"""What an auditor may not be allowed, and of what."""


def examine(call: Call, reader: Reader) -> None:
    """Raise AccessDeniedException for a caller who may not attest."""
    principal, session = call.caller.principal, call.caller.session
    if isinstance(principal, Root):
        raise _refused(call, "root users attest nothing: assume a role that auditors have")
    if session is None or session.mfa_at is None:
        raise _refused(call, "whoever attests proves a second factor: the session was made without MFA")
    for action, pattern in _ARRANGING:
        resource = pattern.format(partition=call.partition, account=call.account, region=call.region)
        if decide(reader, call, action, resource, {}).allowed:
            raise _refused(call, f"duties are separate: whoever may do {action} attests nothing")


def _refused(call: Call, why: str) -> AwsError:
    text = f"User: {call.caller.principal.arn} is not authorized to perform: garrison:AttestAuditItem because {why}"
    return AwsError("AccessDeniedException", text, status=403)
