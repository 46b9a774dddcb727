"""Custom detection rules over EC2, IAM, Lambda, Organizations, RDS, SES and others; sign-ins to the console."""

from __future__ import annotations

import json
from typing import Any

from garrison.detect.events import ApiCall
from tests.detect.case import Case
from tests.detect.making import OTHER, api

INSTANCE = "i-0aa11bb22cc33dd44"
PASSWORD = "CredentialAccess:EC2/UnsecuredCredentials"
TOOLS = "DefenseImpairment:EC2/DisableOrModifyTools"
USER_DATA = "Persistence:EC2/BootOrLogonInitializationScripts"
SSH_KEY = "LateralMovement:EC2/RemoteServices"
SSH_OPEN = "Persistence:EC2/ExternalRemoteServices"
EC2_SHARED = "Exfiltration:EC2/TransferDataToCloudAccount"
IAM = "Persistence:IAM/AccountManipulation"
ESCALATED = "PrivilegeEscalation:IAM/AccountManipulation"
SIGN_IN = "InitialAccess:IAM/ValidAccounts"
FUNCTION = "Persistence:Lambda/AccountManipulation"
FUNCTION_URL = "Persistence:Lambda/ModifyAuthenticationProcess"
LEAVES = "DefenseImpairment:Organizations/ModifyCloudResourceHierarchy"
POLICIES = "DefenseImpairment:Organizations/DisableOrModifyTools"
RDS_PASSWORD = "CredentialAccess:RDS/ModifyAuthenticationProcess"
RDS_IAM = "DefenseImpairment:RDS/ModifyAuthenticationProcess"
RDS_PUBLIC = "InitialAccess:RDS/ExploitPublicFacingApplication"
RDS_SHARED = "Exfiltration:RDS/TransferDataToCloudAccount"
DNS_LOGS = "DefenseImpairment:Route53Resolver/DisableOrModifyTools"
NOTEBOOK = "Execution:SageMaker/CommandAndScriptingInterpreter"
ANCHOR = "Persistence:RolesAnywhere/AccountManipulation"
SENDS = "Impact:SES/ResourceHijacking"
DOMAIN = "ResourceDevelopment:SES/CompromiseAccounts"
ROOT = "Policy:IAMUser/RootCredentialUsage"

_AWS = "arn:aws:iam::aws:policy/"


def _fires(name: str, type: str, *events: ApiCall, **more: Any) -> Case:
    return Case(name=name, events=events, fires=(type,), **more)


def _near(name: str, types: tuple[str, ...], *events: ApiCall, **more: Any) -> Case:
    return Case(name=name, events=events, near=types, **more)


def _instance(**attribute: Any) -> ApiCall:
    return api("ec2", "ModifyInstanceAttribute", {"instanceId": INSTANCE, **attribute})


def _ingress(low: int, high: int, cidr: str, protocol: str = "tcp") -> ApiCall:
    many = (
        {"ipv6Ranges": {"items": [{"cidrIpv6": cidr}]}} if ":" in cidr else {"ipRanges": {"items": [{"cidrIp": cidr}]}}
    )
    rule = {"ipProtocol": protocol, "fromPort": low, "toPort": high, "groups": {}, **many}
    return api("ec2", "AuthorizeSecurityGroupIngress", {"groupId": "sg-1", "ipPermissions": {"items": [rule]}})


def _image(**who: str) -> ApiCall:
    permission = {"add": {"items": [who]}}
    return api("ec2", "ModifyImageAttribute", {"imageId": "ami-1", "launchPermission": permission})


def _snapshot(change: str, **who: str) -> ApiCall:
    permission = {change: {"items": [who]}}
    return api("ec2", "ModifySnapshotAttribute", {"snapshotId": "snap-1", "createVolumePermission": permission})


def _trust(principal: Any, **more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _grant(action: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})


def _sign_in(mfa: str, result: str = "Success", **more: Any) -> ApiCall:
    extra = more.pop("extra", {})
    return api(
        "signin", "ConsoleLogin", None, response={"ConsoleLogin": result}, more={"MFAUsed": mfa, **extra}, **more
    )


