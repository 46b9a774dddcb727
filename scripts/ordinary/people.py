"""Who works in an organization, from where, with what, and how each one's day looks."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from pathlib import Path

_APIS = {
    name: text.split()
    for name, _, text in (
        part.partition("\n") for part in Path(__file__).with_name("apis.txt").read_text(encoding="utf-8").split("\n\n")
    )
}
READS, CHANGES, POWERS, DEPLOYS, RUNS = (_APIS[n] for n in ("READS", "CHANGES", "POWERS", "DEPLOYS", "RUNS"))
"""What people look at, change and are allowed beside; what deployments do; what programs do."""

BROWSERS = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
)
TOOLS = (
    "aws-cli/2.22.4 md/awscrt#0.23.1 ua/2.0 os/macos#24.1.0 lang/python#3.12.6",
    "Boto3/1.35.60 md/Botocore#1.35.60 ua/2.0 os/macos#24.1.0 lang/python#3.12.7",
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.8 (+https://www.terraform.io) aws-sdk-go-v2/1.32.5 os/macos lang/go#1.23.3",
    "aws-sdk-js/3.691.0 ua/2.1 os/darwin#24.1.0 lang/js md/nodejs#20.18.0",
)
PROGRAMS = (
    "aws-sdk-java/2.29.12 md/io#sync Linux/6.1 OpenJDK_64-Bit_Server_VM/21.0.5",
    "Boto3/1.35.60 md/Botocore#1.35.60 ua/2.0 os/linux#6.1.115 lang/python#3.12.7 exec-env/AWS_ECS_FARGATE",
    "aws-sdk-go-v2/1.32.5 os/linux lang/go#1.23.3 md/GOOS#linux md/GOARCH#arm64",
    "aws-sdk-nodejs/2.1692.0 linux/v20.18.0 exec-env/AWS_Lambda_nodejs20.x promise",
    "amazon-ssm-agent/3.3.1345.0",
)
RUNNERS = ("4.148", "4.227", "13.64", "13.83", "20.1", "20.55", "20.102", "20.161", "20.171", "40.74", "40.118",
           "52.159", "52.234", "57.151", "64.236", "68.220", "135.119", "172.183", "172.203")  # fmt: skip
"""Networks of hosted runners (begins of addresses)."""
PROVIDERS = (
    "82.1", "84.115", "86.12", "87.123", "91.64", "93.203", "109.78", "178.84", "188.23", "212.51", "62.178", "77.57",
    "80.187", "89.204", "95.90", "176.2", "185.31", "213.94", "217.81", "24.6", "73.92", "98.207",
)  # fmt: skip
CLOUD = ("3.65", "3.120", "18.156", "18.184", "18.195", "35.156", "35.158", "52.28", "52.57", "54.93")


def address(chance: random.Random, network: str) -> str:
    """Somewhere in a network given by the begin of its addresses."""
    return network + "".join(f".{chance.randint(1, 250)}" for _ in range(4 - len(network.split("."))))


@dataclass
class Actor:
    """Somebody or something that calls: an ARN, what it is of, and its habits."""

    arn: str
    kind: str
    """`IAMUser` or `AssumedRole`."""
    sessions: list[str]
    """Whose sessions a role's are."""
    addresses: list[str]
    agents: list[str]
    apis: list[str]
    """What it does, the most usual first."""
    a_day: float
    """Calls, in the mean, of a working day."""
    hours: tuple[int, int] = (0, 24)
    weekends: bool = True
    roams: tuple[str, ...] = ()
    """Networks it comes from, another address each time."""
    tries: tuple[str, ...] = ()
    """What it does at times for the first time."""
    curious: float = 0.0
    """How often that is: of its calls."""
    regions: list[str] = field(default_factory=lambda: ["eu-central-1"])

    def pick(self, chance: random.Random) -> str:
        """What it does next: usual things are far more usual (Zipf)."""
        if self.tries and chance.random() < self.curious:
            return chance.choice(self.tries)
        rank = int(math.exp(chance.random() * math.log(len(self.apis) + 1))) - 1
        return self.apis[min(rank, len(self.apis) - 1)]

    def where(self, chance: random.Random) -> str:
        return address(chance, chance.choice(self.roams)) if self.roams else chance.choice(self.addresses)


def some(chance: random.Random, of: list[str] | tuple[str, ...], least: int, most: int) -> list[str]:
    """A few of them, in any order."""
    return chance.sample(of, min(len(of), chance.randint(least, most)))


