"""An administrator's access key in a public repository."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.probe import Keys
from garrison.labs.bench import ADMINISTRATOR, allow, policy
from garrison.stories.scene import Scene
from garrison.stories.story import Story, Try

STORY = Story(
    "leaked-key",
    "The key in the repository",
    who="A shop whose pipeline deploys with an administrator's access key",
    challenge="The key was committed to a public repository an hour ago. Whoever finds it is the administrator, and "
    "makes sure to stay: a user of their own, with a key of its own.",
    lesson="The leaked key is off and the intruder's user gone; the pipeline has a key that may do what the pipeline "
    "does, and nothing else.",
    checks=("iam.administrator-users",),
)


@STORY.before
def before(scene: Scene) -> None:
    scene.make_account("shop")
    scene.make_user("deploy", by="shop", managed=[ADMINISTRATOR])
    scene.hold("deploy", scene.attempt.keys["deploy"])
    scene.hold("thief", scene.attempt.keys["deploy"])
    scene.note("key of deploy", scene.attempt.keys["deploy"].access_key_id)
    key = scene.do("shop", "kms", "CreateKey", {"Description": "customers"})["KeyMetadata"]["KeyId"]
    scene.attempt.facts["key"] = scene.note("customers' key", key)


@STORY.attempts
def attempts(scene: Scene) -> Iterator[Try]:
    yield scene.aws(
        "The thief asks whose key it is", "thief", "sts", "GetCallerIdentity", show=lambda output: str(output["Arn"])
    )
    yield scene.aws(
        "The thief lists who works here", "thief", "iam", "ListUsers",
        show=lambda output: ", ".join(user["UserName"] for user in output["Users"]),
    )  # fmt: skip
    yield scene.aws("The thief reads the customers' key policy", "thief", "kms", "GetKeyPolicy",
                    {"KeyId": scene.fact("key"), "PolicyName": "default"})  # fmt: skip
    yield scene.aws("The thief makes a user to come back as", "thief", "iam", "CreateUser", {"UserName": "backup-svc"})
    yield scene.aws(
        "The pipeline looks at the key it deploys with", "deploy", "kms", "DescribeKey", {"KeyId": scene.fact("key")},
        after="allowed",
    )  # fmt: skip


@STORY.fix
def fix(scene: Scene) -> None:
    leaked = scene.attempt.keys["thief"].access_key_id
    scene.fix("The leaked key is switched off", "shop", "iam", "UpdateAccessKey",
              {"UserName": "deploy", "AccessKeyId": leaked, "Status": "Inactive"})  # fmt: skip
    scene.fix("The intruder's user goes", "shop", "iam", "DeleteUser", {"UserName": "backup-svc"})
    scene.fix("The pipeline is no administrator any more", "shop", "iam", "DetachUserPolicy",
              {"UserName": "deploy", "PolicyArn": ADMINISTRATOR})  # fmt: skip
    may = allow("kms:DescribeKey", f"arn:aws:kms:*:{scene.account('shop')}:key/{scene.fact('key')}")
    scene.fix("It may do what it does", "shop", "iam", "PutUserPolicy",
              {"UserName": "deploy", "PolicyName": "deploys", "PolicyDocument": policy(may)})  # fmt: skip
    made = scene.fix("It gets a new key", "shop", "iam", "CreateAccessKey", {"UserName": "deploy"})["AccessKey"]
    scene.hold("deploy", Keys(made["AccessKeyId"], made["SecretAccessKey"]))
    scene.note("new key of deploy", made["AccessKeyId"])
    scene.fix("The leaked key goes for good", "shop", "iam", "DeleteAccessKey",
              {"UserName": "deploy", "AccessKeyId": leaked})  # fmt: skip
