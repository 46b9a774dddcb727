"""IAM's quotas at their defaults. Source: IAM user guide, "IAM and AWS STS quotas".

Those of how many there may be can be raised, as AWS raises them on request: `garrison up --quota RolesPerAccount=5000`.
"""

from __future__ import annotations

from garrison.access.runtime import Runtime

USERS = 5000
GROUPS = 300
ROLES = 1000
POLICIES = 1500
INSTANCE_PROFILES = 1000
SERVER_CERTIFICATES = 20
SAML_PROVIDERS = 100
OIDC_PROVIDERS = 100
CLIENT_IDS_PER_OIDC_PROVIDER = 100
THUMBPRINTS_PER_OIDC_PROVIDER = 5
PRIVATE_KEYS_PER_SAML_PROVIDER = 2
GROUPS_PER_USER = 10
ACCESS_KEYS_PER_USER = 2
MFA_DEVICES_PER_USER = 8
SIGNING_CERTIFICATES_PER_USER = 2
SSH_PUBLIC_KEYS_PER_USER = 5
SERVICE_CREDENTIALS_PER_USER = 2
"""For each service (API reference, CreateServiceSpecificCredential)."""
ATTACHED_POLICIES = 10
POLICY_VERSIONS_IN_USE = 10000
VERSIONS_PER_POLICY = 5
POLICY_SIZE = 6144
USER_POLICY_SIZE = 2048
GROUP_POLICY_SIZE = 5120
ROLE_POLICY_SIZE = 10240
ASSUME_ROLE_POLICY_SIZE = 2048


def adjusted(runtime: Runtime, name: str, default: int) -> int:
    """A quota by the name AWS's errors give it: what the operator set, or its default."""
    return runtime.quotas.get(name, default)
