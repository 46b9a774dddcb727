"""Access advice: when a user, group, role or policy was last used for which service, found in the trail.

Generating is a job: its id comes at once, the trail is read a moment later on a thread of its own, and the answer is
kept for whoever asked. Source: IAM API reference, GenerateServiceLastAccessedDetails and its relatives.
"""

from __future__ import annotations

import threading
import uuid
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.access.runtime import Runtime
from garrison.aws.arn import Arn
from garrison.aws.errors import AwsError
from garrison.aws.reference import data
from garrison.policy.principal import Principal, RoleSession
from garrison.services.iam import managed, owners
from garrison.services.iam.background import soon
from garrison.services.iam.granted_services import granted
from garrison.services.iam.held import Entity, entity, held
from garrison.services.iam.owners import GROUPS, OWNERS, USERS
from garrison.services.iam.paging import page_of
from garrison.services.iam.resources import ATTACHED, MEMBER, USER
from garrison.services.operation import operation
from garrison.store import Kind, Reader, Resource, StoredEvent, Transaction

TRACKED = 400 * 86400.0
"""Seconds of history that count, as far as the trail reaches back."""
KEPT = 86400.0
"""Seconds a job's answer is kept; for how long AWS keeps it is not documented."""
OVERDUE = 60.0
"""Seconds after which a job is taken up again when it is asked about: whoever was to do it may have been stopped."""
_reading = threading.Lock()
"""One job at a time reads the trail, however many are asked for."""
_under_way: set[str] = set()
"""Jobs this process has taken up."""


class Use(msgspec.Struct, frozen=True):
    """The last time somebody accessed something."""

    time: float
    region: str
    entity: str
    """Unique id of the user or role."""


class Access(msgspec.Struct, frozen=True, omit_defaults=True):
    """One service."""

    namespace: str
    uses: tuple[Use, ...] = ()
    """The last of each entity."""
    actions: dict[str, Use] = {}
    """The last of each action, by anybody."""


class Somebody(msgspec.Struct, frozen=True):
    """A user or role the job is about."""

    id: str
    arn: str
    name: str
    type: str
    path: str


class Job(msgspec.Struct, frozen=True, omit_defaults=True):
    """One job; row name and id are its id."""

    asked_by: str
    type: str
    services: tuple[str, ...]
    entities: tuple[Somebody, ...]
    completed: float | None = None
    failed: str | None = None
    accesses: tuple[Access, ...] = ()


JOB = Kind("iam.access-job", Job)


@operation("iam", "GenerateServiceLastAccessedDetails", access="write")
def generate_service_last_accessed_details(call: Call, tx: Transaction) -> dict[str, Any]:
    documents, entities = _subject(call, tx, call.params["Arn"])
    for old in tx.page(JOB, call.account):
        if old.created < call.now - KEPT:
            tx.delete(old)
    id = str(uuid.uuid4())
    body = Job(
        asked_by=_asking(call.caller.principal),
        type=call.params.get("Granularity", "SERVICE_LEVEL"),
        services=tuple(granted(documents)),
        entities=tuple(entities),
    )
    tx.insert(JOB, call.account, id, body, id=id, created=call.now)
    _take_up(call.runtime, id)
    return {"JobId": id}


def _take_up(runtime: Runtime, id: str) -> None:
    if id in _under_way:
        return
    _under_way.add(id)

    def do() -> None:
        try:
            work(runtime, id)
        finally:
            _under_way.discard(id)

    soon("access-advice", do)


@operation("iam", "GetServiceLastAccessedDetails", access="read")
def get_service_last_accessed_details(call: Call, reader: Reader) -> dict[str, Any]:
    row = _job(call, reader)
    job = row.body
    answer: dict[str, Any] = {**_status(row), "JobType": job.type, "ServicesLastAccessed": []}
    if job.completed is None or job.failed is not None:
        return {**answer, "IsTruncated": False}
    page, end = page_of(call, job.accesses, lambda access: access.namespace)
    names = {one.id: one.arn for one in job.entities}
    answer["ServicesLastAccessed"] = [_service(access, names, actions=job.type == "ACTION_LEVEL") for access in page]
    return {**answer, **end}


@operation("iam", "GetServiceLastAccessedDetailsWithEntities", access="read")
def get_service_last_accessed_details_with_entities(call: Call, reader: Reader) -> dict[str, Any]:
    row = _job(call, reader)
    job = row.body
    namespace = call.params["ServiceNamespace"]
    answer: dict[str, Any] = {**_status(row), "EntityDetailsList": []}
    if job.completed is None or job.failed is not None:
        return {**answer, "IsTruncated": False}
    access = next((one for one in job.accesses if one.namespace == namespace), None)
    if access is None:
        # The text is a guess.
        raise AwsError("NoSuchEntity", f"The report does not contain the service {namespace}.")
    last = {use.entity: use.time for use in access.uses}
    # Most recent first; those who never did, last.
    page, end = page_of(call, job.entities, lambda one: f"{10**12 - last.get(one.id, 0.0):020.3f} {one.id}")
    answer["EntityDetailsList"] = [
        {
            "EntityInfo": {"Arn": one.arn, "Name": one.name, "Type": one.type, "Id": one.id, "Path": one.path},
            **({"LastAuthenticated": last[one.id]} if one.id in last else {}),
        }
        for one in page
    ]
    return {**answer, **end}


def _job(call: Call, reader: Reader) -> Resource[Job]:
    id = call.params["JobId"]
    row = reader.by_id(JOB, id)
    # "The JobId must be used by the same role within a session, or by the same user."
    if row is None or row.account != call.account or row.body.asked_by != _asking(call.caller.principal):
        raise AwsError("NoSuchEntity", f"Job id {id} cannot be found.")
    if row.body.completed is None and call.now - row.created > OVERDUE:
        _take_up(call.runtime, id)
    return row