def _permission(principal: str, **more: str) -> ApiCall:
    given = {"functionName": "resize", "statementId": "s1", "action": "lambda:InvokeFunction", "principal": principal}
    return api("lambda", "AddPermission", {**given, **more})


def _rds(name: str, **params: Any) -> ApiCall:
    return api("rds", name, {"dBInstanceIdentifier": "accounts-db", **params})


def _shares(name: str, *values: str, **params: Any) -> ApiCall:
    return api("rds", name, {"attributeName": "restore", "valuesToAdd": list(values), **params})


_EC2 = (
    _fires("a password of an instance is asked for", PASSWORD, api("ec2", "GetPasswordData", {"instanceId": INSTANCE})),
    _fires(
        "somebody who may not asks for a password",
        PASSWORD,
        api("ec2", "GetPasswordData", {"instanceId": INSTANCE}, error="Client.UnauthorizedOperation"),
    ),
    _near(
        "a password is asked for of an instance there is not, and a console is read",
        (PASSWORD,),
        api("ec2", "GetPasswordData", {"instanceId": INSTANCE}, error="Client.InvalidInstanceID.NotFound"),
        api("ec2", "GetConsoleOutput", {"instanceId": INSTANCE}),
    ),
    _fires("user data is changed", USER_DATA, _instance(userData="<sensitiveDataRemoved>")),
    _fires("user data is changed, the old way", USER_DATA, _instance(attribute="userData", value="aGk=")),
    _fires("an instance is kept from being terminated", TOOLS, _instance(disableApiTermination={"value": True})),
    _fires(
        "flow logs are deleted",
        TOOLS,
        api("ec2", "DeleteFlowLogs", {"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": "fl-1"}}}),
    ),
    _near(
        "an instance may be terminated again, changes its groups, and flow logs are made",
        (TOOLS, USER_DATA),
        _instance(disableApiTermination={"value": False}),
        _instance(groupSet={"items": [{"groupId": "sg-1"}]}),
        api("ec2", "CreateFlowLogs", {"CreateFlowLogsRequest": {}}),
    ),
    _fires(
        "a key is pushed to an instance",
        SSH_KEY,
        api("ec2-instance-connect", "SendSSHPublicKey", {"instanceId": INSTANCE, "instanceOSUser": "root"}),
    ),
    _fires(
        "a key is pushed to a serial console",
        SSH_KEY,
        api("ec2-instance-connect", "SendSerialConsoleSSHPublicKey", {"instanceId": INSTANCE}),
    ),
    _near(
        "a key pair is made, a push is refused",
        (SSH_KEY,),
        api("ec2", "CreateKeyPair", {"keyName": "mine"}),
        api("ec2-instance-connect", "SendSSHPublicKey", {"instanceId": INSTANCE}, error="AccessDenied"),
    ),
    _fires("SSH is opened to the internet", SSH_OPEN, _ingress(22, 22, "0.0.0.0/0")),
    _fires("many ports, SSH among them, are opened to the internet of IPv6", SSH_OPEN, _ingress(20, 1024, "::/0")),
    _fires("everything is opened to the internet", SSH_OPEN, _ingress(-1, -1, "0.0.0.0/0", protocol="-1")),
    _fires(
        "a rule is changed into SSH for the internet",
        SSH_OPEN,
        api(
            "ec2",
            "ModifySecurityGroupRules",
            {
                "ModifySecurityGroupRulesRequest": {
                    "GroupId": "sg-1",
                    "SecurityGroupRule": {
                        "SecurityGroupRuleId": "sgr-1",
                        "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv4": "0.0.0.0/0"},
                    },
                }
            },
        ),
    ),
    _near(
        "SSH is opened to an office, HTTPS to the internet, a group to itself",
        (SSH_OPEN,),
        _ingress(22, 22, "203.0.113.0/24"),
        _ingress(443, 443, "0.0.0.0/0"),
        api(
            "ec2",
            "AuthorizeSecurityGroupIngress",
            {"groupId": "sg-1", "ipPermissions": {"items": [{"ipProtocol": "-1", "groups": {"items": [{}]}}]}},
        ),
        api("ec2", "AuthorizeSecurityGroupEgress", {"groupId": "sg-1", "cidrIp": "0.0.0.0/0"}),
    ),
    _fires("an image is made public", EC2_SHARED, _image(group="all")),
    _fires("an image is shared with another account", EC2_SHARED, _image(userId=OTHER)),
    _fires("a snapshot is shared with another account", EC2_SHARED, _snapshot("add", userId=OTHER)),
    _near(
        "an image is shared within, a snapshot no longer",
        (EC2_SHARED,),
        _image(userId="111122223333"),
        _snapshot("remove", userId=OTHER),
        api("ec2", "ModifyImageAttribute", {"imageId": "ami-1", "description": {"value": "base"}}),
    ),
)  # fmt: skip

