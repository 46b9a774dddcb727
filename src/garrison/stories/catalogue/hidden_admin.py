"""Somebody who is no administrator, and can become one."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.probe import Answer, Keys
from garrison.labs.bench import allow, policy
from garrison.stories.scene import Scene, command
from garrison.stories.story import Story, Try
from garrison.stories.told import Outcome

STORY = Story(
    "hidden-admin",
    "The help desk that could do everything",
    who="A bank whose help desk makes new access keys for people who lost theirs",
    challenge="The help desk may make an access key for anybody. Anybody includes the administrator: one call, and the "
    "newest colleague at the help desk holds the bank.",
    lesson="The help desk makes keys for the people below one path; administrators are not there, and no path leads "
    "from the help desk to administration.",
    checks=("iam.privilege-escalation",),
)


@STORY.before
def before(scene: Scene) -> None:
    scene.make_account("bank")
    scene.make_administrator("chief", of="bank")
    scene.make_user("clerk", by="bank", path="/staff/", keys=False)
    scene.make_user("helpdesk", by="bank", statements=[allow(["iam:CreateAccessKey", "iam:DeleteAccessKey"])])


@STORY.attempts
def attempts(scene: Scene) -> Iterator[Try]:
    def become() -> tuple[Outcome, str]:
        """Make a key of the administrator's, and act with it."""
        made = scene.call("helpdesk", "iam", "CreateAccessKey", {"UserName": "chief"})
        if not made.ok:
            return _refused(made)
        key = made.output["AccessKey"]
        thief = Keys(key["AccessKeyId"], key["SecretAccessKey"])
        grasp = {"UserName": "helpdesk", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
        grasped = scene.call(thief, "iam", "AttachUserPolicy", grasp)
        scene.do("bank", "iam", "DetachUserPolicy", grasp) if grasped.ok else None
        scene.do("bank", "iam", "DeleteAccessKey", {"UserName": "chief", "AccessKeyId": key["AccessKeyId"]})
        return ("allowed", "the help desk was an administrator") if grasped.ok else _refused(grasped)

    yield Try(
        "The help desk makes a key of the administrator's, and with it itself an administrator", "helpdesk",
        command("iam", "CreateAccessKey", {"UserName": "chief"}, profile="helpdesk"), become, "allowed", "denied",
    )  # fmt: skip

    def help_() -> tuple[Outcome, str]:
        made = scene.call("helpdesk", "iam", "CreateAccessKey", {"UserName": "clerk"})
        if not made.ok:
            return _refused(made)
        asked = {"UserName": "clerk", "AccessKeyId": made.output["AccessKey"]["AccessKeyId"]}
        scene.do("bank", "iam", "DeleteAccessKey", asked)
        return "allowed", "the clerk has a key again"

    yield Try(
        "The help desk makes a key for a clerk", "helpdesk",
        command("iam", "CreateAccessKey", {"UserName": "clerk"}, profile="helpdesk"), help_, "allowed", "allowed",
    )  # fmt: skip


@STORY.fix
def fix(scene: Scene) -> None:
    staff = f"arn:aws:iam::{scene.account('bank')}:user/staff/*"
    may = policy(allow(["iam:CreateAccessKey", "iam:DeleteAccessKey"], staff))
    asked = {"UserName": "helpdesk", "PolicyName": "prepared", "PolicyDocument": may}
    scene.fix("The help desk may help the staff, and nobody else", "bank", "iam", "PutUserPolicy", asked)


def _refused(answer: Answer) -> tuple[Outcome, str]:
    return "denied" if answer.denied else "error", f"{answer.code}: {answer.message}"
