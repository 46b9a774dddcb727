"""GetAccountSummary: how much of everything an account has, and may have."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.services.iam import quotas
from garrison.services.iam.credentials import SERVER_CERTIFICATE, SIGNING_CERTIFICATE
from garrison.services.iam.resources import (
    ACCESS_KEY,
    GROUP,
    INSTANCE_PROFILE,
    LOGIN_PROFILE,
    MFA,
    MFA_DEVICE,
    OIDC_PROVIDER,
    POLICY,
    ROLE,
    SAML_PROVIDER,
    USER,
)
from garrison.services.iam.token_preferences import token_version
from garrison.services.operation import operation
from garrison.store import Reader


@operation("iam", "GetAccountSummary", access="read")
def get_account_summary(call: Call, reader: Reader) -> dict[str, Any]:
    account = call.account
    devices = reader.page(MFA_DEVICE, account, parent=None)
    policies = reader.page(POLICY, account)
    return {
        "SummaryMap": {
            "Users": reader.count(USER, account),
            "UsersQuota": quotas.adjusted(call.runtime, "UsersPerAccount", quotas.USERS),
            "Groups": reader.count(GROUP, account),
            "GroupsQuota": quotas.adjusted(call.runtime, "GroupsPerAccount", quotas.GROUPS),
            "Roles": reader.count(ROLE, account),
            "RolesQuota": quotas.adjusted(call.runtime, "RolesPerAccount", quotas.ROLES),
            "InstanceProfiles": reader.count(INSTANCE_PROFILE, account),
            "InstanceProfilesQuota": quotas.adjusted(
                call.runtime, "InstanceProfilesPerAccount", quotas.INSTANCE_PROFILES
            ),
            "Policies": len(policies),
            "PoliciesQuota": quotas.adjusted(call.runtime, "PoliciesPerAccount", quotas.POLICIES),
            "PolicyVersionsInUse": sum(len(row.body.versions) for row in policies),
            "PolicyVersionsInUseQuota": quotas.POLICY_VERSIONS_IN_USE,
            "VersionsPerPolicyQuota": quotas.VERSIONS_PER_POLICY,
            "PolicySizeQuota": quotas.POLICY_SIZE,
            "UserPolicySizeQuota": quotas.USER_POLICY_SIZE,
            "GroupPolicySizeQuota": quotas.GROUP_POLICY_SIZE,
            "RolePolicySizeQuota": quotas.ROLE_POLICY_SIZE,
            "AssumeRolePolicySizeQuota": quotas.ASSUME_ROLE_POLICY_SIZE,
            "AttachedPoliciesPerUserQuota": quotas.ATTACHED_POLICIES,
            "AttachedPoliciesPerGroupQuota": quotas.ATTACHED_POLICIES,
            "AttachedPoliciesPerRoleQuota": quotas.ATTACHED_POLICIES,
            "GroupsPerUserQuota": quotas.GROUPS_PER_USER,
            "AccessKeysPerUserQuota": quotas.ACCESS_KEYS_PER_USER,
            "SigningCertificatesPerUserQuota": quotas.SIGNING_CERTIFICATES_PER_USER,
            "MFADevices": len(devices),
            "MFADevicesInUse": sum(row.body.owner is not None for row in devices),
            "AccountMFAEnabled": int(bool(reader.targets(MFA, account))),
            "AccountPasswordPresent": int(reader.by_id(LOGIN_PROFILE, account) is not None),
            "AccountAccessKeysPresent": int(reader.count(ACCESS_KEY, account, parent=account) > 0),
            "AccountSigningCertificatesPresent": int(reader.count(SIGNING_CERTIFICATE, account, parent=account) > 0),
            "ServerCertificates": reader.count(SERVER_CERTIFICATE, account),
            "ServerCertificatesQuota": quotas.SERVER_CERTIFICATES,
            "Providers": reader.count(OIDC_PROVIDER, account) + reader.count(SAML_PROVIDER, account),
            "GlobalEndpointTokenVersion": token_version(reader, account),
        }
    }