_IAM = (
    _fires("a key is made for somebody else", IAM, api("iam", "CreateAccessKey", {"userName": "guest"})),
    Case(
        name="the root user makes itself a key",
        events=(api("iam", "CreateAccessKey", None, who="root"),),
        fires=(IAM, ROOT),
    ),
    _fires("a user gets a password", IAM, api("iam", "CreateLoginProfile", {"userName": "guest"})),
    _fires("a user gets another password", IAM, api("iam", "UpdateLoginProfile", {"userName": "guest"})),
    _fires(
        "a role comes to trust another account",
        IAM,
        api(
            "iam",
            "UpdateAssumeRolePolicy",
            {"roleName": "billing", "policyDocument": _trust({"AWS": f"arn:aws:iam::{OTHER}:root"})},
        ),
    ),
    _fires(
        "a new role trusts everybody",
        IAM,
        api("iam", "CreateRole", {"roleName": "helper", "assumeRolePolicyDocument": _trust({"AWS": "*"})}),
    ),
    _fires(
        "a role trusts everybody who sends an id",
        IAM,
        api(
            "iam",
            "UpdateAssumeRolePolicy",
            {
                "roleName": "web",
                "policyDocument": _trust("*", Condition={"StringEquals": {"sts:ExternalId": "9f3a"}}),
            },
        ),
    ),
    _near(
        "keys are rotated, roles trust services, the account itself, and a partner who knows a secret",
        (IAM,),
        api("iam", "CreateAccessKey", {"userName": "morgan"}),
        api("iam", "CreateAccessKey", None),
        api("iam", "CreateAccessKey", {"userName": "guest"}, error="LimitExceeded"),
        api("iam", "ChangePassword"),
        api(
            "iam",
            "UpdateAssumeRolePolicy",
            {"roleName": "web", "policyDocument": _trust({"Service": "ec2.amazonaws.com"})},
        ),
        api(
            "iam",
            "CreateRole",
            {"roleName": "own", "assumeRolePolicyDocument": _trust({"AWS": "arn:aws:iam::111122223333:root"})},
        ),
        api(
            "iam",
            "CreateRole",
            {
                "roleName": "monitor",
                "assumeRolePolicyDocument": _trust(
                    {"AWS": f"arn:aws:iam::{OTHER}:root"}, Condition={"StringEquals": {"sts:ExternalId": "9f3a"}}
                ),
            },
        ),
    ),
    _fires(
        "a role becomes an administrator",
        ESCALATED,
        api("iam", "AttachRolePolicy", {"roleName": "web", "policyArn": _AWS + "AdministratorAccess"}),
    ),
    _fires(
        "a user may manage all of IAM",
        ESCALATED,
        api("iam", "AttachUserPolicy", {"userName": "guest", "policyArn": _AWS + "IAMFullAccess"}),
    ),
    _fires(
        "a user may do everything by an inline policy",
        ESCALATED,
        api("iam", "PutUserPolicy", {"userName": "guest", "policyName": "p", "policyDocument": _grant("*")}),
    ),
    _fires(
        "a role may send any mail",
        ESCALATED,
        api("iam", "AttachRolePolicy", {"roleName": "web", "policyArn": _AWS + "AmazonSESFullAccess"}),
    ),
    _fires(
        "a user gets a long-lived credential of Bedrock",
        ESCALATED,
        api(
            "iam", "CreateServiceSpecificCredential", {"userName": "guest", "serviceName": "bedrock.amazonaws.com"}
        ),
    ),
    _near(
        "permissions for reading and for one service are given",
        (ESCALATED,),
        api("iam", "AttachRolePolicy", {"roleName": "web", "policyArn": _AWS + "ReadOnlyAccess"}),
        api("iam", "AttachRolePolicy", {"roleName": "web", "policyArn": "arn:aws:iam::111122223333:policy/own"}),
        api("iam", "AttachUserPolicy", {"userName": "g", "policyArn": _AWS + "AdministratorAccess"}, error="AccessDenied"),
        api("iam", "PutRolePolicy", {"roleName": "web", "policyName": "p", "policyDocument": _grant("s3:*")}),
        api(
            "iam", "CreateServiceSpecificCredential", {"userName": "guest", "serviceName": "codecommit.amazonaws.com"}
        ),
    ),
    _fires("a user signs in with a password alone", SIGN_IN, _sign_in("No")),
    _near(
        "people sign in with MFA, through a provider, or not at all",
        (SIGN_IN,),
        _sign_in("Yes"),
        _sign_in("No", who="role"),
        _sign_in("No", extra={"SamlProviderArn": "arn:aws:iam::111122223333:saml-provider/office"}),
        _sign_in("No", "Failure", error="Failed authentication"),
    ),
)  # fmt: skip

