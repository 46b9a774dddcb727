"""Every SQL statement of the store, built by SQLAlchemy and compiled once per database to text.

The hot path hands that text straight to the driver, so that no SQLAlchemy object is touched while serving.
Parameters are named; the names are those of the `bindparam`s below.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Integer, Select, bindparam, delete, func, literal_column, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement, ColumnElement

from garrison.store.schema import (
    epochs,
    event_marks,
    events,
    jobs,
    links,
    lookups,
    meta,
    metadata,
    resources,
    tallies,
)

_R = resources.c
_ONE = literal_column("1", Integer)
_RESOURCE = (_R.account, _R.region, _R.parent, _R.name, _R.id, _R.version, _R.created, _R.updated, _R.body)
_LINK = (links.c.account, links.c.relation, links.c.source, links.c.target, links.c.position, links.c.body)
_EVENT = (events.c.seq, events.c.id, events.c.account, events.c.region, events.c.time, events.c.body, events.c.extra)


def _scope(*names: str) -> Iterable[ColumnElement[bool]]:
    return (_R[name] == bindparam(name) for name in names)


class Statements:
    """SQL texts for one database (`sqlite` or `postgresql`)."""

    def __init__(self, name: str) -> None:
        dialect: Dialect
        insert: Any
        if name == "sqlite":
            dialect, insert = sqlite.dialect(paramstyle="named"), sqlite.insert
            self._within = func.instr
        else:
            # SQLAlchemy leaves this constructor untyped.
            dialect = postgresql.psycopg.PGDialect_psycopg(paramstyle="pyformat")  # type: ignore[no-untyped-call]
            insert = postgresql.insert
            self._within = func.pg_catalog.position
        self._dialect = dialect
        self._events: dict[tuple[int, bool, bool, bool, bool, bool], str] = {}

        sql = self._text

        def values(table: Any, *skip: str) -> Any:
            return insert(table).values({c.name: bindparam(c.name) for c in table.c if c.name not in skip}).inline()

        tables = metadata.sorted_tables
        indexes = [i for t in tables for i in sorted(t.indexes, key=lambda i: str(i.name))]
        create: list[ClauseElement] = [CreateTable(t, if_not_exists=True) for t in tables]
        create += [CreateIndex(i, if_not_exists=True) for i in indexes]
        self.create = [str(c.compile(dialect=dialect)) for c in create]
        self.get_meta = sql(select(meta.c.value).where(meta.c.name == bindparam("name")))
        self.set_meta = sql(values(meta).on_conflict_do_nothing())

        # Resources.
        self.get = sql(select(*_RESOURCE).where(*_scope("kind", "account", "region", "parent", "name_key")))
        self.by_id = sql(select(*_RESOURCE).where(*_scope("kind", "id")))
        # LIMIT -1 is "no limit" to SQLite only, NULL to PostgreSQL only; callers pass a number large enough.
        under = select(*_RESOURCE).where(
            *_scope("kind", "account", "region"), _R.name_key > bindparam("after", type_=_R.name_key.type)
        )
        limit: ColumnElement[int] = bindparam("limit", type_=_R.version.type)
        self.page = sql(under.where(*_scope("parent")).order_by(_R.name_key).limit(limit))
        self.page_all = sql(under.order_by(_R.name_key, _R.parent).limit(limit))
        scope = {name: tallies.c[name] == bindparam(name) for name in ("kind", "account", "region", "parent")}
        one = (*scope.values(),)
        self.count = sql(select(tallies.c.n).where(*one))
        self.count_all = sql(select(func.sum(tallies.c.n)).where(scope["kind"], scope["account"], scope["region"]))
        self.kinds = sql(select(tallies.c.kind).where(scope["account"]).distinct().order_by(tallies.c.kind))
        self.tally = sql(
            insert(tallies)
            .values({**{name: bindparam(name) for name in scope}, "n": _ONE})
            .inline()
            .on_conflict_do_update(index_elements=[*scope], set_={"n": tallies.c.n + _ONE})
        )
        self.untally = sql(update(tallies).where(*one).values(n=tallies.c.n - _ONE))
        self.forget_tally = sql(delete(tallies).where(*one, tallies.c.n <= _ONE))
        self.insert = sql(values(resources, "seq").on_conflict_do_nothing())
        mine = (_R.kind == bindparam("b_kind"), _R.id == bindparam("b_id"), _R.version == bindparam("b_version"))
        fields = ("name_key", "name", "version", "updated", "body")
        self.update = sql(update(resources).where(*mine).values({f: bindparam(f) for f in fields}))
        self.delete = sql(delete(resources).where(*mine))

        # Links.
        out = select(*_LINK).where(links.c.relation == bindparam("relation"))
        self.targets = sql(out.where(links.c.source == bindparam("source")).order_by(links.c.position, links.c.target))
        self.sources = sql(out.where(links.c.target == bindparam("target")).order_by(links.c.position, links.c.source))
        key = [links.c[name] == bindparam(f"b_{name}") for name in ("relation", "source", "target")]
        self.link = sql(values(links).on_conflict_do_nothing())
        self.relink = sql(
            update(links)
            .where(*key)
            .values(account=bindparam("account"), position=bindparam("position"), body=bindparam("body"))
        )
        self.unlink = sql(delete(links).where(*key))

        # Lookups.
        at = (lookups.c.space == bindparam("space"), lookups.c.key == bindparam("key"))
        self.lookup = sql(select(lookups.c.value).where(*at))
        self.set_lookup = sql(values(lookups).on_conflict_do_nothing())
        self.delete_lookup = sql(delete(lookups).where(*at))

        # Epochs. The row ("", "") is the generation: `reset` raises it above every epoch there was, and an epoch
        # counts on from it, so that no cache anywhere meets a value it holds again.
        generation = (epochs.c.domain == "") & (epochs.c.account == "")
        self.epoch = sql(
            select(func.max(epochs.c.n)).where(
                or_(
                    (epochs.c.domain == bindparam("domain")) & (epochs.c.account == bindparam("account")),
                    generation,
                )
            )
        )
        self.highest_epoch = sql(select(func.max(epochs.c.n)))
        self.set_epoch = sql(
            (put := values(epochs)).on_conflict_do_update(
                index_elements=["domain", "account"], set_={"n": put.excluded.n}
            )
        )

        # Leases of periodic jobs.
        self.lease = sql(
            (put := values(jobs)).on_conflict_do_update(
                index_elements=["name"],
                set_={"owner": put.excluded.owner, "expires": put.excluded.expires},
                where=or_(
                    jobs.c.owner == put.excluded.owner, jobs.c.expires <= bindparam("now", type_=jobs.c.expires.type)
                ),
            )
        )
        self.release = sql(delete(jobs).where(jobs.c.name == bindparam("name"), jobs.c.owner == bindparam("owner")))

        # The event log.
        self.append_event = sql(values(events, "seq").on_conflict_do_nothing().returning(events.c.seq))
        self.append_marks = sql(values(event_marks))
        self.event_time = sql(select(events.c.time).where(events.c.id == bindparam("id")))
        self.events_since = sql(
            select(*_EVENT)
            .where(events.c.seq > bindparam("seq", type_=events.c.seq.type))
            .order_by(events.c.seq)
            .limit(limit)
        )
        self.last_event = sql(select(func.coalesce(func.max(events.c.seq), 0)))
        self.clear = [sql(delete(t)) for t in tables if t.name != "meta"]

    def events(self, keys: int, *, account: bool, region: bool, start: bool, end: bool, before: bool) -> str:
        """The query for events newest first with `keys` lookup attributes and the given filters."""
        shape = (keys, account, region, start, end, before)
        text = self._events.get(shape)
        if text is None:
            query = self._events_query(keys, account, region, start, end, before)
            text = self._events[shape] = self._text(query)
        return text

    def _text(self, statement: ClauseElement) -> str:
        """SQL text in which only the parameters named by `bindparam` are left; constants are written out."""
        compiled = statement.compile(dialect=self._dialect)
        assert isinstance(compiled, SQLCompiler)

        def constant(match: re.Match[str]) -> str:
            bind = compiled.binds[match[1] or match[2]]
            if not bind.unique:
                return match[0]
            assert bind.value in (0, ""), bind.value
            return repr(bind.value)

        return re.sub(r"(?<!:):(\w+)\b|%\((\w+)\)s", constant, str(compiled).replace("::", "\0")).replace("\0", "::")

    def _events_query(
        self, keys: int, account: bool, region: bool, start: bool, end: bool, before: bool
    ) -> Select[Any]:
        # Joined by the number alone, so that there is one way only: along the marks, which carry the time.
        marks = event_marks.c
        time: Any = marks.time
        query = select(*_EVENT).join_from(event_marks, events, marks.seq == events.c.seq)
        for n in range(keys):
            query = query.where(self._within(marks.marks, bindparam(f"mark{n}", type_=marks.marks.type)) > 0)
        if account:
            query = query.where(events.c.account == bindparam("account"))
        if region:
            query = query.where(events.c.region == bindparam("region"))
        if start:
            query = query.where(time >= bindparam("start", type_=events.c.time.type))
        if end:
            query = query.where(time <= bindparam("end", type_=events.c.time.type))
        if before:
            mark = tuple_(
                bindparam("before_time", type_=events.c.time.type), bindparam("before_id", type_=events.c.id.type)
            )
            query = query.where(tuple_(events.c.time, events.c.id) < mark)
        return query.order_by(time.desc(), events.c.id.desc()).limit(bindparam("limit", type_=events.c.seq.type))