class Account:
    """An account and all who call in it."""

    def __init__(self, chance: random.Random, number: str, office: list[str]) -> None:
        self.number = number
        self.chance = chance
        self.office = office
        self.gateways = [address(chance, chance.choice(CLOUD)) for _ in range(3)]
        self.actors: list[Actor] = []
        for _ in range(chance.randint(2, 5)):
            self.actors.append(self.staff())
        for _ in range(chance.randint(5, 30)):
            self.actors.append(self.program())
        self.actors.append(self.deployer())
        for _ in range(chance.randint(0, 3)):
            self.actors.append(self.key())
        self.actors.append(self.vendor())

    def _role(self, name: str) -> str:
        return f"arn:aws:iam::{self.number}:role/{name}"

    def _number(self) -> str:
        return f"{self.chance.getrandbits(32):08x}"

    def staff(self, level: str = "") -> Actor:
        """People who share a role by single sign-on: each from home and from the office, with tools of theirs."""
        chance = self.chance
        level = level or chance.choice(("AdministratorAccess", "PowerUserAccess", "ViewOnlyAccess", "Developer"))
        people = chance.randint(1, 8)
        homes = [address(chance, chance.choice(PROVIDERS)) for _ in range(people)]
        tools = some(chance, TOOLS, 1, 3)
        may = list(READS) + (CHANGES if level != "ViewOnlyAccess" else []) + (POWERS if level[0] == "A" else [])
        changes = [] if level == "ViewOnlyAccess" else some(chance, CHANGES, 3, 12)
        return Actor(
            self._role(f"aws-reserved/sso.amazonaws.com/AWSReservedSSO_{level}_{self._number()}"), "AssumedRole",
            [f"person{chance.randint(10, 99)}@example.com" for _ in range(people)], self.office + homes,
            some(chance, BROWSERS, 1, 3) + tools, some(chance, READS, 15, 45) + changes, 12.0 * people, (7, 20), False,
            tries=tuple(may), curious=0.05,
        )  # fmt: skip

    def program(self) -> Actor:
        """A service of one's own: few things, all day long."""
        chance = self.chance
        roams = tuple(some(chance, CLOUD, 2, 6)) if chance.random() < 0.3 else ()
        return Actor(
            self._role(f"{chance.choice(('orders', 'billing', 'search', 'mail', 'media', 'etl'))}-{self._number()}"),
            "AssumedRole", [f"i-0{self._number()}{self._number()}", self._number()], self.gateways,
            some(chance, PROGRAMS, 1, 2), some(chance, RUNS, 2, 7), chance.choice((10.0, 24.0, 60.0)), roams=roams,
        )  # fmt: skip

    def deployer(self) -> Actor:
        """Continuous integration on hosted runners: another network every time."""
        return Actor(
            self._role("github-deploy"), "AssumedRole", ["GitHubActions"], [],
            [TOOLS[2].replace("macos", "linux"), TOOLS[0].replace("macos#24.1.0", "linux#6.8.0"),
             "aws-sdk-js/3.691.0 ua/2.1 os/linux#6.8.0 md/nodejs#20.18.0 configure-aws-credentials-for-github-actions"],
            self.chance.sample(DEPLOYS, len(DEPLOYS)), 40.0, (7, 19), False, RUNNERS,
            tuple(CHANGES + POWERS), 0.02,
        )  # fmt: skip

    def key(self) -> Actor:
        """An access key in a machine outside: a backup, a mail sender, a script."""
        chance = self.chance
        return Actor(
            f"arn:aws:iam::{self.number}:user/{chance.choice(('backup', 'mailer', 'reports'))}-{self._number()}",
            "IAMUser", [], [address(chance, chance.choice(PROVIDERS))], some(chance, PROGRAMS[:4], 1, 1),
            some(chance, (*RUNS, *READS), 2, 6), 20.0,
        )  # fmt: skip

    def vendor(self) -> Actor:
        """Somebody who watches for us: reads all day, from addresses of its own."""
        chance = self.chance
        network = chance.choice(("34.107", "35.198", "52.203", "3.233"))
        return Actor(
            self._role(f"{chance.choice(('DatadogIntegration', 'WizAccess', 'CloudHealth'))}Role"), "AssumedRole",
            [chance.choice(("DatadogAWSIntegration", "scan"))], [address(chance, network) for _ in range(4)],
            [PROGRAMS[2]], some(chance, READS, 20, 60), 150.0,
        )  # fmt: skip
