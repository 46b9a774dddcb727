"""A root user with a password alone, and access keys."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from garrison.labs.signing_in import password_suffices
from garrison.stories.scene import Scene
from garrison.stories.story import Story, Try
from garrison.stories.told import Outcome, Step

STORY = Story(
    "root-password",
    "The password on the yellow note",
    who="A start-up that does everything as the root user",
    challenge="The founder's password is known to three people and was in a breach; the root user's access key is in "
    "two laptops. No policy binds a root user: whoever has either has the account.",
    lesson="An administrator works in the root user's place; the root user proves a second factor and has no keys.",
    checks=("iam.root-access-keys", "iam.root-mfa"),
)


@STORY.before
def before(scene: Scene) -> None:
    account = scene.make_account("founder")
    scene.attempt.facts["password"] = password = f"Aa1-{secrets.token_urlsafe(24)}"
    scene.ask("POST", "/_garrison/root-password", {"account": account, "password": password})
    scene.hold("laptop", scene.attempt.keys["founder"])
    scene.note("root key", scene.attempt.keys["founder"].access_key_id)
    scene.make_administrator("admin", of="founder")


@STORY.attempts
def attempts(scene: Scene) -> Iterator[Try]:
    account, password = scene.account("founder"), scene.fact("password")

    def sign_in() -> tuple[Outcome, str]:
        if password_suffices(scene.data, account, password):
            return "allowed", "signed in as the root user"
        return "denied", "the password alone does not sign in"

    yield Try(
        "Whoever found the password signs in as the root user", "finder", "the sign-in page: root user, the password",
        sign_in, "allowed", "denied",
    )  # fmt: skip
    yield scene.aws(
        "Whoever copied the laptop's key is the root user", "laptop", "sts", "GetCallerIdentity",
        show=lambda output: str(output["Arn"]),
    )  # fmt: skip
    yield scene.aws("And makes a user nobody knows of", "laptop", "iam", "CreateUser", {"UserName": "support"})
    yield scene.aws("The administrator goes on working", "admin", "iam", "ListUsers", after="allowed")


@STORY.fix
def fix(scene: Scene) -> None:
    account = scene.account("founder")
    scene.ask("POST", "/_garrison/root-mfa", {"account": account})
    how = scene.named(f"garrison account root-mfa --account {account}")
    scene.steps.append(Step("The root user gets an MFA device (in AWS: in the console)", "founder", how))
    scene.fix("The user nobody knows of goes", "admin", "iam", "DeleteUser", {"UserName": "support"})
    key = {"AccessKeyId": scene.attempt.keys["founder"].access_key_id}
    scene.fix("The root user's key goes, by its own hand", "founder", "iam", "DeleteAccessKey", key)
