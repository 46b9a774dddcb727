"""AWS, or anything that speaks as AWS does, asked through botocore."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from garrison.checks.api import UNSERVED, NotRead, Output, Refused, unreadable
from garrison.checks.collect.aws import Clients, client, invoke, session
from garrison.checks.collect.collector import CollectError, Snapshots, Source, Unanswered
from garrison.checks.collect.probe import ROLE, AwsProbe
from garrison.checks.fact import FACTS
from garrison.checks.probe import Keys, Probe
from garrison.checks.snapshot import Snapshot

AT_ONCE = 8


class EndpointApi:
    """Reads one account in one region."""

    def __init__(
        self, account: str, regions: Sequence[str], endpoint: str | None, keys: Keys, clients: Clients | None = None
    ) -> None:
        self.account = account
        self.region = regions[0]
        self._regions = regions
        self._endpoint = endpoint
        self._keys = keys
        self._clients: Clients = {} if clients is None else clients

    def call(self, service: str, operation: str, /, **params: Any) -> Output:
        answer = self._one(service, operation, params)
        if isinstance(answer, Refused):
            if unreadable(answer):
                why = "it is not served there" if answer.code in UNSERVED else str(answer)
                raise NotRead(f"{service}:{operation}", why)
            raise answer
        return answer

    def _one(self, service: str, operation: str, params: Mapping[str, Any]) -> Output | Refused:
        made = client(self._clients, service, self.region, self._keys, self._endpoint, attempts=5)
        output, error, _ = invoke(made, operation, dict(params))
        return output if error is None else error

    def several(self, service: str, operation: str, params: Sequence[Mapping[str, Any]], /) -> list[Output | Refused]:
        if not params:
            return []
        client(self._clients, service, self.region, self._keys, self._endpoint, attempts=5)
        with ThreadPoolExecutor(min(AT_ONCE, len(params))) as pool:
            return list(pool.map(lambda one: self._one(service, operation, one), params))

    def regional(self) -> Sequence[EndpointApi]:
        return [
            EndpointApi(self.account, [region], self._endpoint, self._keys, self._clients) for region in self._regions
        ]


class EndpointCollector:
    """The account of some credentials; on demand, every member of its organization."""

    def __init__(
        self,
        endpoint: str | None,
        keys: Keys,
        regions: Sequence[str],
        now: float,
        *,
        only: Sequence[str] = (),
        organization: bool = False,
        role: str = ROLE,
    ) -> None:
        self.source = Source("endpoint", endpoint or "AWS")
        self._endpoint = endpoint
        self._keys = keys
        self._regions = regions
        self._now = now
        self._only = only
        self._organization = organization
        self._role = role
        self._snapshots = Snapshots(self._snapshot)
        self._own = ""
        self._partition = "aws"
        self._probes: dict[str, AwsProbe] = {}
        self._clients: Clients = {}

    def accounts(self) -> Sequence[str]:
        api = EndpointApi("", self._regions, self._endpoint, self._keys)
        try:
            me = api.call("sts", "GetCallerIdentity")
        except (NotRead, Refused) as e:
            kind = Unanswered if isinstance(e, NotRead) and "onnect" in e.why else CollectError
            raise kind(f"{self.source.name} does not say whose credentials these are: {e}") from e
        self._own = str(me["Account"])
        self._partition = str(me["Arn"]).split(":")[1]
        members = self._members()
        if self._only:
            return list(self._only)
        return members if self._organization else [self._own]

    def _members(self) -> list[str]:
        """The organization's accounts, this one first, if it is the management account and they are wanted."""
        if not (self._organization or self._only):
            return [self._own]
        own = self._snapshots.of(self._own)
        tree = own.known("organization")
        if tree is None:
            if self._organization and "organization" in own.unread:
                raise CollectError(f"the organization cannot be read: {own.unread['organization']}")
            return [self._own]
        active = [a["Id"] for a in tree["Accounts"] if a.get("Status", "ACTIVE") == "ACTIVE"]
        self._snapshots.manages(self._own, active)
        return [self._own, *sorted(account for account in active if account != self._own)]

    def _probe(self, account: str) -> AwsProbe:
        found = self._probes.get(account)
        if found is None:
            found = self._probes[account] = AwsProbe(
                account,
                self._endpoint,
                self._regions[0],
                self._keys,
                role=self._role,
                clients=self._clients,
                now=self._now,
            )
        return found

    def _snapshot(self, account: str, management: Callable[[], Snapshot | None]) -> Snapshot:
        def read(name: str) -> Any:
            # Whose session that is, is asked when something is first read: an account that cannot be entered says so.
            keys = self._keys if account == self._own else self._probe(account).own
            return FACTS[name].read(EndpointApi(account, self._regions, self._endpoint, keys, clients))

        clients: Clients = {}
        return Snapshot(
            account, read, now=self._now, partition=self._partition, regions=self._regions, management=management
        )

    def snapshot(self, account: str) -> Snapshot:
        return self._snapshots.of(account)

    def probe(self, account: str) -> Probe | None:
        return self._probe(account)


def found_keys(profile: str | None) -> tuple[Keys, str | None]:
    """The credentials this shell (or a profile) has, and its region. Raises `CollectError`."""
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    try:
        own = session() if profile is None else Session(profile=profile)
        credentials = own.get_credentials()
        if credentials is None:
            raise CollectError("this shell has no AWS credentials: set AWS_ACCESS_KEY_ID, or give --profile")
        frozen = credentials.get_frozen_credentials()
        if not frozen.access_key or not frozen.secret_key:
            raise CollectError("the AWS credentials of this shell are not whole")
        region = own.get_config_variable("region")
    except BotoCoreError as e:
        raise CollectError(str(e)) from e
    return Keys(frozen.access_key, frozen.secret_key, frozen.token), region
