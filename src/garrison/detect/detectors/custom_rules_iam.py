"""Custom detection rules over IAM: new ways in for users and roles, and permissions of administrators.

Logic: specification 2, table of custom detection rules, narrowed to what is no ordinary work: a user who makes a key
for itself rotates it; a trust policy counts where somebody from outside gets in by it (`detect.exposure`), whether
the role is new or changed. A policy counts as an administrator's where it lets its owner write any policy of anybody
(`policy.alone`), whatever its name: attached, or put inline. What a managed policy of the account's own says is known
from the call that wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from garrison.aws import managed_policies
from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.exposure import exposure, text_of
from garrison.detect.parameters import mapping, text
from garrison.detect.registry import on_event
from garrison.detect.saying import of_rule
from garrison.policy.alone import alone, makes_administrator

MANIPULATED = "Persistence:IAM/AccountManipulation"
ESCALATED = "PrivilegeEscalation:IAM/AccountManipulation"
_ROOT_KEY = 8.0


@on_event(ApiCall, MANIPULATED, names=("CreateAccessKey",))
def access_key(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source != "iam" or call.error:
        return ()
    user = text(call.params.get("userName"))
    if call.identity_type == "Root" and not user:
        return (of_rule("IAMAccessKeyCreated", call, context, resource="the root user", severity=_ROOT_KEY),)
    if call.identity_type == "IAMUser" and user in ("", call.user_name):
        return ()
    return (of_rule("IAMAccessKeyCreated", call, context, resource=user),)


@on_event(ApiCall, MANIPULATED, names=("CreateLoginProfile", "UpdateLoginProfile"))
def login_profile(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source != "iam" or call.error:
        return ()
    rule = "IAMUserLoginProfileCreated" if call.name.startswith("Create") else "IAMUserLoginProfileUpdated"
    return (of_rule(rule, call, context, resource=text(call.params.get("userName"))),)


@on_event(ApiCall, MANIPULATED, names=("UpdateAssumeRolePolicy", "CreateRole"))
def trust(call: ApiCall, context: Context) -> Iterable[Detection]:
    policy = call.params.get("policyDocument" if call.name.startswith("Update") else "assumeRolePolicyDocument")
    role = text(call.params.get("roleName"))
    if call.source != "iam" or call.error or not policy:
        return ()
    arn = f"arn:aws:iam::{call.account}:role/{role}"
    found = exposure(policy, "sts", arn, call.account, context.own_account)
    if not found.outside:
        return ()
    trusted = ["*"] if found.everyone else list(found.accounts)
    return (of_rule("IAMRoleTrustPolicyModified", call, context, resource=role, additional={"trusted": trusted}),)


@on_event(ApiCall, ESCALATED, names=("CreatePolicy", "CreatePolicyVersion"))
def written(call: ApiCall, context: Context) -> Iterable[Detection]:
    """Says nothing: it remembers which policies make administrators, until one is attached."""
    policy = call.params.get("policyDocument")
    if call.source == "iam" and not call.error and policy and _administers(text_of(policy)):
        made = mapping(call.response.get("policy"))
        arn = text(call.params.get("policyArn")) or text(made.get("arn"))
        arn = arn or f"arn:aws:iam::{call.account}:policy/{text(call.params.get('policyName'))}"
        context.memory.learn(f"{call.account}/policies", "administrator", arn, call.time)
    return ()


@on_event(ApiCall, ESCALATED, names=("AttachRolePolicy", "AttachUserPolicy", "AttachGroupPolicy"))
def attached(call: ApiCall, context: Context) -> Iterator[Detection]:
    arn = text(call.params.get("policyArn"))
    if call.source != "iam" or call.error:
        return
    whose, resource = _owner(call)
    policy = managed_policies.get(arn)
    written = context.memory.known(f"{call.account}/policies", "administrator", arn, call.time)
    if written or (policy and _administers(policy.document)):
        yield of_rule(f"AdminPolicyAttachedTo{whose}", call, context, resource=resource)
    elif arn.endswith("/AmazonSESFullAccess"):
        yield of_rule(f"SESFullAccessPolicyAttachedTo{whose}", call, context, resource=resource)


@on_event(ApiCall, ESCALATED, names=("PutRolePolicy", "PutUserPolicy", "PutGroupPolicy"))
def inline(call: ApiCall, context: Context) -> Iterable[Detection]:
    policy = call.params.get("policyDocument")
    if call.source != "iam" or call.error or not policy or not _administers(text_of(policy)):
        return ()
    whose, resource = _owner(call)
    return (of_rule(f"AdminPolicyAttachedTo{whose}", call, context, resource=resource),)


@on_event(ApiCall, ESCALATED, names=("CreateServiceSpecificCredential",))
def bedrock_credential(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source != "iam" or call.error or not text(call.params.get("serviceName")).startswith("bedrock"):
        return ()
    return (of_rule("BedrockServiceCredentialCreated", call, context, resource=text(call.params.get("userName"))),)


def _owner(call: ApiCall) -> tuple[str, str]:
    """The rule's word for whose policy it is, and its name; what a group has, its users have."""
    params = call.params
    if "Role" in call.name:
        return "Role", text(params.get("roleName"))
    return "User", text(params.get("userName") or params.get("groupName"))


def _administers(document: str) -> bool:
    plan = alone(document)
    return plan is not None and makes_administrator(plan)
