"""A day of ordinary administration: infrastructure as code, deployments, people at work. Nothing comes of it."""

from __future__ import annotations

import json
from typing import Any

from garrison.detect.catalogue import TYPES
from garrison.detect.events import ApiCall
from tests.detect.case import Case
from tests.detect.making import api, kube, login

_TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.13.1 aws-sdk-go-v2/1.39.0 os/linux lang/go#1.24.6 md/GOARCH#amd64"


def _policy(principal: Any, action: Any, resource: str = "", **more: Any) -> str:
    one = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [one | ({"Resource": resource} if resource else {})]})


def _iac(source: str, name: str, params: dict[str, Any] | None = None, **more: Any) -> ApiCall:
    return api(source, name, params, who="role", agent=_TERRAFORM, **more)


def _bucket(name: str, **params: Any) -> ApiCall:
    return _iac("s3", name, {"bucketName": "invoices", **params})


_CDN = {"Service": "cloudfront.amazonaws.com"}
_ONE = {"StringEquals": {"AWS:SourceArn": "arn:aws:cloudfront::111122223333:distribution/E1"}}
_GITHUB = {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}
_REPOSITORY = {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:shop/web:*"}}
_BLOCK = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
_OBJECTS = "arn:aws:s3:::invoices/*"

_STORAGE = (
    _bucket("CreateBucket"),
    _bucket("CreateBucket", **{"x-amz-acl": ["private"], "x-amz-object-ownership": "BucketOwnerEnforced"}),
    _bucket("PutBucketPolicy", bucketPolicy=json.loads(_policy(_CDN, "s3:GetObject", _OBJECTS, Condition=_ONE))),
    _bucket(
        "PutBucketPolicy",
        bucketPolicy=json.loads(
            _policy({"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2"}, "s3:GetObject", _OBJECTS)
        ),
    ),
    _bucket("PutBucketPublicAccessBlock", PublicAccessBlockConfiguration=_BLOCK),
    _bucket("PutBucketLogging", BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "a/"}}),
    _bucket("PutBucketVersioning", VersioningConfiguration={"Status": "Enabled"}),
    _bucket(
        "PutBucketEncryption",
        ServerSideEncryptionConfiguration={"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}},
    ),
    _bucket(
        "PutBucketLifecycle",
        LifecycleConfiguration={
            "Rule": [
                {"ID": "old", "Status": "Enabled", "Expiration": {"Days": 90}, "Filter": {"Prefix": ""}},
                {"ID": "unfinished", "Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
                {"ID": "cache", "Status": "Enabled", "Expiration": {"Days": 2}, "Filter": {"Prefix": "cache/"}},
            ]
        },
    ),
    api("s3", "GetObject", {"bucketName": "invoices", "key": "a"}, who="role", data=True, read_only=True),
    api("s3", "DeleteObject", {"bucketName": "invoices", "key": "a"}, who="role", data=True),
    api("s3", "DeleteBucket", {"bucketName": "scratch"}),
)  # fmt: skip
_IDENTITY = (
    _iac("iam", "CreateRole", {"roleName": "fn", "assumeRolePolicyDocument": _policy({"Service": "lambda.amazonaws.com"}, "sts:AssumeRole")}),
    _iac("iam", "CreateRole", {"roleName": "ci", "assumeRolePolicyDocument": _policy(_GITHUB, "sts:AssumeRoleWithWebIdentity", Condition=_REPOSITORY)}),
    _iac("iam", "UpdateAssumeRolePolicy", {"roleName": "fn", "policyDocument": _policy({"Service": ["lambda.amazonaws.com", "events.amazonaws.com"]}, "sts:AssumeRole")}),
    _iac("iam", "AttachRolePolicy", {"roleName": "fn", "policyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}),
    _iac("iam", "AttachRolePolicy", {"roleName": "node", "policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"}),
    _iac("iam", "PutRolePolicy", {"roleName": "fn", "policyName": "p", "policyDocument": json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "logs:*"], "Resource": "*"}]})}),
    _iac("iam", "CreatePolicy", {"policyName": "p", "policyDocument": "{}"}),
    api("iam", "CreateUser", {"userName": "guest"}),
    api("iam", "DeleteAccessKey", {"userName": "guest", "accessKeyId": "AKIAEXAMPLEGUEST00001"}),
    api("iam", "CreateAccessKey", {"userName": "morgan"}),
    api("iam", "EnableMFADevice", {"userName": "morgan"}),
    api("iam", "GenerateCredentialReport"),
    api("signin", "ConsoleLogin", None, response={"ConsoleLogin": "Success"}, more={"MFAUsed": "Yes", "MobileVersion": "No"}),
    api("signin", "ConsoleLogin", None, who="role", response={"ConsoleLogin": "Success"}, more={"MFAUsed": "No"}),
    api("sts", "AssumeRole", {"roleArn": "arn:aws:iam::111122223333:role/release", "roleSessionName": "morgan"}),
    api("sts", "GetCallerIdentity", read_only=True),
)  # fmt: skip
_NETWORKS_AND_MACHINES = (
    _iac("ec2", "CreateSecurityGroup", {"groupName": "web", "vpcId": "vpc-1"}),
    _iac("ec2", "AuthorizeSecurityGroupIngress", {"groupId": "sg-1", "ipPermissions": {"items": [{"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}]}}),
    _iac("ec2", "AuthorizeSecurityGroupIngress", {"groupId": "sg-1", "ipPermissions": {"items": [{"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": {"items": [{"cidrIp": "10.0.0.0/8"}]}}]}}),
    _iac("ec2", "RevokeSecurityGroupIngress", {"groupId": "sg-1", "cidrIp": "0.0.0.0/0", "fromPort": 22, "toPort": 22}),
    _iac("ec2", "RunInstances", {"instanceType": "m7g.large", "userData": "<sensitiveDataRemoved>"}),
    _iac("ec2", "ModifyInstanceAttribute", {"instanceId": "i-1", "instanceType": {"value": "m7g.xlarge"}}),
    _iac("ec2", "CreateFlowLogs", {"CreateFlowLogsRequest": {"ResourceId": {"content": "vpc-1"}}}),
    _iac("ec2", "CreateSnapshot", {"volumeId": "vol-1"}),
    _iac("ec2", "ModifySnapshotAttribute", {"snapshotId": "snap-1", "createVolumePermission": {"add": {"items": [{"userId": "111122223333"}]}}}),
    api("ec2", "DescribeInstances", {}, read_only=True),
    api("ssm", "StartSession", {"target": "i-1"}),
)  # fmt: skip
_SERVICES = (
    _iac("lambda", "CreateFunction", {"functionName": "resize"}),
    _iac("lambda", "AddPermission", {"functionName": "resize", "action": "lambda:InvokeFunction", "principal": "apigateway.amazonaws.com", "sourceArn": "arn:aws:execute-api:eu-west-1:111122223333:a/*"}),
    _iac("lambda", "UpdateFunctionCode", {"functionName": "resize"}),
    _iac("rds", "CreateDBInstance", {"dBInstanceIdentifier": "accounts-db", "publiclyAccessible": False, "masterUserPassword": "****"}),
    _iac("rds", "ModifyDBInstance", {"dBInstanceIdentifier": "accounts-db", "backupRetentionPeriod": 14, "publiclyAccessible": False}),
    _iac("rds", "CreateDBSnapshot", {"dBInstanceIdentifier": "accounts-db", "dBSnapshotIdentifier": "nightly"}),
    _iac("cloudtrail", "CreateTrail", {"name": "ledgers", "isMultiRegionTrail": True}),
    _iac("cloudtrail", "StartLogging", {"name": "ledgers"}),
    _iac("cloudtrail", "UpdateTrail", {"name": "ledgers", "kmsKeyId": "k", "isMultiRegionTrail": True, "includeGlobalServiceEvents": True}),
    _iac("cloudtrail", "PutEventSelectors", {"trailName": "ledgers", "eventSelectors": [{"readWriteType": "All", "includeManagementEvents": True, "dataResources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}]}]}),
    _iac("kms", "ScheduleKeyDeletion", {"keyId": "k", "pendingWindowInDays": 30}),
    _iac("kms", "PutKeyPolicy", {"keyId": "k", "policyName": "default", "policy": "{}"}),
    _iac("ses", "VerifyEmailIdentity", {"emailAddress": "jo@example.org"}),
    _iac("organizations", "CreateAccount", {"email": "new@example.org", "accountName": "new"}),
    _iac("route53resolver", "CreateResolverQueryLogConfig", {"name": "q"}),
    _iac("sagemaker", "CreateNotebookInstance", {"notebookInstanceName": "n"}),
    api("kms", "Decrypt", {}, who="service"),
    api("ec2", "DescribeNetworkInterfaces", {}, who="service"),
)  # fmt: skip
_CLUSTERS = (
    kube("create", "deployments", status=201),
    kube("patch", "services", name="web", response={"metadata": {}, "spec": {"type": "LoadBalancer"}}),
    kube("create", "rolebindings", status=201, request={"roleRef": {"name": "edit"}, "subjects": [{"kind": "Group", "name": "developers"}]}),
    kube("get", "secrets", user="system:serviceaccount:shop:web"),
    kube("get", "", user="system:anonymous", uri="/livez"),
    kube("create", "pods/exec", status=101),
    login(succeeded=True),
    login(succeeded=False),
    login(succeeded=True),
)  # fmt: skip
_EVENTS = (*_STORAGE, *_IDENTITY, *_NETWORKS_AND_MACHINES, *_SERVICES, *_CLUSTERS)

CASES = (
    Case(
        name="a day of ordinary administration",
        events=_EVENTS,
        near=tuple(
            name for name, kind in TYPES.items() if kind.source in ("api", "kubernetes", "login") and kind.kind == "D"
        ),
    ),
)
