"""Root use, trails, password policy, model logging, system names in user agents, leaked keys, guardrails."""

from __future__ import annotations

from tests.detect.case import Case
from tests.detect.making import AGENT, api

TRAIL = "Stealth:IAMUser/CloudTrailLoggingDisabled"
PASSWORDS = "Stealth:IAMUser/PasswordPolicyChange"
BEDROCK = "DefenseEvasion:IAMUser/BedrockLoggingDisabled"
ROOT = "Policy:IAMUser/RootCredentialUsage"
SHORT = "Policy:IAMUser/ShortTermRootCredentialUsage"
LEAKED = "CredentialAccess:IAMUser/CompromisedCredentials"
GUARDRAIL = "Impact:IAMUser/PromptInjection.Direct"

_STRONG = {
    "minimumPasswordLength": 14, "requireSymbols": True, "requireNumbers": True,
    "requireUppercaseCharacters": True, "requireLowercaseCharacters": True,
}  # fmt: skip
_ARN = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/ledgers"


def _selectors(management: bool) -> dict[str, object]:
    return {"trailName": "ledgers", "eventSelectors": [{"readWriteType": "All", "includeManagementEvents": management}]}


def _advanced(*categories: str) -> dict[str, object]:
    return {
        "trailName": "ledgers",
        "advancedEventSelectors": [
            {"name": c, "fieldSelectors": [{"field": "eventCategory", "equals": [c]}]} for c in categories
        ],
    }


def _attack(action: str, confidence: str) -> dict[str, object]:
    return {
        "action": action,
        "assessments": [{"contentPolicy": {"filters": [{"type": "PROMPT_ATTACK", "confidence": confidence}]}}],
    }


