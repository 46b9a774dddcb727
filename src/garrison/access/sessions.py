"""What a caller's own session hands down to the role it assumes must be allowed like what is passed.

Transitive tags need `sts:TagSession`, and a source identity `sts:SetSourceIdentity`, at every link of a role chain; so
do all tags and the source identity that an identity provider puts into its token or assertion.
Source: IAM user guide, "Monitor and control actions taken with assumed roles"; that inherited tags are asked for as
well is how role chaining from EKS pod identities (whose tags are transitive) is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from garrison.access.call import Call
from garrison.aws.reference import Check


def with_inherited(call: Call, checks: Sequence[Check]) -> Sequence[Check]:
    """`checks` of a call for a role's session, and those that its caller's session or identity provider adds."""
    session = call.caller.session if call.operation == "AssumeRole" else call.vouched
    if session is None or not checks:
        return checks
    asked = {check.action for check in checks}
    more = [
        msgspec.structs.replace(checks[0], action=action)
        for action, inherited in (
            ("sts:TagSession", session.transitive or (call.vouched is not None and session.tags)),
            ("sts:SetSourceIdentity", session.source_identity),
        )
        if inherited and action not in asked
    ]
    return [*checks, *more]
