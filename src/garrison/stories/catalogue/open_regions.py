"""Work in a region nobody looks at."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.labs.bench import policy
from garrison.stories.scene import Scene
from garrison.stories.story import Story, Try

FAR = "ap-southeast-3"
STORY = Story(
    "open-regions",
    "The region nobody looks at",
    who="A public body that may keep data in one region only",
    challenge="Every member account can work in every region. An intruder who has one session goes where no detector "
    "and no person looks; a colleague in a hurry does the same, and breaks the law.",
    lesson="A service control policy denies every region but the ones that are used, to administrators too.",
    checks=("organizations.region-lock", "organizations.region-refused"),
)


@STORY.before
def before(scene: Scene) -> None:
    scene.make_account("head")
    scene.make_administrator("admin", of="head")
    scene.do("admin", "organizations", "CreateOrganization", {"FeatureSet": "ALL"})
    scene.make_members("office")


@STORY.attempts
def attempts(scene: Scene) -> Iterator[Try]:
    yield scene.aws(
        "An administrator of the office makes a key on the other side of the world", "office", "kms", "CreateKey",
        {"Description": "citizens"}, region=FAR,
    )  # fmt: skip
    yield scene.aws("And lists what else is there", "office", "kms", "ListKeys", region=FAR)
    yield scene.aws("At home the office goes on working", "office", "kms", "ListKeys", after="allowed")
    yield scene.aws("IAM, which has no region, too", "office", "iam", "ListRoles", after="allowed")


@STORY.fix
def fix(scene: Scene) -> None:
    everything_else = {
        "Sid": "StayHome",
        "Effect": "Deny",
        "NotAction": ["iam:*", "organizations:*", "sts:*", "support:*", "cloudfront:*", "route53:*", "artifact:*"],
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": [scene.region]}},
    }
    scene.guard("A policy denies every other region", "admin", "stay-home", policy(everything_else))
