"""What happens beside the daily work. Each is a function of an account and a day's begin, and calls what happens.

Half of them, by the digest of the name, are kept for the last measurement (`kept`).
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable

from scripts.ordinary.days import Day
from scripts.ordinary.people import CHANGES, POWERS, PROGRAMS, PROVIDERS, READS, TOOLS, Actor, address, some

Occasion = Callable[[Day], None]
OCCASIONS: dict[str, Occasion] = {}


def kept(name: str) -> bool:
    """Whether an occasion comes in the last measurement alone."""
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 1


def _occasion(function: Occasion) -> Occasion:
    OCCASIONS[function.__name__] = function
    return function


def _people(day: Day) -> Actor:
    return day.chance.choice([a for a in day.account.actors if "AWSReservedSSO" in a.arn])


def _deployer(day: Day) -> Actor:
    return next(a for a in day.account.actors if a.arn.endswith("github-deploy"))


@_occasion
def a_trip(day: Day) -> None:
    """Somebody works from a hotel for some days."""
    _people(day).addresses.append(address(day.chance, day.chance.choice(PROVIDERS)))


@_occasion
def a_phone(day: Day) -> None:
    """Somebody looks after an alarm from a train, and changes something."""
    where = address(day.chance, day.chance.choice(("80.187", "109.40", "176.0", "37.201")))
    for api in ("sts:GetCallerIdentity", "ecs:DescribeServices", "logs:FilterLogEvents", "ecs:UpdateService"):
        day.call(_people(day), api, where=where)


@_occasion
def a_colleague(day: Day) -> None:
    """Somebody new shares a role, and clicks through everything."""
    actor = _people(day)
    home = address(day.chance, day.chance.choice(PROVIDERS))
    actor.addresses.append(home)
    for api in some(day.chance, READS, 20, 40):
        day.call(actor, api, where=home, session="newcomer@example.com")


@_occasion
def a_team(day: Day) -> None:
    """A team gets a role of its own, and begins to work with it."""
    actor = day.account.staff("Developer")
    day.account.actors.append(actor)
    day.work(actor, 30)


@_occasion
def a_service(day: Day) -> None:
    """A new service is deployed: the runner makes its role, and the service begins."""
    for api in ("iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "ecs:RegisterTaskDefinition",
                "logs:CreateLogGroup", "ecs:CreateService", "secretsmanager:CreateSecret"):  # fmt: skip
        day.call(_deployer(day), api)
    actor = day.account.program()
    day.account.actors.append(actor)
    day.work(actor, 20)


@_occasion
def other_runners(day: Day) -> None:
    """Deployments move to runners of one's own."""
    actor = _deployer(day)
    actor.roams, actor.addresses = (), day.account.gateways[:1]


@_occasion
def another_tool(day: Day) -> None:
    """Deployments are made with another program."""
    _deployer(day).agents = ["Pulumi/3.139.0 aws-sdk-go-v2/1.32.5 os/linux lang/go#1.23.3", "aws-cdk/2.167.1"]


@_occasion
def a_failover(day: Day) -> None:
    """The second region takes over for a day: everything comes from other gateways and goes elsewhere."""
    others = [address(day.chance, "34.24") for _ in range(2)]
    for actor in list(day.account.actors):
        if actor.addresses == day.account.gateways:
            for _ in range(3):
                day.call(actor, actor.pick(day.chance), where=day.chance.choice(others), region="eu-west-1")
    admin = _people(day)
    for api in ("route53:ChangeResourceRecordSets", "rds:FailoverGlobalCluster", "autoscaling:SetDesiredCapacity",
                "ec2:RunInstances", "ecs:UpdateService"):  # fmt: skip
        day.call(admin, api, region="eu-west-1")


@_occasion
def a_night(day: Day) -> None:
    """An incident: somebody repairs from home, with whatever helps."""
    actor, home = _people(day), ""
    home = day.chance.choice(actor.addresses)
    for api in ("ssm:StartSession", "secretsmanager:GetSecretValue", "ec2:ModifyInstanceAttribute",
                "ec2:TerminateInstances", "lambda:UpdateFunctionConfiguration", "logs:StartQuery",
                "rds:RebootDBInstance", "ec2:CreateSnapshot", "ec2:RunInstances"):  # fmt: skip
        day.call(actor, api, where=home, hour=2)