CASES: tuple[Case, ...] = (
    Case(name="a trail is stopped", events=(api("cloudtrail", "StopLogging", {"name": _ARN}),), fires=(TRAIL,)),
    Case(
        name="stopping a trail that is not there was wanted",
        events=(api("cloudtrail", "StopLogging", {"name": "gone"}, error="TrailNotFoundException"),),
        fires=(TRAIL,),
    ),
    Case(name="a trail is deleted", events=(api("cloudtrail", "DeleteTrail", {"name": "ledgers"}),), fires=(TRAIL,)),
    Case(
        name="deleting a trail is not allowed",
        events=(api("cloudtrail", "DeleteTrail", {"name": "ledgers"}, error="AccessDenied"),),
        fires=(TRAIL,),
    ),
    Case(
        name="a trail leaves management events out",
        events=(api("cloudtrail", "PutEventSelectors", _selectors(False)),),
        fires=(TRAIL,),
    ),
    Case(
        name="advanced selectors keep data events alone",
        events=(api("cloudtrail", "PutEventSelectors", _advanced("Data")),),
        fires=(TRAIL,),
    ),
    Case(
        name="a trail is narrowed to one region",
        events=(api("cloudtrail", "UpdateTrail", {"name": "ledgers", "isMultiRegionTrail": False}),),
        fires=(TRAIL,),
    ),
    Case(
        name="the bucket of a trail is deleted",
        events=(
            api("cloudtrail", "CreateTrail", {"name": "ledgers", "s3BucketName": "our-trail"}),
            api("s3", "DeleteBucket", {"bucketName": "our-trail"}),
        ),
        fires=(TRAIL,),
    ),
    Case(
        name="selectors keep management events",
        events=(
            api("cloudtrail", "PutEventSelectors", _selectors(True)),
            api("cloudtrail", "PutEventSelectors", _advanced("Data", "Management")),
            api("cloudtrail", "UpdateTrail", {"name": "ledgers", "isMultiRegionTrail": True}),
            api("cloudtrail", "StartLogging", {"name": "ledgers"}),
            api("cloudtrail", "DeleteTrail", {"name": "ledgers"}, error="ConflictException"),
            api("s3", "DeleteBucket", {"bucketName": "scratch"}),
        ),
        near=(TRAIL,),
    ),
    Case(
        name="the password policy is deleted",
        events=(api("iam", "DeleteAccountPasswordPolicy"),),
        fires=(PASSWORDS,),
    ),
    Case(
        name="the password policy asks for six characters of any kind",
        events=(api("iam", "UpdateAccountPasswordPolicy", {"minimumPasswordLength": 6}),),
        fires=(PASSWORDS,),
    ),
    Case(
        name="the password policy is weaker than it was",
        events=(api("iam", "UpdateAccountPasswordPolicy", {**_STRONG, "minimumPasswordLength": 10}),),
        known={("password_policy", "111122223333"): _STRONG},
        fires=(PASSWORDS,),
    ),
    Case(
        name="a strong password policy is set",
        events=(
            api("iam", "UpdateAccountPasswordPolicy", _STRONG),
            api("iam", "UpdateAccountPasswordPolicy", {"minimumPasswordLength": 16}),
            api("iam", "UpdateAccountPasswordPolicy", {"minimumPasswordLength": 4}, error="ValidationException"),
        ),
        near=(PASSWORDS,),
    ),
    Case(
        name="the log of model invocations is turned off",
        events=(api("bedrock", "DeleteModelInvocationLoggingConfiguration"),),
        fires=(BEDROCK,),
    ),
    Case(
        name="the log of model invocations delivers nothing",
        events=(
            api(
                "bedrock",
                "PutModelInvocationLoggingConfiguration",
                {"loggingConfig": {"textDataDeliveryEnabled": False, "imageDataDeliveryEnabled": False}},
            ),
        ),
        fires=(BEDROCK,),
    ),
    Case(
        name="the log of model invocations is set up",
        events=(
            api(
                "bedrock",
                "PutModelInvocationLoggingConfiguration",
                {"loggingConfig": {"textDataDeliveryEnabled": True, "imageDataDeliveryEnabled": False}},
            ),
        ),
        near=(BEDROCK,),
    ),
    Case(name="the root user lists buckets", events=(api("s3", "ListBuckets", who="root"),), fires=(ROOT,)),
    Case(
        name="a service works for the root user, and root fails to sign in",
        events=(
            api("kms", "Decrypt", who="root", identity={"invokedBy": "backup.amazonaws.com"}),
            api("ssm", "OpenDataChannel", who="root", eventType="AwsServiceEvent"),
            api("signin", "ConsoleLogin", who="root", error="Failed authentication"),
        ),
        near=(ROOT,),
    ),
    Case(
        name="a root session of limited life deletes a bucket policy",
        events=(
            api(
                "s3",
                "DeleteBucketPolicy",
                {"bucketName": "locked"},
                who="root",
                identity={"sessionContext": {"assumedRoot": "true"}},
            ),
        ),
        fires=(SHORT,),
    ),
    Case(
        name="an administrator asks for a root session",
        events=(api("sts", "AssumeRoot", {"targetPrincipal": "121212121212"}, who="role"),),
        near=(SHORT,),
    ),
    Case(
        name="a key laid out as bait is used",
        events=(api("sts", "GetCallerIdentity", read_only=True),),
        known={("access_key", "AKIAEXAMPLEMORGAN0001"): {"leaked": "baits"}},
        fires=(LEAKED,),
    ),
    Case(
        name="AWS puts the user of a leaked key in quarantine",
        events=(
            api(
                "iam",
                "AttachUserPolicy",
                {"userName": "guest", "policyArn": "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"},
            ),
        ),
        fires=(LEAKED,),
    ),
    Case(name="a key of no list is used", events=(api("sts", "GetCallerIdentity", read_only=True),), near=(LEAKED,)),
    Case(
        name="a guardrail stops a prompt attack",
        events=(
            api(
                "bedrock",
                "ApplyGuardrail",
                {"guardrailIdentifier": "g1"},
                response=_attack("GUARDRAIL_INTERVENED", "HIGH"),
            ),
        ),
        fires=(GUARDRAIL,),
    ),
    Case(
        name="a guardrail is not sure of an attack",
        events=(
            api(
                "bedrock",
                "ApplyGuardrail",
                {"guardrailIdentifier": "g1"},
                response=_attack("GUARDRAIL_INTERVENED", "LOW"),
            ),
            api("bedrock", "ApplyGuardrail", {"guardrailIdentifier": "g1"}, response=_attack("NONE", "HIGH")),
        ),
        near=(GUARDRAIL,),
    ),
)

_SYSTEMS = {
    "KaliLinux": "aws-cli/2.9 Python/3.11 Linux/6.1.0-kali9-amd64 botocore/2.4",
    "ParrotLinux": "Boto3/1.26 Python/3.9 Linux/5.18.0-14parrot1-amd64",
    "PentooLinux": "aws-sdk-go/1.44 (go1.19; linux; amd64) Linux/5.15-pentoo",
}

CASES += tuple(
    Case(
        name=f"a call comes from {system}",
        events=(api("iam", "ListUsers", agent=agent, read_only=True),),
        fires=(f"PenTest:IAMUser/{system}",),
    )
    for system, agent in _SYSTEMS.items()
)
CASES += tuple(
    Case(
        name=f"a bucket is listed from {system}",
        events=(api("s3", "ListObjects", {"bucketName": "invoices"}, agent=agent, read_only=True),),
        fires=(f"PenTest:S3/{system}",),
    )
    for system, agent in _SYSTEMS.items()
)
CASES += (
    Case(
        name="programs have names like those of systems",
        events=(
            api("iam", "ListUsers", agent="kalibrate/1.0", read_only=True),
            api("s3", "ListObjects", {"bucketName": "invoices"}, agent="parrots-sync/2.0", read_only=True),
            api("s3", "ListObjects", {"bucketName": "invoices"}, agent="pentools/1.1", read_only=True),
            api("iam", "ListUsers", agent=AGENT, read_only=True),
        ),
        near=tuple(f"PenTest:{of}/{system}" for of in ("IAMUser", "S3") for system in _SYSTEMS),
    ),
)
