"""IAM as the source of identity providers, for whoever verifies tokens and assertions."""

from __future__ import annotations

from garrison.access.federation import OidcProvider, SamlProvider, provide_identity_providers
from garrison.access.runtime import Runtime
from garrison.services.iam.oidc_providers import oidc_arn
from garrison.services.iam.resources import OIDC_PROVIDER, SAML_PROVIDER
from garrison.store import Reader

KEY_PURPOSE = "saml-private-key"


class IamIdentityProviders:
    """The one `access.federation.IdentityProviders`."""

    def oidc(self, reader: Reader, partition: str, account: str, issuer: str) -> OidcProvider | None:
        """The account's provider with exactly that issuer, scheme and all."""
        scheme, _, place = issuer.partition("://")
        row = reader.get(OIDC_PROVIDER, account, place)
        if row is None or row.body.scheme != scheme:
            return None
        return OidcProvider(
            arn=oidc_arn(partition, account, place),
            url=issuer,
            client_ids=row.body.client_ids,
            thumbprints=row.body.thumbprints,
        )

    def saml(self, runtime: Runtime, reader: Reader, arn: str) -> SamlProvider | None:
        """The SAML provider with that ARN, its private keys opened."""
        row = reader.by_id(SAML_PROVIDER, arn)
        if row is None:
            return None
        body = row.body
        return SamlProvider(
            arn=arn,
            uuid=body.uuid,
            entity_id=body.entity_id,
            certificates=body.certificates,
            valid_until=body.valid_until,
            private_keys=tuple(runtime.seal.open(KEY_PURPOSE, key.sealed, key.id) for key in body.private_keys),
            encryption_required=body.encryption_mode == "Required",
        )


provide_identity_providers(IamIdentityProviders())
