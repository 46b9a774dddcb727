"""A bucket that is open to everybody, behind an upstream's S3."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from garrison.labs.bench import allow, policy
from garrison.stories.scene import Scene
from garrison.stories.story import Story, Try
from garrison.stories.told import Outcome

_SWITCHES = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
STORY = Story(
    "public-bucket",
    "The list in the open bucket",
    who="A sports club that shares its newsletter from a bucket",
    challenge="For the newsletter the bucket's policy was given the principal *. The list of members, with their bank "
    "details, lies in the same bucket: whoever guesses the name reads it, without credentials.",
    lesson="Block Public Access is on: a policy for everybody counts for the club's own account alone, and no new one "
    "is taken.",
    checks=(),
    upstream=True,
)


@STORY.before
def before(scene: Scene) -> None:
    scene.first_account("club")
    scene.make_account("stranger")
    bucket = f"club-{secrets.token_hex(6)}"
    scene.note("bucket", bucket)
    scene.attempt.facts["bucket"] = bucket
    scene.do("club", "s3", "CreateBucket", {"Bucket": bucket})
    members = {"Bucket": bucket, "Key": "members", "Body": b"Ada, DE02 1203 0000 0000 2020 51"}
    scene.do("club", "s3", "PutObject", members)
    everybody = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal="*")
    scene.do("club", "s3", "PutBucketPolicy", {"Bucket": bucket, "Policy": policy(everybody)})
    scene.make_user("thief", by="stranger", statements=[allow("s3:*")])


@STORY.attempts
def attempts(scene: Scene) -> Iterator[Try]:
    bucket = scene.fact("bucket")
    yield scene.http("Anybody opens the members' list in a browser", "anybody", scene.url, f"/{bucket}/members",
                     after="denied", show=lambda text: text)  # fmt: skip
    asked = {"Bucket": bucket, "Key": "members"}
    yield scene.aws("A stranger with an account of their own reads it", "thief", "s3", "GetObject", asked)
    yield scene.aws("The club reads it", "club", "s3", "GetObject", asked, after="allowed")

    def reopened() -> tuple[Outcome, str]:
        """Give the bucket the policy again that opened it."""
        everybody = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal="*")
        answer = scene.call("club", "s3", "PutBucketPolicy", {"Bucket": bucket, "Policy": policy(everybody)})
        return ("allowed", "") if answer.ok else ("denied", f"{answer.code}: {answer.message}")

    how = scene.named(f"aws s3api put-bucket-policy --bucket {bucket} --policy file://everybody.json")
    yield Try("Somebody in a hurry opens it again", "club", how, reopened, "allowed", "denied")


@STORY.fix
def fix(scene: Scene) -> None:
    asked = {"Bucket": scene.fact("bucket"), "PublicAccessBlockConfiguration": dict.fromkeys(_SWITCHES, True)}
    scene.fix("Public access is blocked, whatever policies say", "club", "s3", "PutPublicAccessBlock", asked)
