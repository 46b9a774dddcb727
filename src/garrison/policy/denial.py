"""The sentence AWS says when it refuses.

Source: IAM user guide, "Troubleshoot access denied error messages"; the policy's ARN behind a colon since January 2026
(AWS security blog), for policies of IAM and Organizations, and only towards a caller of the same account or
organization. Across accounts the reason is left out altogether, since it would tell one side about the other.
"""

from __future__ import annotations

from garrison.policy.request import Decision

_LAYERS = {
    "RCP": ("a resource control policy", "resource control policy"),
    "SCP": ("a service control policy", "service control policy"),
    "VPCE": ("a VPC endpoint policy", "VPC endpoint policy"),
    "RESOURCE": ("a resource-based policy", "resource-based policy"),
    "TRUST": ("the role trust policy", "role trust policy"),
    "IDENTITY": ("an identity-based policy", "identity-based policy"),
    "BOUNDARY": ("a permissions boundary", "permissions boundary"),
    "SESSION": ("a session policy", "session policy"),
}
_NAMED = ("RCP", "SCP", "IDENTITY", "BOUNDARY")
"""Layers whose deciding policy is named by its ARN, where it has one."""


def denial_tail(decision: Decision, action: str, *, same_org: bool) -> str:
    """`because no identity-based policy allows the iam:ListUsers action`, or empty where AWS gives no reason."""
    verdict, _, rest = decision.code.partition("_")
    manner, _, layer = rest.partition("_")
    if decision.allowed or verdict != "DENY" or layer not in _LAYERS or not same_org:
        return ""
    denying, silent = _LAYERS[layer]
    if manner == "IMPLICIT":
        return f"because no {silent} allows the {action} action"
    arn = decision.policy.arn if decision.policy is not None and layer in _NAMED else None
    return f"with an explicit deny in {denying}" + (f": {arn}" if arn else "")


def denial_message(decision: Decision, caller_arn: str, action: str, resource: str, same_org: bool) -> str:
    """AWS's sentence for a denied request. `same_org`: caller and resource share an account or an organization."""
    sentence = f"User: {caller_arn} is not authorized to perform: {action}"
    if resource != "*":
        sentence += f" on resource: {resource}"
    tail = denial_tail(decision, action, same_org=same_org)
    return f"{sentence} {tail}" if tail else sentence
