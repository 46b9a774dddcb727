"""AssumeRoleWithSAML: a role for whoever a SAML identity provider vouches for."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.access.federation import Vouched, identity_providers
from garrison.aws.arn import Arn
from garrison.aws.errors import AwsError
from garrison.policy.principal import Federated
from garrison.services.operation import operation
from garrison.services.sts import saml_assertion
from garrison.services.sts.federated_session import (
    act_in_account_of_role,
    not_authorized,
    open_session,
    refused,
    tag_context,
)
from garrison.services.sts.saml_response import signed_assertion
from garrison.store import Transaction

_KEPT = ("saml:namequalifier", "saml:sub", "saml:sub_type")
"""What a session goes on carrying (IAM user guide, "Available keys for SAML-based AWS STS federation")."""


def identify(call: Call) -> Vouched:
    """Verify the assertion against the provider that `PrincipalArn` names. Raises `AwsError`."""
    params, runtime = call.params, call.runtime
    role, arn = params["RoleArn"], params["PrincipalArn"]
    parsed = Arn.parse(arn)
    if parsed is None or parsed.service != "iam" or not parsed.resource.startswith("saml-provider/"):
        raise AwsError("ValidationError", f"{arn} is invalid", status=400)
    with runtime.store.reading() as reader:
        account = act_in_account_of_role(call, reader).account
        # A trust policy can name providers of its own account only.
        provider = identity_providers().saml(runtime, reader, arn) if parsed.account == account else None
    if provider is None:
        raise refused("Specified provider doesn't exist.")
    if provider.valid_until is not None and call.now >= provider.valid_until:
        raise refused("The metadata of the specified provider is no longer valid.")  # a guess
    said = saml_assertion.read(signed_assertion(params["SAMLAssertion"], provider, call.now), provider, call.now)
    if (role, arn) not in said.roles:
        raise not_authorized(call)
    keys = said.context
    return Vouched(
        principal=Federated(arn, said.subject, said.name_qualifier),
        context={**keys, "sts:rolesessionname": said.session_name, **tag_context(said.tags, said.source_identity)},
        session_context={name: keys[name] for name in _KEPT},
        session_name=said.session_name,
        answer={
            "Subject": said.subject,
            "SubjectType": said.subject_type,
            "Issuer": said.issuer,
            "Audience": said.recipient,
            "NameQualifier": said.name_qualifier,
        },
        tags=said.tags.tags,
        transitive=said.tags.transitive,
        source_identity=said.source_identity,
        not_after=said.not_after,
    )


@operation("sts", "AssumeRoleWithSAML", access="write", identify=identify)
def assume_role_with_saml(call: Call, tx: Transaction) -> dict[str, Any]:
    """A session of the role. Trust policy and claims were decided before."""
    return open_session(call, tx, "saml")
