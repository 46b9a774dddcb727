"""Deployments in which checks fail, and ones in which they pass: on a real Garrison, and on a real moto_server."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import boto3
import botocore.config

from tests.checks.certificates import certificate
from tests.clients.agreements import artifact_of, enter
from tests.clients.scenario import allow, deny, policy
from tests.clients.server import Credentials, Server
from tests.services.iam.certificates import ec_key, pem_key

HOST = "ci.example.com"
ELSEWHERE = "999988887777"


def client(url: str, service: str, keys: Credentials, region: str = "us-east-1") -> Any:
    return boto3.session.Session().client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        aws_session_token=keys.session_token,
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )


def trust(principal: Any, action: str = "sts:AssumeRole", condition: Any = None) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return policy(statement | ({"Condition": condition} if condition else {}))


class Organization:
    """An organization on a Garrison, with a member it made and one it invited."""

    def __init__(self, server: Server, name: str) -> None:
        tag = uuid.uuid4().hex[:6]
        self.server = server
        self.management, self.root = server.new_account(f"{name}-{tag}")
        self.org = client(server.url, "organizations", self.root)
        self.iam = client(server.url, "iam", self.root)
        self.id = self.org.create_organization(FeatureSet="ALL")["Organization"]["Id"]
        self.root_id = self.org.list_roots()["Roots"][0]["Id"]
        asked = self.org.create_account(Email=f"m-{tag}@example.com", AccountName="security")["CreateAccountStatus"]
        while asked["State"] == "IN_PROGRESS":
            time.sleep(0.05)
            asked = self.org.describe_create_account_status(CreateAccountRequestId=asked["Id"])["CreateAccountStatus"]
        self.member = asked["AccountId"]
        self.invited, self.invited_root = server.new_account(f"{name}-invited-{tag}")
        sent = self.org.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": self.invited})["Handshake"]
        client(server.url, "organizations", self.invited_root).accept_handshake(HandshakeId=sent["Id"])

    @property
    def accounts(self) -> list[str]:
        return [self.management, self.member, self.invited]

    def user(self, name: str, *statements: dict[str, Any]) -> None:
        self.iam.create_user(UserName=name)
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))

    def guard(self, kind: str, name: str, *statements: dict[str, Any]) -> None:
        made = self.org.create_policy(
            Type=kind,
            Name=name,
            Description="d",
            Content=json.dumps({"Version": "2012-10-17", "Statement": statements}),
        )
        self.org.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=self.root_id)


def bad(server: Server) -> Organization:
    """Everything is wrong."""
    from tests.checks.guarded import guarded

    here = Organization(server, "bad")
    iam = here.iam
    guarded(here, good=False)
    here.org.disable_policy_type(RootId=here.root_id, PolicyType="SERVICE_CONTROL_POLICY")
    assert (
        server.admin("POST", "/_garrison/root-password", {"account": here.management, "password": "Abcd-1234!xyz"})[0]
        == 200
    )
    iam.upload_signing_certificate(CertificateBody=certificate(1, days=30))
    iam.upload_server_certificate(
        ServerCertificateName="web", CertificateBody=certificate(0, days=30), PrivateKey=pem_key(ec_key(0))
    )
    here.user("bob")
    iam.create_login_profile(UserName="bob", Password="Corr3ct-horse")
    iam.create_access_key(UserName="bob")
    iam.create_access_key(UserName="bob")
    here.user("carol")
    iam.attach_user_policy(UserName="carol", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    everything = iam.create_policy(PolicyName="everything", PolicyDocument=policy(allow("*:*")))
    iam.create_role(RoleName="ops", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}))
    iam.attach_role_policy(RoleName="ops", PolicyArn=everything["Policy"]["Arn"])
    own = f"arn:aws:iam::{here.management}:user"
    here.user("eve", allow("iam:CreateAccessKey", Resource=f"{own}/carol"))
    here.user("mallory", allow("iam:CreateLoginProfile", Resource=f"{own}/eve"))
    here.user("frank", allow("iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction", "ec2:RunInstances"))
    here.user("grace", allow("s3:GetObject"), deny("s3:ListObject"))
    here.user("heidi", allow("cloudtrail:*"))
    here.user("ivan", allow("kms:Decrypt"))
    iam.create_role(RoleName="open", AssumeRolePolicyDocument=trust("*"))
    iam.create_role(RoleName="vendor", AssumeRolePolicyDocument=trust({"AWS": f"arn:aws:iam::{ELSEWHERE}:root"}))
    provider = f"arn:aws:iam::{here.management}:oidc-provider/{HOST}"
    given: dict[str, Any] = {"StringEquals": {f"{HOST}:aud": "sts.amazonaws.com"}}
    iam.create_role(
        RoleName="deploy",
        AssumeRolePolicyDocument=trust({"Federated": provider}, "sts:AssumeRoleWithWebIdentity", given),
    )
    return here


def good(server: Server) -> Organization:
    """The same things, as they should be."""
    from tests.checks.guarded import guarded

    here = Organization(server, "good")
    iam, org = here.iam, here.org
    iam.update_account_password_policy(MinimumPasswordLength=16, PasswordReusePrevention=24)
    here.user("bob")
    iam.create_login_profile(UserName="bob", Password="Corr3ct-horse-battery-staple")
    enable_mfa(here, "bob")
    iam.create_access_key(UserName="bob")
    iam.create_group(GroupName="readers")
    reading = policy(allow("s3:GetObject", "kms:Decrypt", Resource=f"arn:aws:kms:us-east-1:{here.management}:key/1234"))
    iam.put_group_policy(
        GroupName="readers", PolicyName="read", PolicyDocument=reading.replace("s3:GetObject", "kms:DescribeKey")
    )
    iam.add_user_to_group(GroupName="readers", UserName="bob")
    iam.upload_server_certificate(
        ServerCertificateName="web", CertificateBody=certificate(0, days=300), PrivateKey=pem_key(ec_key(0))
    )
    administrator: dict[str, Any] = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    whole = f"arn:aws:iam::{here.management}:root"
    iam.create_role(RoleName="administrator", AssumeRolePolicyDocument=trust({"AWS": whole}, condition=administrator))
    iam.attach_role_policy(RoleName="administrator", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    asked: dict[str, Any] = {"StringEquals": {"sts:ExternalId": "e-1"}}
    vendor = {"AWS": f"arn:aws:iam::{ELSEWHERE}:root"}
    iam.create_role(RoleName="vendor", AssumeRolePolicyDocument=trust(vendor, condition=asked))
    provider = f"arn:aws:iam::{here.management}:oidc-provider/{HOST}"
    ours: dict[str, Any] = {
        "StringEquals": {f"{HOST}:aud": "sts.amazonaws.com", f"{HOST}:sub": "repo:us/ours:ref:refs/heads/main"}
    }
    federated = trust({"Federated": provider}, "sts:AssumeRoleWithWebIdentity", ours)
    iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=federated)
    org.enable_policy_type(RootId=here.root_id, PolicyType="RESOURCE_CONTROL_POLICY")
    not_root = {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}, "Null": {"aws:AssumedRoot": "true"}}
    org.enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    iam.enable_organizations_root_credentials_management()
    iam.enable_organizations_root_sessions()
    org.register_delegated_administrator(AccountId=here.member, ServicePrincipal="iam.amazonaws.com")
    guarded(here, good=True)
    org.enable_aws_service_access(ServicePrincipal="artifact.amazonaws.com")
    enter(artifact_of(server.url, here.root), "agreement-OrganizationsBAA")
    # Before its root user may do nothing any more, the invited account gives up its root keys.
    theirs = client(server.url, "iam", here.invited_root)
    theirs.delete_access_key(AccessKeyId=here.invited_root.access_key_id)
    stop = [
        "cloudtrail:StopLogging",
        "cloudtrail:DeleteTrail",
        "cloudtrail:UpdateTrail",
        "cloudtrail:PutEventSelectors",
    ]
    here.guard(
        "SERVICE_CONTROL_POLICY", "guards",
        deny("organizations:LeaveOrganization"), deny(*stop), deny("*", Condition=not_root),
    )  # fmt: skip
    elsewhere = {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1"]}}
    here.guard(
        "SERVICE_CONTROL_POLICY", "regions",
        {"Effect": "Deny", "NotAction": ["iam:*", "organizations:*", "sts:*"], "Resource": "*", "Condition": elsewhere},
    )  # fmt: skip
    outside = {
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": here.id},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }
    services = ["s3:*", "kms:*", "sqs:*", "secretsmanager:*"]
    here.guard("RESOURCE_CONTROL_POLICY", "perimeter", deny(*services, Principal="*", Condition=outside))
    return here


def enable_mfa(here: Organization, name: str) -> None:
    """A virtual device for a user."""
    from garrison.services.iam import totp

    made = here.iam.create_virtual_mfa_device(VirtualMFADeviceName=f"{name}-device")["VirtualMFADevice"]
    import base64

    seed = base64.b32decode(made["Base32StringSeed"])
    step = totp.step_at(time.time())
    codes = [totp.code(seed, step + n) for n in (-1, 0)]
    here.iam.enable_mfa_device(
        UserName=name, SerialNumber=made["SerialNumber"], AuthenticationCode1=codes[0], AuthenticationCode2=codes[1]
    )


KEYS = Credentials("test", "test")


def foreign(url: str, *, good: bool) -> None:
    """Keys and trails on a moto_server, as they should be or not."""
    kms = client(url, "kms", KEYS)
    account = client(url, "sts", KEYS).get_caller_identity()["Account"]
    own = f"arn:aws:iam::{account}:root"
    cloudtrail = client(url, "cloudtrail", KEYS)
    client(url, "s3", KEYS).create_bucket(Bucket="trails")
    client(url, "organizations", KEYS).create_organization(FeatureSet="ALL")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    if good:
        kms.enable_key_rotation(KeyId=key)
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=_key_policy(own))
        kms.create_grant(KeyId=key, GranteePrincipal=f"arn:aws:iam::{account}:role/job", Operations=["Decrypt"])
        cloudtrail.create_trail(
            Name="all",
            S3BucketName="trails",
            IsMultiRegionTrail=True,
            EnableLogFileValidation=True,
            KmsKeyId=key,
            IsOrganizationTrail=True,
        )
        everything = [{"ReadWriteType": "All", "IncludeManagementEvents": True}]
        cloudtrail.put_event_selectors(TrailName="all", EventSelectors=everything)
        cloudtrail.start_logging(Name="all")
        return
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=_key_policy("*"))
    theirs = kms.create_key(Policy=_key_policy(own, f"arn:aws:iam::{ELSEWHERE}:root"))["KeyMetadata"]["KeyId"]
    kms.create_grant(KeyId=theirs, GranteePrincipal=f"arn:aws:iam::{ELSEWHERE}:user/x", Operations=["Decrypt"])
    nobody = f"arn:aws:iam::{account}:role/gone"
    kms.create_key(Policy=_key_policy(nobody), BypassPolicyLockoutSafetyCheck=True)
    kms.schedule_key_deletion(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], PendingWindowInDays=7)
    cloudtrail.create_trail(Name="here", S3BucketName="trails", IsMultiRegionTrail=False)
    cloudtrail.put_event_selectors(
        TrailName="here", EventSelectors=[{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]
    )


def _key_policy(*principals: str) -> str:
    return policy(allow("kms:*", Principal={"AWS": list(principals)}))
