"""Buckets opened, shared, no longer logged, emptied by rule."""

from __future__ import annotations

from typing import Any

from garrison.detect.events import ApiCall
from tests.detect.case import Case
from tests.detect.making import OTHER, api

ANONYMOUS = "Policy:S3/BucketAnonymousAccessGranted"
PUBLIC = "Policy:S3/BucketPublicAccessGranted"
EXTERNAL = "Exfiltration:S3/TransferDataToCloudAccount"
ACCOUNT_BLOCK = "Policy:S3/AccountBlockPublicAccessDisabled"
BUCKET_BLOCK = "Policy:S3/BucketBlockPublicAccessDisabled"
LOGGING = "Stealth:S3/ServerAccessLoggingDisabled"
KEYS = "DefenseImpairment:S3/DisableOrModifyTools"
EXPIRY = "Impact:S3/DataDestruction"

_ALL = "http://acs.amazonaws.com/groups/global/AllUsers"
_SIGNED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"


def _policy(principal: Any, *actions: str, effect: str = "Allow", **more: Any) -> ApiCall:
    statement = {
        "Effect": effect, "Principal": principal, "Action": list(actions) or "s3:GetObject",
        "Resource": "arn:aws:s3:::invoices/*", **more,
    }  # fmt: skip
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return api("s3", "PutBucketPolicy", {"bucketName": "invoices", "bucketPolicy": policy})


def _acl(uri: str) -> ApiCall:
    grant = {"Grantee": {"xsi:type": "Group", "URI": uri}, "Permission": "READ"}
    owner = {"Grantee": {"xsi:type": "CanonicalUser", "ID": "ab12"}, "Permission": "FULL_CONTROL"}
    policy = {"AccessControlList": {"Grant": [owner, grant] if uri else owner}}
    return api("s3", "PutBucketAcl", {"bucketName": "invoices", "AccessControlPolicy": policy})


def _lifecycle(**rule: Any) -> ApiCall:
    config = {"Rule": {"ID": "tidy", "Status": "Enabled", **rule}}
    return api("s3", "PutBucketLifecycle", {"bucketName": "invoices", "LifecycleConfiguration": config})


def _encryption(**more: Any) -> ApiCall:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, **more}
    config = {"ServerSideEncryptionConfiguration": {"Rule": rule}}
    return api("s3", "PutBucketEncryption", {"bucketName": "invoices", **config})


def _block(name: str, value: bool, **params: Any) -> ApiCall:
    flags = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), value)
    return api("s3", name, {**params, "PublicAccessBlockConfiguration": flags})


