"""Roles that would let in every customer of an identity provider that many share.

`token.actions.githubusercontent.com` signs tokens for all of GitHub: a role that trusts it must say for whom. On saving
a trust policy IAM asks that a condition be there on one of the provider's telling claims, and that its value be more
than wildcards. Source: IAM user guide, "Identity-provider controls for shared OIDC providers"; the message is a guess.
"""

from __future__ import annotations

from garrison.aws.errors import AwsError
from garrison.policy.document import Document
from garrison.policy.request import PolicyType
from garrison.policy.statement import Statement

_SUBJECT = ("sub",)
_TELLING: dict[str, tuple[str, ...]] = {
    "token.actions.githubusercontent.com": ("sub", "job_workflow_ref"),
    "vstoken.actions.githubusercontent.com": _SUBJECT,
    "oidc-configuration.audit-log.githubusercontent.com": _SUBJECT,
    "agent.buildkite.com": _SUBJECT,
    "oidc.codefresh.io": _SUBJECT,
    "studio.datachain.ai/api": _SUBJECT,
    "gitlab.com": _SUBJECT,
    "scalr.io": _SUBJECT,
    "tokens.cloud.shisho.dev": _SUBJECT,
    "app.terraform.io": _SUBJECT,
    "proidc.upbound.io": _SUBJECT,
    "api.pulumi.com/oidc": ("aud",),
    "oidc.vercel.com": ("aud",),
}


def check_shared_issuers(trust: str) -> None:
    """Raises `MalformedPolicyDocument` for a trust policy (one that may be saved otherwise) that is too broad."""
    for statement in Document.parse(trust, PolicyType.TRUST).statements:
        if not statement.allow or not statement.action("sts:assumerolewithwebidentity"):
            continue
        for principal in statement.values.get("Principal", ()):
            kind, _, value = principal.partition(":")
            issuer = value.partition(":oidc-provider/")[2].rstrip("/")
            if kind == "Federated" and issuer in _TELLING and not _narrowed(statement, issuer):
                names = " or ".join(f"{issuer}:{claim}" for claim in _TELLING[issuer])
                raise AwsError(
                    "MalformedPolicyDocument",
                    f"Trust policies for {issuer} must evaluate {names} with a value that is not solely wildcards.",
                )


def _narrowed(statement: Statement, issuer: str) -> bool:
    wanted = {f"{issuer}:{claim}" for claim in _TELLING[issuer]}
    return any(
        condition.key.rstrip("/").lower() in wanted
        and condition.values
        and all(value.strip("*?") and value.lower() != "null" for value in condition.values)
        and "not" not in condition.operator.lower()
        for condition in statement.conditions
    )
