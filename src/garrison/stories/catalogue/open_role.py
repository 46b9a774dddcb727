"""A role that anybody may assume."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.labs.bench import allow, policy
from garrison.stories.scene import Scene
from garrison.stories.story import Story, Try

STORY = Story(
    "open-role",
    "The vendor's role",
    who="A software company that lets a vendor watch its account",
    challenge="The vendor's guide said: trust our account. The trust policy says *, so that everybody may assume the "
    "role; and the vendor, tricked by another of its customers, could not tell for whom it acts.",
    lesson="The trust policy names the vendor's own role and demands an external id that only the vendor and this "
    "customer know.",
    checks=("iam.trust-open-to-world",),
)


@STORY.before
def before(scene: Scene) -> None:
    account = scene.make_account("company")
    scene.make_account("vendor")
    scene.make_account("stranger")
    role = f"arn:aws:iam::{account}:role/watched"
    scene.attempt.facts["role"] = role
    for name, where in (("watcher", "vendor"), ("thief", "stranger")):
        scene.make_user(name, by=where, statements=[allow("sts:AssumeRole", role)])
    anybody = allow("sts:AssumeRole", Principal={"AWS": "*"})
    del anybody["Resource"]
    scene.do("company", "iam", "CreateRole", {"RoleName": "watched", "AssumeRolePolicyDocument": policy(anybody)})
    scene.do("company", "iam", "AttachRolePolicy",
             {"RoleName": "watched", "PolicyArn": "arn:aws:iam::aws:policy/SecurityAudit"})  # fmt: skip


@STORY.attempts
def attempts(scene: Scene) -> Iterator[Try]:
    asked = {"RoleArn": scene.fact("role"), "RoleSessionName": "look"}
    yield scene.aws("A stranger assumes the vendor's role", "thief", "sts", "AssumeRole", asked)
    yield scene.aws("The vendor, tricked into it, assumes it without an external id", "watcher", "sts", "AssumeRole",
                    asked)  # fmt: skip
    yield scene.aws("The vendor assumes it for this customer", "watcher", "sts", "AssumeRole",
                    {**asked, "ExternalId": "customer-4711"}, after="allowed")  # fmt: skip


@STORY.fix
def fix(scene: Scene) -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": scene.fact("watcher")},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "customer-4711"}},
    }
    scene.fix("The role trusts the vendor's user, with an external id", "company", "iam", "UpdateAssumeRolePolicy",
              {"RoleName": "watched", "PolicyDocument": policy(trust)})  # fmt: skip
