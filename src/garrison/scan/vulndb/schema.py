"""Tables of the vulnerability database."""

from __future__ import annotations

APPLICATION_ID = 0x47565331
"""Says that a SQLite file is one of ours."""
FORMAT = 1
"""Moves when the tables or what stands in them changes its meaning; files of another format are built anew."""

TABLES = """
CREATE TABLE source (
  name TEXT PRIMARY KEY, origin TEXT NOT NULL, sha256 TEXT NOT NULL, etag TEXT NOT NULL, modified TEXT NOT NULL,
  records INTEGER NOT NULL, unread INTEGER NOT NULL, forms TEXT NOT NULL, newest TEXT NOT NULL, imported TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE property (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE advisory (rid INTEGER PRIMARY KEY, source TEXT NOT NULL, id TEXT NOT NULL, detail BLOB NOT NULL);
CREATE TABLE alias (
  alias TEXT NOT NULL, rid INTEGER NOT NULL, covers INTEGER NOT NULL, PRIMARY KEY (alias, rid)
) WITHOUT ROWID;
CREATE TABLE affected (
  ecosystem TEXT NOT NULL, name TEXT NOT NULL, rid INTEGER NOT NULL, seq INTEGER NOT NULL,
  introduced TEXT, fixed TEXT NOT NULL, last_affected TEXT NOT NULL, versions TEXT NOT NULL, module TEXT NOT NULL,
  not_fixed TEXT NOT NULL, PRIMARY KEY (ecosystem, name, rid, seq)
) WITHOUT ROWID;
CREATE TABLE exploited (
  cve TEXT PRIMARY KEY, source TEXT NOT NULL, added TEXT NOT NULL, due TEXT NOT NULL, action TEXT NOT NULL,
  ransomware INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE prediction (
  cve TEXT PRIMARY KEY, source TEXT NOT NULL, score REAL NOT NULL, percentile REAL NOT NULL
) WITHOUT ROWID;
"""
"""`affected.introduced` is NULL where only the versions of the list are affected. `versions` is one version a line,
with a line end before the first too. `alias` holds an advisory's own id as well; `covers` is 1 for the vulnerabilities
of an erratum, which are not one another's aliases."""

INDEXES = """
CREATE INDEX IF NOT EXISTS alias_rid ON alias (rid);
CREATE INDEX IF NOT EXISTS advisory_source ON advisory (source);
"""
"""Made after filling. Without the first, what an advisory is called is asked of the whole alias table at every hit."""
DROP_INDEXES = "DROP INDEX IF EXISTS alias_rid; DROP INDEX IF EXISTS advisory_source;"
