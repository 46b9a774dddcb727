"""Custom detection rules over Lambda, Organizations, RDS, SES and others."""

from __future__ import annotations

from typing import Any

from garrison.detect.events import ApiCall
from tests.detect.case import Case, fires, near
from tests.detect.making import OTHER, api

IAM = "Persistence:IAM/AccountManipulation"
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


def _permission(principal: str, **more: str) -> ApiCall:
    given = {"functionName": "resize", "statementId": "s1", "action": "lambda:InvokeFunction", "principal": principal}
    return api("lambda", "AddPermission", {**given, **more})


def _rds(name: str, **params: Any) -> ApiCall:
    return api("rds", name, {"dBInstanceIdentifier": "accounts-db", **params})


def _shares(name: str, *values: str, **params: Any) -> ApiCall:
    return api("rds", name, {"attributeName": "restore", "valuesToAdd": list(values), **params})


CASES: tuple[Case, ...] = (
    fires("a function lets everybody in", FUNCTION, _permission("*")),
    fires("a function lets another account in", FUNCTION, _permission(OTHER)),
    near(
        "a function lets services and its own organization in",
        (FUNCTION,),
        _permission("s3.amazonaws.com", sourceArn="arn:aws:s3:::invoices"),
        _permission("111122223333"),
        _permission("*", principalOrgID="o-exampleorg1"),
    ),
    fires(
        "a function gets a URL for everybody",
        FUNCTION_URL,
        api("lambda", "CreateFunctionUrlConfig", {"functionName": "resize", "authType": "NONE"}),
    ),
    near(
        "a function gets a URL for those IAM lets in",
        (FUNCTION_URL,),
        api("lambda", "CreateFunctionUrlConfig", {"functionName": "resize", "authType": "AWS_IAM"}),
    ),
    fires("the account leaves its organization", LEAVES, api("organizations", "LeaveOrganization")),
    fires(
        "the account wants to leave its organization",
        LEAVES,
        api("organizations", "LeaveOrganization", error="AccessDenied"),
    ),
    near(
        "an account is moved",
        (LEAVES, POLICIES),
        api("organizations", "MoveAccount", {"accountId": OTHER}),
        api("organizations", "EnablePolicyType", {"policyType": "SERVICE_CONTROL_POLICY"}),
        api("organizations", "DisablePolicyType", {"policyType": "TAG_POLICY"}, error="AccessDeniedException"),
    ),
    fires(
        "service control policies no longer count",
        POLICIES,
        api("organizations", "DisablePolicyType", {"rootId": "r-1", "policyType": "SERVICE_CONTROL_POLICY"}),
    ),
    fires("a database gets another password", RDS_PASSWORD, _rds("ModifyDBInstance", masterUserPassword="****")),
    fires(
        "a database will have another password",
        RDS_PASSWORD,
        api("rds", "ModifyDBInstance", {}, response={"pendingModifiedValues": {"masterUserPassword": "****"}}),
    ),
    fires(
        "a database no longer asks IAM",
        RDS_IAM,
        _rds("ModifyDBCluster", dBClusterIdentifier="ledger", enableIAMDatabaseAuthentication=False),
    ),
    fires("a database becomes public", RDS_PUBLIC, _rds("ModifyDBInstance", publiclyAccessible=True)),
    fires(
        "a public database is made of a snapshot",
        RDS_PUBLIC,
        _rds("RestoreDBInstanceFromDBSnapshot", publiclyAccessible=True),
    ),
    near(
        "a database is made, resized, and asks IAM",
        (RDS_PASSWORD, RDS_IAM, RDS_PUBLIC),
        _rds("CreateDBInstance", masterUserPassword="****", publiclyAccessible=False),
        _rds("ModifyDBInstance", dBInstanceClass="db.r6g.large", enableIAMDatabaseAuthentication=True),
        _rds("RebootDBInstance"),
    ),
    fires(
        "a snapshot of a database is made public",
        RDS_SHARED,
        _shares("ModifyDBSnapshotAttribute", "all", dBSnapshotIdentifier="s"),
    ),
    fires(
        "a snapshot of a cluster is shared with another account",
        RDS_SHARED,
        _shares("ModifyDBClusterSnapshotAttribute", OTHER, dBClusterSnapshotIdentifier="s"),
    ),
    near(
        "a snapshot of a database is shared within, or no longer",
        (RDS_SHARED,),
        _shares("ModifyDBSnapshotAttribute", "111122223333"),
        api("rds", "ModifyDBSnapshotAttribute", {"attributeName": "restore", "valuesToRemove": ["all"]}),
    ),
    fires(
        "DNS questions are no longer logged",
        DNS_LOGS,
        api("route53resolver", "DeleteResolverQueryLogConfig", {"resolverQueryLogConfigId": "rqlc-1"}),
    ),
    fires(
        "a network is taken out of the log of DNS questions",
        DNS_LOGS,
        api("route53resolver", "DisassociateResolverQueryLogConfig", {"resolverQueryLogConfigId": "rqlc-1"}),
    ),
    near(
        "a log of DNS questions is looked at, a rule deleted",
        (DNS_LOGS,),
        api("route53resolver", "GetResolverQueryLogConfig", {"resolverQueryLogConfigId": "rqlc-1"}),
        api("route53resolver", "DeleteResolverRule", {"resolverRuleId": "rr-1"}),
    ),
    fires(
        "notebooks run something else at their start",
        NOTEBOOK,
        api(
            "sagemaker", "UpdateNotebookInstanceLifecycleConfig", {"notebookInstanceLifecycleConfigName": "setup"}
        ),
    ),
    near(
        "a notebook is resized",
        (NOTEBOOK,),
        api("sagemaker", "UpdateNotebookInstance", {"notebookInstanceName": "n", "instanceType": "ml.t3.large"}),
        api("sagemaker", "StopNotebookInstance", {"notebookInstanceName": "n"}),
    ),
    fires(
        "a certificate authority is trusted",
        ANCHOR,
        api("rolesanywhere", "CreateTrustAnchor", {"name": "outside", "source": {"sourceType": "CERTIFICATE_BUNDLE"}}),
    ),
    near(
        "a profile is made, an anchor renamed",
        (ANCHOR,),
        api("rolesanywhere", "CreateProfile", {"name": "p"}),
        api("rolesanywhere", "UpdateTrustAnchor", {"trustAnchorId": "1", "name": "new"}),
    ),
    fires("sending of mail is turned on", SENDS, api("ses", "UpdateAccountSendingEnabled", {"enabled": True})),
    fires(
        "the account leaves the sandbox of mail",
        SENDS,
        api("ses", "PutAccountDetails", {"productionAccessEnabled": True, "mailType": "MARKETING"}),
    ),
    near(
        "sending of mail is turned off",
        (SENDS,),
        api("ses", "UpdateAccountSendingEnabled", {"enabled": False}),
        api("ses", "PutAccountDetails", {"mailType": "TRANSACTIONAL"}),
    ),
    fires("a domain is verified for mail", DOMAIN, api("ses", "VerifyDomainIdentity", {"domain": "example.org"})),
    fires(
        "a domain is verified for mail, the new way", DOMAIN, api("ses", "CreateEmailIdentity", {"emailIdentity": "a.example"})
    ),
    near(
        "one address is verified for mail",
        (DOMAIN,),
        api("ses", "CreateEmailIdentity", {"emailIdentity": "jo@example.org"}),
        api("ses", "GetIdentityVerificationAttributes", {"identities": ["example.org"]}),
    ),
)  # fmt: skip