def _asking(principal: Principal) -> str:
    return principal.role_id if isinstance(principal, RoleSession) else principal.user_id


def _status(row: Resource[Job]) -> dict[str, Any]:
    job = row.body
    answer: dict[str, Any] = {"JobStatus": "IN_PROGRESS", "JobCreationDate": row.created}
    if job.completed is not None:
        answer |= {"JobStatus": "COMPLETED", "JobCompletionDate": job.completed}
    if job.failed is not None:
        answer |= {"JobStatus": "FAILED", "Error": {"Code": "SERVICE_ERROR", "Message": job.failed}}
    return answer


def _service(access: Access, names: dict[str, str], *, actions: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "ServiceName": data.service_name(access.namespace),
        "ServiceNamespace": access.namespace,
        "TotalAuthenticatedEntities": len(access.uses),
    }
    if access.uses:
        last = max(access.uses, key=lambda use: use.time)
        answer["LastAuthenticated"] = last.time
        answer["LastAuthenticatedEntity"] = names[last.entity]
        answer["LastAuthenticatedRegion"] = last.region
    if actions and access.actions:
        answer["TrackedActionsLastAccessed"] = [
            {
                "ActionName": name,
                "LastAccessedEntity": names[use.entity],
                "LastAccessedTime": use.time,
                "LastAccessedRegion": use.region,
            }
            for name, use in sorted(access.actions.items())
        ]
    return answer


def _subject(call: Call, reader: Reader, arn: str) -> tuple[list[str], list[Somebody]]:
    """The documents whose services are listed, and the users and roles whose calls count."""
    parts = Arn.parse(arn)
    if parts is not None and parts.resource.startswith("policy/"):
        policy = managed.load(reader, call, arn)
        found: dict[str, Somebody] = {}
        for link in reader.sources(ATTACHED, policy.arn):
            for owner in OWNERS:
                row = reader.by_id(owner.kind, link.source) if link.account == call.account else None
                if row is not None:
                    one = Entity(owner, row, owners.arn_of(call.partition, owner, row))
                    found |= {somebody.id: somebody for somebody in _who(call, reader, one)}
        return [policy.document], list(found.values())
    one = entity(reader, call.account, arn)
    return [policy.document for policy in held(reader, one)], _who(call, reader, one)


def _who(call: Call, reader: Reader, one: Entity) -> list[Somebody]:
    if one.owner is not GROUPS:
        return [_somebody(one)]
    users = (reader.by_id(USER, link.source) for link in reader.sources(MEMBER, one.row.id))
    return [
        _somebody(Entity(USERS, row, owners.arn_of(call.partition, USERS, row))) for row in users if row is not None
    ]


def _somebody(one: Entity) -> Somebody:
    return Somebody(one.row.id, one.arn, one.row.name, one.owner.noun.upper(), one.row.body.path)


# Reading the trail


class _Identity(msgspec.Struct):
    principal_id: str = msgspec.field(default="", name="principalId")


class _Event(msgspec.Struct):
    source: str = msgspec.field(name="eventSource")
    region: str = msgspec.field(name="awsRegion")
    identity: _Identity = msgspec.field(name="userIdentity")


class _Check(msgspec.Struct):
    action: str


class _Extra(msgspec.Struct):
    checks: tuple[_Check, ...] = ()


_event = msgspec.json.Decoder(_Event).decode
_extra = msgspec.json.Decoder(_Extra).decode


def work(runtime: Runtime, job_id: str) -> None:
    """Do a job that is not done. Blocks, for as long as reading the trail takes: not for the event loop."""
    with _reading:
        with runtime.store.reading() as reader:
            row = reader.by_id(JOB, job_id)
        if row is None or row.body.completed is not None:
            return
        now = runtime.clock.now()
        failed: str | None = None
        found: tuple[Access, ...] = ()
        if runtime.trail is None:
            failed = "There is no trail to read."
        else:
            runtime.trail.flush()
            found = _read(runtime, row.account, row.body, now)

    def keep(tx: Transaction) -> None:
        current = tx.by_id(JOB, job_id)
        if current is not None:
            done = msgspec.structs.replace(current.body, completed=now, failed=failed, accesses=found)
            tx.update(current, done, updated=now)

    runtime.store.writing(keep)


def _read(runtime: Runtime, account: str, job: Job, now: float) -> tuple[Access, ...]:
    trail = runtime.trail
    assert trail is not None
    people = {one.id for one in job.entities}
    uses: dict[str, dict[str, Use]] = {namespace: {} for namespace in job.services}
    actions: dict[str, dict[str, Use]] = {namespace: {} for namespace in job.services}
    for event in trail.history(account, start=now - TRACKED, end=now) if people else ():
        record = _event(event.body)
        who = _entity_of(record.identity)
        if who not in people:
            continue
        use = Use(event.time, record.region, who)
        for namespace, action in _asked(event, record):
            if namespace in uses:
                # Newest first: what is there already is later.
                uses[namespace].setdefault(who, use)
                if action:
                    actions[namespace].setdefault(action, use)
    return tuple(Access(name, tuple(uses[name].values()), actions[name]) for name in job.services)


def _entity_of(identity: _Identity) -> str:
    """Unique id of the user or role; a role session's is `AROA...:session`."""
    return identity.principal_id.partition(":")[0]


def _asked(event: StoredEvent, record: _Event) -> list[tuple[str, str]]:
    """(namespace, action) of what was asked; where only the record is left, its service."""
    checks = _extra(event.extra).checks if event.extra else ()
    if checks:
        return [(prefix.lower(), name) for prefix, _, name in (check.action.partition(":") for check in checks)]
    return [(record.source.removesuffix(".amazonaws.com"), "")]
