"""Days of an account's buckets, cluster and database."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from scripts.ordinary.days import DAY
from scripts.ordinary.people import Account, Actor, address

from garrison.detect.events import ApiCall, DatabaseLogin, Event, KubernetesCall
from garrison.detect.formats import kubernetes
from garrison.detect.formats.cloudtrail_record import event as of_record

REGION = "eu-central-1"


class Resources:
    """What an account has beside roles, and who uses it. `number` gives ids."""

    def __init__(self, account: Account, number: Callable[[], int]) -> None:
        self._account, self._number = account, number
        chance = self._chance = random.Random(f"{account.number}resources")
        self._buckets: dict[str, list[str]] = {}
        self.clusters = ["apps"] if chance.random() < 0.7 else []
        self._people = [f"person{n}" for n in range(chance.randint(2, 7))]
        self._homes = {who: address(chance, "84.115") for who in self._people}
        self._namespaces = [f"team{n}" for n in range(chance.randint(2, 6))]
        self._images = [f"{account.number}.dkr.ecr.{REGION}.amazonaws.com/app{n}" for n in range(chance.randint(4, 12))]
        self._users = [f"app{n}" for n in range(chance.randint(2, 6))]
        self._tasks = {who: [f"10.0.{chance.randint(1, 6)}.{chance.randint(5, 250)}"] for who in self._users}

    def day(self, begin: float, weekend: bool) -> Iterator[Event]:
        """All of one day."""
        for actor in list(self._account.actors):
            if (
                "sso.amazonaws" not in actor.arn
                and actor.kind == "AssumedRole"
                and actor.agents[0][:3] in ("aws", "Bot")
            ):
                yield from self._objects(actor, begin)
            elif not weekend and "sso.amazonaws" in actor.arn and self._chance.random() < 0.3:
                every = [bucket for some in self._buckets.values() for bucket in some]
                if every:
                    yield self._object(actor, "GetObject", self._chance.choice(every), begin + 36000)
        for _ in self.clusters:
            yield from self._cluster(begin, weekend)
        yield from self._database(begin)

    def _objects(self, actor: Actor, begin: float) -> Iterator[ApiCall]:
        chance = self._chance
        if actor.arn not in self._buckets:
            names = [f"{self._account.number}-{chance.getrandbits(24):06x}" for _ in range(chance.randint(0, 2))]
            self._buckets[actor.arn] = names
        for bucket in self._buckets[actor.arn]:
            for hour in range(24):
                usual = 6 if 7 <= hour <= 20 else 1
                for _ in range(chance.randint(0, usual)):
                    name = chance.choice(("GetObject", "GetObject", "PutObject"))
                    yield self._object(actor, name, bucket, begin + hour * 3600)
            if chance.random() < 0.05:  # what is old is deleted, or all is gone through
                name = chance.choice(("DeleteObject", "GetObject"))
                for _ in range(chance.randint(20, 120)):
                    yield self._object(actor, name, bucket, begin + 3 * 3600)

    def _object(self, actor: Actor, name: str, bucket: str, hour: float) -> ApiCall:
        chance, number = self._chance, self._account.number
        role = actor.arn.rpartition("/")[2]
        return of_record({
            "eventID": f"{self._number():032x}", "eventName": name, "eventSource": "s3.amazonaws.com",
            "eventTime": datetime.fromtimestamp(hour + chance.uniform(0, 3599), UTC).isoformat(), "awsRegion": REGION,
            "recipientAccountId": number, "sourceIPAddress": actor.where(chance),
            "userAgent": chance.choice(actor.agents),
            "userIdentity": {
                "type": "AssumedRole", "accountId": number, "arn": f"arn:aws:sts::{number}:assumed-role/{role}/x",
                "sessionContext": {"sessionIssuer": {"type": "Role", "arn": actor.arn, "userName": role}},
            },
            "requestParameters": {"bucketName": bucket, "key": f"{chance.getrandbits(40):x}"},
            "additionalEventData": {"bytesTransferredOut": chance.randint(200, 90_000)},
            "readOnly": name == "GetObject", "eventCategory": "Data", "managementEvent": False,
        })  # fmt: skip

    def _kube(self, time: float, user: str, verb: str, resource: str, namespace: str, where: str, agent: str,
              asked: dict[str, Any] | None = None, code: int = 200) -> KubernetesCall | None:  # fmt: skip
        what, _, sub = resource.partition("/")
        record: dict[str, Any] = {
            "auditID": f"{self._number():x}", "stage": "ResponseComplete", "verb": verb,
            "requestReceivedTimestamp": datetime.fromtimestamp(time, UTC).isoformat(),
            "objectRef": {"resource": what, "namespace": namespace, "name": "x", "subresource": sub},
            "user": {"username": user, "groups": ["system:authenticated"]}, "sourceIPs": [where], "userAgent": agent,
            "responseStatus": {"code": code}, "requestURI": f"/api/v1/namespaces/{namespace}/{resource}",
        }  # fmt: skip
        if asked is not None:
            record["requestObject"] = asked
        return kubernetes.call(record, self._account.number, REGION, "apps")

    def _cluster(self, begin: float, weekend: bool) -> Iterator[Event]:
        chance = self._chance
        made: list[KubernetesCall | None] = []

        def pod(image: str, **spec: Any) -> dict[str, Any]:
            return {
                "spec": {"template": {"spec": {"containers": [{"name": "c", "image": f"{image}:{begin:.0f}"}], **spec}}}
            }

        for hour in range(24):
            at = begin + hour * 3600
            for who in ("system:serviceaccount:argocd:argocd-application-controller", "system:node:n1",
                        "system:serviceaccount:external-secrets:external-secrets", "eks:node-manager"):  # fmt: skip
                resource = "secrets" if "external" in who else "pods"
                where = chance.choice(("10.0.1.7", "10.0.2.9", "10.0.3.4"))
                made.append(
                    self._kube(at, who, "list", resource, chance.choice(self._namespaces), where, "controller/v1")
                )
        if weekend:
            return
        for _ in range(chance.randint(0, 6)):  # deployments
            who = "system:serviceaccount:argocd:argocd-application-controller"
            made.append(self._kube(begin + 40000 + chance.uniform(0, 9000), who, "create", "deployments",
                                   chance.choice(self._namespaces), "10.0.1.7", "argocd/v2.13",
                                   pod(chance.choice(self._images)), 201))  # fmt: skip
        if chance.random() < 0.05:  # something new is deployed
            self._images.append(f"docker.io/library/tool{chance.getrandbits(16)}")
        for who in self._people:
            if chance.random() < 0.4:
                continue
            where = chance.choice((self._homes[who], self._account.office[0]))
            at = begin + chance.uniform(8, 18) * 3600
            for _ in range(chance.randint(2, 25)):
                verb, resource = chance.choice((
                    ("get", "pods"), ("list", "pods"), ("list", "deployments"), ("get", "pods/log"), ("list", "events"),
                    ("get", "configmaps"), ("list", "nodes"), ("get", "ingresses"),
                ))  # fmt: skip
                made.append(
                    self._kube(at, who, verb, resource, chance.choice(self._namespaces), where, "kubectl/v1.31.2")
                )
            for likely, verb, resource, code in (
                (0.08, "create", "pods/exec", 101), (0.04, "get", "secrets", 200), (0.06, "patch", "deployments", 200),
                (0.03, "create", "selfsubjectaccessreviews", 201), (0.01, "create", "rolebindings", 201),
            ):  # fmt: skip
                if chance.random() < likely:
                    asked = {
                        "roleRef": {"name": "view"},
                        "subjects": [{"kind": "User", "name": chance.choice(self._people)}],
                    }
                    made.append(self._kube(at, who, verb, resource, chance.choice(self._namespaces), where,
                                           "kubectl/v1.31.2", asked, code))  # fmt: skip
        yield from (one for one in made if one is not None)

    def _database(self, begin: float) -> Iterator[DatabaseLogin]:
        chance = self._chance
        for who in self._users:
            if chance.random() < 0.15:  # its tasks are started anew
                self._tasks[who] = [f"10.0.{chance.randint(1, 6)}.{chance.randint(5, 250)}" for _ in range(2)]
            for hour in range(24):
                yield self._login(begin + hour * 3600, who, chance.choice(self._tasks[who]), True)
        if chance.random() < 0.5:
            yield self._login(begin + 36000, "dba", chance.choice(("10.0.9.9", "10.0.9.10")), True, "psql")
        for _ in range(chance.randint(0, 4)):
            yield self._login(begin + chance.uniform(0, 80000), chance.choice((*self._users, "dba")), "10.0.9.9", False)
        if chance.random() < 0.03:  # a password was renewed, and one task does not know
            for n in range(chance.randint(30, 200)):
                yield self._login(begin + 43200 + n * 10, self._users[0], self._tasks[self._users[0]][0], False)

    def _login(self, time: float, user: str, source: str, succeeded: bool, program: str = "app") -> DatabaseLogin:
        return DatabaseLogin(
            id=f"{self._number():x}", time=time + self._chance.uniform(0, 3000), account=self._account.number,
            region=REGION, database="main", user=user, application=program, source=source, succeeded=succeeded,
        )  # fmt: skip


__all__ = ["DAY", "Resources"]
