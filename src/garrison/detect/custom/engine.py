"""Where expressions run: a DuckDB in memory that opens no file, loads no extension and asks no network.

An expression that is no single SELECT, takes too long or too much memory is stopped with `BadExpression`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from garrison.detect.events import ApiCall
from garrison.detect.formats.cloudtrail_record import event as api_call

MISSING = "Custom detection rules need DuckDB: pip install 'garrison[detect]' brings it"
SECONDS = 10.0
MEMORY = "512MB"
_COLUMNS = (
    ("eventID", "VARCHAR"),
    ("eventTime", "TIMESTAMP"),
    ("eventSource", "VARCHAR"),
    ("eventName", "VARCHAR"),
    ("awsRegion", "VARCHAR"),
    ("recipientAccountId", "VARCHAR"),
    ("sourceIPAddress", "VARCHAR"),
    ("userAgent", "VARCHAR"),
    ("errorCode", "VARCHAR"),
    ("readOnly", "BOOLEAN"),
    ("userIdentity", "JSON"),
    ("requestParameters", "JSON"),
    ("responseElements", "JSON"),
    ("additionalEventData", "JSON"),
)
_WEB = (
    ("eventID", "VARCHAR", "id"),
    ("eventTime", "TIMESTAMP", "make_timestamp(CAST(time * 1e6 AS BIGINT))"),
    ("awsRegion", "VARCHAR", "region"),
    ("recipientAccountId", "VARCHAR", "account"),
    ("resource", "VARCHAR", "resource"),
    ("clientIp", "VARCHAR", "source"),
    ("method", "VARCHAR", "method"),
    ("host", "VARCHAR", "host"),
    ("path", "VARCHAR", "path"),
    ("userAgent", "VARCHAR", "user_agent"),
    ("status", "INTEGER", "status"),
    ("action", "VARCHAR", "action"),
    ("labels", "VARCHAR[]", "labels"),
    ("bytes", "BIGINT", "octets"),
)
"""Columns of the table `web`, and what they are in the lake."""


class BadExpression(ValueError):
    """An expression that cannot be run; the message says why."""


class Engine:
    """One table of events, asked by expressions. Close it when done; it is for one thread."""

    def __init__(self, *, seconds: float = SECONDS, memory: str = MEMORY) -> None:
        """Raises `BadExpression` where DuckDB is not installed."""
        try:
            import duckdb
        except ModuleNotFoundError:
            raise BadExpression(MISSING) from None
        self._duckdb: Any = duckdb
        self._seconds = seconds
        self._connection: Any = duckdb.connect(
            ":memory:",
            config={
                "enable_external_access": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "allow_community_extensions": "false",
                "python_enable_replacements": "false",
                "memory_limit": memory,
                "max_temp_directory_size": "0GB",
                "threads": "1",
            },
        )
        columns = ", ".join(f'"{name}" {type}' for name, type in _COLUMNS)
        self._connection.execute(f"CREATE TABLE cloudtrail ({columns})")
        web = ", ".join(f'"{name}" {type}' for name, type, _ in _WEB)
        self._connection.execute(f"CREATE TABLE web ({web})")
        self._connection.execute("SET lock_configuration = true")

    def close(self) -> None:
        """Give its memory back."""
        self._connection.close()

    def load(self, calls: Iterable[ApiCall]) -> None:
        """Put these events, and no others, into the table."""
        import pyarrow

        rows = [_row(call) for call in calls]
        self._connection.execute("DELETE FROM cloudtrail")
        self._connection.execute("DELETE FROM web")
        if not rows:
            return
        columns = list(zip(*rows, strict=True))
        kinds = {"TIMESTAMP": pyarrow.timestamp("us"), "BOOLEAN": pyarrow.bool_()}
        table = pyarrow.table(
            {
                name: pyarrow.array(column, type=kinds.get(type, pyarrow.string()))
                for (name, type), column in zip(_COLUMNS, columns, strict=True)
            }
        )
        self._connection.register("batch", table)
        self._connection.execute("INSERT INTO cloudtrail SELECT * FROM batch")
        self._connection.unregister("batch")

    def load_rows(self, api: Sequence[dict[str, Any]], web: Sequence[dict[str, Any]]) -> None:
        """Put these rows of the lake's tables, and no others, into the tables."""
        import pyarrow

        self.load([api_call(msgspec.json.decode(row["record"])) for row in api])
        if web:
            self._connection.register("batch", pyarrow.Table.from_pylist(list(web)))
            columns = ", ".join(made for _, _, made in _WEB)
            self._connection.execute(f"INSERT INTO web SELECT {columns} FROM batch")  # noqa: S608
            self._connection.unregister("batch")

    def matching(self, expression: str) -> list[str]:
        """Ids of the events an expression means, each once. Raises `BadExpression`."""
        return list(dict.fromkeys(str(row["eventid"]) for row in self.found(expression)))

    def found(self, expression: str) -> list[dict[str, Any]]:
        """The rows of an expression's result, by the names of its columns in small letters; `eventid` is one. Raises
        `BadExpression`."""
        self._check(expression)
        timer = threading.Timer(self._seconds, self._connection.interrupt)
        timer.start()
        try:
            found = self._connection.execute(expression)
            names = [str(column[0]).lower() for column in found.description]
            if "eventid" not in names:
                raise BadExpression("The result has no column eventID")
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        except self._duckdb.InterruptException:
            raise BadExpression(f"It took more than {self._seconds:g} seconds") from None
        except (self._duckdb.Error, RuntimeError) as e:
            raise BadExpression(str(e)) from None
        finally:
            timer.cancel()

    def _check(self, expression: str) -> None:
        try:
            statements: Sequence[Any] = self._connection.extract_statements(expression)
        except self._duckdb.Error as e:
            raise BadExpression(str(e)) from None
        if len(statements) != 1 or statements[0].type != self._duckdb.StatementType.SELECT:
            raise BadExpression("An expression is one SELECT")


def _row(call: ApiCall) -> tuple[Any, ...]:
    record = call.record
    return (
        call.id,
        datetime.fromtimestamp(call.time, UTC).replace(tzinfo=None),
        f"{call.source}.amazonaws.com",
        call.name,
        call.region,
        call.account,
        call.source_address,
        call.user_agent,
        call.error or None,
        call.read_only,
        _json(record.get("userIdentity")),
        _json(call.params),
        _json(call.response),
        _json(record.get("additionalEventData")),
    )


def _json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
