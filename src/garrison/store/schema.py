"""The tables behind every service, declared once for both databases.

A new service needs no migration: what it stores are rows of `resources` and `links`, whose bodies are JSON.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint
from sqlalchemy.dialects import postgresql

SCHEMA_VERSION = 1
"""Written into `meta`. A store refuses a database whose version is newer than its own."""

# Names are compared and ordered by code point in both databases; PostgreSQL would otherwise use its locale.
_Name = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
# SQLite numbers rows by itself only where the column is declared INTEGER.
_Sequence = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData()

meta = Table("meta", metadata, Column("name", _Name, primary_key=True), Column("value", Text, nullable=False))

resources = Table(
    "resources",
    metadata,
    Column("seq", _Sequence, primary_key=True, autoincrement=True),
    Column("kind", _Name, nullable=False),
    Column("account", _Name, nullable=False),
    Column("region", _Name, nullable=False),
    Column("parent", _Name, nullable=False),
    Column("name_key", _Name, nullable=False),
    Column("name", _Name, nullable=False),
    Column("id", _Name, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created", Double, nullable=False),
    Column("updated", Double, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("kind", "account", "region", "parent", "name_key", name="resources_name"),
    UniqueConstraint("kind", "id", name="resources_id"),
)
# Pages over every parent need the order without it.
Index(
    "resources_order",
    resources.c.kind,
    resources.c.account,
    resources.c.region,
    resources.c.name_key,
    resources.c.parent,
)

# How many resources there are, kept with each insert and delete: quotas ask on every create, and counting rows takes
# as long as there are rows.
tallies = Table(
    "tallies",
    metadata,
    Column("kind", _Name, primary_key=True),
    Column("account", _Name, primary_key=True),
    Column("region", _Name, primary_key=True),
    Column("parent", _Name, primary_key=True),
    Column("n", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

links = Table(
    "links",
    metadata,
    Column("relation", _Name, primary_key=True),
    Column("source", _Name, primary_key=True),
    Column("target", _Name, primary_key=True),
    Column("account", _Name, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("body", LargeBinary),
    sqlite_with_rowid=False,
)
Index("links_target", links.c.relation, links.c.target, links.c.position, links.c.source)

lookups = Table(
    "lookups",
    metadata,
    Column("space", _Name, primary_key=True),
    Column("key", _Name, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

epochs = Table(
    "epochs",
    metadata,
    Column("domain", _Name, primary_key=True),
    Column("account", _Name, primary_key=True),
    Column("n", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

jobs = Table(
    "jobs",
    metadata,
    Column("name", _Name, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("expires", Double, nullable=False),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    metadata,
    Column("seq", _Sequence, primary_key=True, autoincrement=True),
    Column("id", _Name, nullable=False, unique=True),
    Column("account", _Name, nullable=False),
    Column("region", _Name, nullable=False),
    Column("time", Double, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("extra", LargeBinary),
    sqlite_autoincrement=True,  # numbers never come back, so that whoever follows the log after a reset misses nothing
)

# What events are found by, in the order of time: see `attributes`.
event_marks = Table(
    "event_marks",
    metadata,
    Column("time", Double, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("marks", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
