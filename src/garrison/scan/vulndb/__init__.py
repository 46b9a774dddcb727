"""The vulnerability database: what sources publish, in one SQLite file (`database`), and how it is made (`build`)."""

from garrison.scan.vulndb.database import Database, DatabaseError, Source, Status

__all__ = ["Database", "DatabaseError", "Source", "Status"]