@_occasion
def an_audit(day: Day) -> None:
    """Auditors get a role, and their program reads everything within half an hour."""
    auditor = copy.deepcopy(day.account.vendor())
    auditor.arn = f"arn:aws:iam::{day.account.number}:role/AuditAccess"
    auditor.agents = ["Boto3/1.34.0 md/Botocore#1.34.0 lang/python#3.11.9 prowler/4.5"]
    day.burst(auditor, [*READS, *READS], 1800)


@_occasion
def a_vendor(day: Day) -> None:
    """Somebody new watches for us."""
    actor = day.account.vendor()
    actor.arn = f"arn:aws:iam::{day.account.number}:role/{day.chance.choice(('Lacework', 'Vanta', 'Snyk'))}Access"
    day.account.actors.append(actor)
    day.work(actor, 60)


@_occasion
def new_keys(day: Day) -> None:
    """Access keys are renewed, as every quarter."""
    admin = _people(day)
    for api in ("iam:ListUsers", "iam:ListAccessKeys", "iam:CreateAccessKey", "iam:CreateAccessKey",
                "iam:UpdateAccessKey", "iam:DeleteAccessKey"):  # fmt: skip
        day.call(admin, api)


@_occasion
def a_clean_up(day: Day) -> None:
    """What nobody needs is deleted."""
    actor = _people(day)
    for api in ("ec2:DeleteSnapshot", "ec2:DeleteVolume", "ec2:DeregisterImage", "ec2:DeleteSecurityGroup",
                "s3:DeleteBucket", "logs:DeleteLogGroup", "rds:DeleteDBSnapshot", "ec2:ReleaseAddress"):  # fmt: skip
        for _ in range(day.chance.randint(1, 12)):
            day.call(actor, api)


@_occasion
def a_restore(day: Day) -> None:
    """It is tried whether backups can be restored."""
    actor = _people(day)
    for api in ("rds:DescribeDBSnapshots", "rds:RestoreDBInstanceFromDBSnapshot", "ec2:CopySnapshot",
                "ec2:CreateVolume", "rds:DeleteDBInstance"):  # fmt: skip
        day.call(actor, api)


@_occasion
def a_review(day: Day) -> None:
    """Who may do what is looked through, as every quarter."""
    actor = _people(day)
    more = "GenerateCredentialReport GetCredentialReport GenerateServiceLastAccessedDetails"
    names = [api for api in READS if api.startswith(("iam:", "kms:", "organizations:"))]
    day.burst(actor, [*names, *(f"iam:{name}" for name in f"{more} GetAccountAuthorizationDetails".split())], 2400)


@_occasion
def a_laptop(day: Day) -> None:
    """Somebody has a new computer, with other programs."""
    _people(day).agents += [
        "aws-cli/1.36.2 md/Botocore#1.35.61 os/windows#11",
        "PowerShell/7.4 AWSPowerShell.Common/4.1",
    ]


@_occasion
def a_removal(day: Day) -> None:
    """The office moves: all come from another address."""
    new = address(day.chance, day.chance.choice(PROVIDERS))
    for actor in day.account.actors:
        if "AWSReservedSSO" in actor.arn:
            actor.addresses = [new, *actor.addresses[1:]]


@_occasion
def an_experiment(day: Day) -> None:
    """Somebody tries a service nobody used."""
    actor = _people(day)
    for api in ("bedrock:ListFoundationModels", "sagemaker:CreateNotebookInstance", "sagemaker:ListNotebookInstances",
                "glue:GetDatabases", "athena:StartQueryExecution", "iam:CreateRole", "iam:PassRole",
                "iam:AttachRolePolicy"):  # fmt: skip
        day.call(actor, api)


@_occasion
def a_script(day: Day) -> None:
    """Somebody writes a script for what was done by hand."""
    actor = _people(day)
    program = day.chance.choice((TOOLS[1], "aws-sdk-rust/1.3.3 os/macos lang/rust#1.82.0", "aws-sdk-ruby3/3.213.0"))
    for api in some(day.chance, [*CHANGES, *READS], 5, 15):
        day.call(actor, api, agent=program)


@_occasion
def an_upgrade(day: Day) -> None:
    """Services are built with another library."""
    for actor in day.account.actors:
        if actor.agents and actor.agents[0] in PROGRAMS and day.chance.random() < 0.4:
            actor.agents = [day.chance.choice((*PROGRAMS, "aws-sdk-rust/1.3.3 os/linux lang/rust#1.82.0"))]


@_occasion
def a_founder(day: Day) -> None:
    """Infrastructure as code is introduced for what grew by hand: the runner gets powers."""
    for api in some(day.chance, [*POWERS, *CHANGES], 8, 20):
        day.call(_deployer(day), api)