_OTHERS = (
    _fires("a function lets everybody in", FUNCTION, _permission("*")),
    _fires("a function lets another account in", FUNCTION, _permission(OTHER)),
    _near(
        "a function lets services and its own organization in",
        (FUNCTION,),
        _permission("s3.amazonaws.com", sourceArn="arn:aws:s3:::invoices"),
        _permission("111122223333"),
        _permission("*", principalOrgID="o-exampleorg1"),
    ),
    _fires(
        "a function gets a URL for everybody",
        FUNCTION_URL,
        api("lambda", "CreateFunctionUrlConfig", {"functionName": "resize", "authType": "NONE"}),
    ),
    _near(
        "a function gets a URL for those IAM lets in",
        (FUNCTION_URL,),
        api("lambda", "CreateFunctionUrlConfig", {"functionName": "resize", "authType": "AWS_IAM"}),
    ),
    _fires("the account leaves its organization", LEAVES, api("organizations", "LeaveOrganization")),
    _fires(
        "the account wants to leave its organization",
        LEAVES,
        api("organizations", "LeaveOrganization", error="AccessDenied"),
    ),
    _near(
        "an account is moved",
        (LEAVES, POLICIES),
        api("organizations", "MoveAccount", {"accountId": OTHER}),
        api("organizations", "EnablePolicyType", {"policyType": "SERVICE_CONTROL_POLICY"}),
        api("organizations", "DisablePolicyType", {"policyType": "TAG_POLICY"}, error="AccessDeniedException"),
    ),
    _fires(
        "service control policies no longer count",
        POLICIES,
        api("organizations", "DisablePolicyType", {"rootId": "r-1", "policyType": "SERVICE_CONTROL_POLICY"}),
    ),
    _fires("a database gets another password", RDS_PASSWORD, _rds("ModifyDBInstance", masterUserPassword="****")),
    _fires(
        "a database no longer asks IAM",
        RDS_IAM,
        _rds("ModifyDBCluster", dBClusterIdentifier="ledger", enableIAMDatabaseAuthentication=False),
    ),
    _fires("a database becomes public", RDS_PUBLIC, _rds("ModifyDBInstance", publiclyAccessible=True)),
    _fires(
        "a public database is made of a snapshot",
        RDS_PUBLIC,
        _rds("RestoreDBInstanceFromDBSnapshot", publiclyAccessible=True),
    ),
    _near(
        "a database is made, resized, and asks IAM",
        (RDS_PASSWORD, RDS_IAM, RDS_PUBLIC),
        _rds("CreateDBInstance", masterUserPassword="****", publiclyAccessible=False),
        _rds("ModifyDBInstance", dBInstanceClass="db.r6g.large", enableIAMDatabaseAuthentication=True),
        _rds("RebootDBInstance"),
    ),
    _fires(
        "a snapshot of a database is made public",
        RDS_SHARED,
        _shares("ModifyDBSnapshotAttribute", "all", dBSnapshotIdentifier="s"),
    ),
    _fires(
        "a snapshot of a cluster is shared with another account",
        RDS_SHARED,
        _shares("ModifyDBClusterSnapshotAttribute", OTHER, dBClusterSnapshotIdentifier="s"),
    ),
    _near(
        "a snapshot of a database is shared within, or no longer",
        (RDS_SHARED,),
        _shares("ModifyDBSnapshotAttribute", "111122223333"),
        api("rds", "ModifyDBSnapshotAttribute", {"attributeName": "restore", "valuesToRemove": ["all"]}),
    ),
    _fires(
        "DNS questions are no longer logged",
        DNS_LOGS,
        api("route53resolver", "DeleteResolverQueryLogConfig", {"resolverQueryLogConfigId": "rqlc-1"}),
    ),
    _fires(
        "a network is taken out of the log of DNS questions",
        DNS_LOGS,
        api("route53resolver", "DisassociateResolverQueryLogConfig", {"resolverQueryLogConfigId": "rqlc-1"}),
    ),
    _near(
        "a log of DNS questions is looked at, a rule deleted",
        (DNS_LOGS,),
        api("route53resolver", "GetResolverQueryLogConfig", {"resolverQueryLogConfigId": "rqlc-1"}),
        api("route53resolver", "DeleteResolverRule", {"resolverRuleId": "rr-1"}),
    ),
    _fires(
        "notebooks run something else at their start",
        NOTEBOOK,
        api(
            "sagemaker", "UpdateNotebookInstanceLifecycleConfig", {"notebookInstanceLifecycleConfigName": "setup"}
        ),
    ),
    _near(
        "a notebook is resized",
        (NOTEBOOK,),
        api("sagemaker", "UpdateNotebookInstance", {"notebookInstanceName": "n", "instanceType": "ml.t3.large"}),
        api("sagemaker", "StopNotebookInstance", {"notebookInstanceName": "n"}),
    ),
    _fires(
        "a certificate authority is trusted",
        ANCHOR,
        api("rolesanywhere", "CreateTrustAnchor", {"name": "outside", "source": {"sourceType": "CERTIFICATE_BUNDLE"}}),
    ),
    _near(
        "a profile is made, an anchor renamed",
        (ANCHOR,),
        api("rolesanywhere", "CreateProfile", {"name": "p"}),
        api("rolesanywhere", "UpdateTrustAnchor", {"trustAnchorId": "1", "name": "new"}),
    ),
    _fires("sending of mail is turned on", SENDS, api("ses", "UpdateAccountSendingEnabled", {"enabled": True})),
    _fires(
        "the account leaves the sandbox of mail",
        SENDS,
        api("ses", "PutAccountDetails", {"productionAccessEnabled": True, "mailType": "MARKETING"}),
    ),
    _near(
        "sending of mail is turned off",
        (SENDS,),
        api("ses", "UpdateAccountSendingEnabled", {"enabled": False}),
        api("ses", "PutAccountDetails", {"mailType": "TRANSACTIONAL"}),
    ),
    _fires("a domain is verified for mail", DOMAIN, api("ses", "VerifyDomainIdentity", {"domain": "example.org"})),
    _fires(
        "a domain is verified for mail, the new way", DOMAIN, api("ses", "CreateEmailIdentity", {"emailIdentity": "a.example"})
    ),
    _near(
        "one address is verified for mail",
        (DOMAIN,),
        api("ses", "CreateEmailIdentity", {"emailIdentity": "jo@example.org"}),
        api("ses", "GetIdentityVerificationAttributes", {"identities": ["example.org"]}),
    ),
)  # fmt: skip

CASES = (*_EC2, *_IAM, *_OTHERS)