CASES = (
    Case(name="a bucket policy lets everybody read", events=(_policy("*"),), fires=(ANONYMOUS,)),
    Case(
        name="a bucket policy lets everybody read, written as any AWS principal",
        events=(_policy({"AWS": "*"}, "s3:Get*"),),
        fires=(ANONYMOUS,),
    ),
    Case(name="an access list lets everybody read", events=(_acl(_ALL),), fires=(ANONYMOUS,)),
    Case(
        name="a bucket is made with a public access list",
        events=(api("s3", "CreateBucket", {"bucketName": "invoices", "x-amz-acl": ["public-read"]}),),
        fires=(ANONYMOUS,),
    ),
    Case(
        name="everybody may read through one endpoint, in one organization, over TLS only",
        events=(
            _policy("*", Condition={"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}),
            _policy("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-exampleorg1"}}),
            _policy("*", "s3:*", effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}}),
            _policy({"Service": "cloudtrail.amazonaws.com"}, "s3:PutObject"),
            _acl(""),
        ),
        near=(ANONYMOUS, PUBLIC, EXTERNAL),
    ),
    Case(
        name="a bucket that keeps the public out lets everybody in by policy and by access list",
        events=(_policy("*"), _acl(_ALL), _acl(_SIGNED)),
        near=(ANONYMOUS, PUBLIC),
        known={("bucket", "invoices"): {"restrictPublicBuckets": True, "ignorePublicAcls": True}},
    ),
    Case(name="an access list lets every AWS account read", events=(_acl(_SIGNED),), fires=(PUBLIC,)),
    Case(
        name="a canned access list lets every AWS account read",
        events=(api("s3", "PutBucketAcl", {"bucketName": "invoices", "x-amz-acl": ["authenticated-read"]}),),
        fires=(PUBLIC,),
    ),
    Case(
        name="a bucket policy lets another account read",
        events=(_policy({"AWS": f"arn:aws:iam::{OTHER}:root"}),),
        fires=(EXTERNAL,),
    ),
    Case(
        name="a bucket policy lets a role of another account do everything",
        events=(_policy({"AWS": f"arn:aws:iam::{OTHER}:role/copier"}, "s3:*"),),
        fires=(EXTERNAL,),
    ),
    Case(
        name="a bucket policy lets the account itself and the load balancer's logs in",
        events=(
            _policy({"AWS": "arn:aws:iam::111122223333:role/release"}, "s3:*"),
            _policy({"AWS": "arn:aws:iam::156460612806:root"}, "s3:PutObject"),
        ),
        near=(EXTERNAL, ANONYMOUS),
    ),
    Case(
        name="a bucket's block of public access is deleted",
        events=(api("s3", "DeleteBucketPublicAccessBlock", {"bucketName": "invoices"}),),
        fires=(BUCKET_BLOCK,),
    ),
    Case(
        name="a bucket's block of public access is turned off",
        events=(_block("PutBucketPublicAccessBlock", False, bucketName="invoices"),),
        fires=(BUCKET_BLOCK,),
    ),
    Case(
        name="the account's block of public access is turned off",
        events=(_block("PutAccountPublicAccessBlock", False),),
        fires=(ACCOUNT_BLOCK,),
    ),
    Case(
        name="blocks of public access are turned on, and may not be deleted",
        events=(
            _block("PutBucketPublicAccessBlock", True, bucketName="invoices"),
            _block("PutAccountPublicAccessBlock", True),
            api("s3", "DeleteBucketPublicAccessBlock", {"bucketName": "invoices"}, error="AccessDenied"),
        ),
        near=(BUCKET_BLOCK, ACCOUNT_BLOCK),
    ),
    Case(
        name="a bucket logs accesses no more",
        events=(api("s3", "PutBucketLogging", {"bucketName": "invoices", "BucketLoggingStatus": {"xmlns": "s3"}}),),
        fires=(LOGGING,),
    ),
    Case(
        name="a bucket begins to log accesses",
        events=(
            api(
                "s3",
                "PutBucketLogging",
                {"bucketName": "invoices", "BucketLoggingStatus": {"LoggingEnabled": {"TargetBucket": "logs"}}},
            ),
        ),
        near=(LOGGING,),
    ),
    Case(
        name="a bucket lets keys of callers in",
        events=(_encryption(BlockedEncryptionTypes={"EncryptionType": "NONE"}),),
        fires=(KEYS,),
    ),
    Case(
        name="a bucket keeps keys of callers out",
        events=(_encryption(BlockedEncryptionTypes={"EncryptionType": "SSE-C"}), _encryption()),
        near=(KEYS,),
    ),
    Case(
        name="everything in a bucket expires tomorrow",
        events=(_lifecycle(Expiration={"Days": 1}, Filter={"Prefix": ""}),),
        fires=(EXPIRY,),
    ),
    Case(
        name="logs of a trail expire tomorrow",
        events=(_lifecycle(Expiration={"Days": 1}, Prefix="AWSLogs/111122223333/"),),
        fires=(EXPIRY,),
    ),
    Case(
        name="temporary files, old versions and unfinished uploads expire",
        events=(
            _lifecycle(Expiration={"Days": 1}, Filter={"Prefix": "tmp/"}),
            _lifecycle(NoncurrentVersionExpiration={"NoncurrentDays": 1}, Filter={"Prefix": ""}),
            _lifecycle(AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1}),
            _lifecycle(Expiration={"Days": 365}),
            _lifecycle(Expiration={"Days": 1}, Status="Disabled"),
        ),
        near=(EXPIRY,),
    ),
)
