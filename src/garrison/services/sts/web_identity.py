"""AssumeRoleWithWebIdentity: a role for whoever an OpenID Connect provider vouches for."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.access.federation import OidcProvider, Vouched, identity_providers
from garrison.policy.principal import Federated
from garrison.services.operation import operation
from garrison.services.sts import claims
from garrison.services.sts.federated_session import (
    act_in_account_of_role,
    check_source_identity,
    open_session,
    refused,
    tag_context,
)
from garrison.services.sts.issuer_keys import key_of
from garrison.services.sts.web_identity_token import verify
from garrison.store import Transaction


def identify(call: Call) -> Vouched:
    """Verify the token against a provider of the role's account. Raises `AwsError`."""
    params, runtime = call.params, call.runtime
    with runtime.store.reading() as reader:
        account = act_in_account_of_role(call, reader).account
    if "ProviderId" in params:
        # For the OAuth access tokens of two consumer services, which only those services could check.
        raise refused(f"Access tokens of {params['ProviderId']} are not taken, only OpenID Connect ID tokens.")

    def provider_of(issuer: str) -> OidcProvider | None:
        with runtime.store.reading() as reader:
            return identity_providers().oidc(reader, call.partition, account, issuer)

    token = verify(
        params["WebIdentityToken"],
        provider_of,
        lambda provider, kid: key_of(runtime, provider, kid, call.now),
        call.now,
    )
    keys, kept = claims.condition_keys(token)
    tags = claims.tags_of(token.claims)
    identity = claims.source_identity_of(token.claims)
    check_source_identity(identity)
    return Vouched(
        principal=Federated(token.provider.arn, token.subject, token.audience),
        context={**keys, **tag_context(tags, identity)},
        session_context=kept,
        session_name=params["RoleSessionName"],
        answer={
            "SubjectFromWebIdentityToken": token.subject,
            "Audience": token.audience,
            # The provider's ARN, as recorded answers have it, though the API reference speaks of the issuer.
            "Provider": token.provider.arn,
        },
        tags=tags.tags,
        transitive=tags.transitive,
        source_identity=identity,
    )


@operation("sts", "AssumeRoleWithWebIdentity", access="write", identify=identify)
def assume_role_with_web_identity(call: Call, tx: Transaction) -> dict[str, Any]:
    """A session of the role. Trust policy and claims were decided before."""
    return open_session(call, tx, "web-identity")
