"""Engines that answer what detectors of windows ask: DuckDB as a rule, Spark or ClickHouse where there is one.

    duckdb                                       in this process
    spark, spark://HOST:PORT, sc://HOST:PORT     Spark in this process, a cluster, a Spark Connect server
    chdb, clickhouse://USER:PASSWORD@HOST:PORT   ClickHouse in this process, a server

DuckDB and Spark read the lake's files where they are: a cluster has to see the same folder. Into ClickHouse they are
loaded, as temporary tables.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any, Protocol
from urllib.parse import urlsplit

import ibis

from garrison.detect.lake.columns import KINDS, schema

_NAMES = "duckdb, spark, spark://HOST:PORT, sc://HOST:PORT, chdb or clickhouse://USER:PASSWORD@HOST:PORT"


class NoEngine(Exception):
    """There is no such engine, something is missing for it, or it does not answer."""


class QueryEngine(Protocol):
    """Answers expressions over Parquet files."""

    def files(self, table: str, paths: Sequence[str]) -> ibis.Table:
        """The rows of files of one of the lake's tables, at least; there may be more of the same table."""
        ...

    def rows(self, expression: ibis.Table) -> list[dict[str, Any]]:
        """Its rows, executed."""
        ...

    def close(self) -> None:
        """Leave nothing behind."""
        ...


class _Engine:
    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def rows(self, expression: ibis.Table) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._backend.to_pyarrow(expression).to_pylist()
        return rows

    def close(self) -> None:
        self._backend.disconnect()


def _no_rows(table: str) -> ibis.Table:
    return ibis.memtable(schema(table).empty_table().select([column for column, *_ in KINDS[table].columns]))


class _DuckDB(_Engine):
    def files(self, table: str, paths: Sequence[str]) -> ibis.Table:
        if not paths:
            return _no_rows(table)
        return self._backend.read_parquet(list(paths), hive_partitioning=False)


class _Spark(_Engine):
    def __init__(self, session: Any) -> None:
        super().__init__(ibis.pyspark.connect(session))
        self._session = session
        self._schemas: dict[str, Any] = {}

    def files(self, table: str, paths: Sequence[str]) -> ibis.Table:
        if not paths:
            return _no_rows(table)
        view = f"garrison_{table}"
        reader = self._session.read
        if table in self._schemas:
            reader = reader.schema(self._schemas[table])
        read = reader.parquet(*(re.sub(r"([\\*?\[\]{},])", r"\\\1", path) for path in paths))
        self._schemas[table] = read.schema
        read.createOrReplaceTempView(view)
        return self._backend.table(view)


class _ClickHouse(_Engine):
    def __init__(self, client: Any) -> None:
        backend = ibis.clickhouse.from_connection(client)
        # What ibis asks for, uniq, is an estimate beyond some ten thousand values.
        exact = {"visit_CountDistinct": lambda own, op, *, arg, where: own.agg.uniqExact(arg, where=where)}
        backend.compiler = type("ExactClickHouseCompiler", (type(backend.compiler),), exact)()
        super().__init__(backend)
        self._loaded: dict[str, set[str]] = {}

    def files(self, table: str, paths: Sequence[str]) -> ibis.Table:
        from clickhouse_connect.driver.tools import insert_file

        name = f"garrison_{table}"
        columns = [column for column, *_ in KINDS[table].columns]
        loaded = self._loaded.get(table)
        if loaded is None:
            self._backend.create_table(name, schema=_no_rows(table).schema(), temp=True, engine="Memory")
            loaded = self._loaded[table] = set()
        for path in paths:
            if path not in loaded:
                settings = {"input_format_parquet_allow_missing_columns": 0}
                insert_file(self._backend.con, name, path, fmt="Parquet", column_names=columns, settings=settings)
                loaded.add(path)
        return self._backend.table(name)

    def rows(self, expression: ibis.Table) -> list[dict[str, Any]]:
        # Whether there is any is the largest of numbers to it, and no boolean.
        booleans = [name for name, type_ in expression.schema().items() if type_.is_boolean()]
        rows = super().rows(expression.cast(dict.fromkeys(booleans, "int8")))
        for row in rows:
            row.update({name: None if row[name] is None else bool(row[name]) for name in booleans})
        return rows


def connect(engine: str) -> QueryEngine:
    """An engine by its name or URL. Raises NoEngine, with the way out."""
    scheme = engine.partition(":")[0]
    made = _MAKERS.get(scheme)
    if made is None or (":" in engine and scheme in {"duckdb", "chdb"}):
        raise NoEngine(f"No engine is named {engine}: say {_NAMES}")
    missing = [module for module in _MODULES.get(scheme, ()) if not find_spec(module)]
    if missing:
        raise NoEngine(f"The engine {scheme} needs {' and '.join(missing)}: pip install {_INSTALL[scheme]}")
    if scheme == "spark" and not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        raise NoEngine("The engine spark needs Java, 17 or newer: apt install default-jre-headless")
    try:
        return made(engine)
    except Exception as e:
        # Each engine's driver has errors of its own.
        first = str(e).strip().partition("\n")[0]
        raise NoEngine(f"The engine {_without_password(engine)} does not answer: {first}") from e


def duckdb(memory: str = "1GB", threads: int = 2) -> QueryEngine:
    """DuckDB in memory: it reads nothing but files it is told of, and nothing from elsewhere."""
    connection = ibis.duckdb.connect(threads=threads, memory_limit=memory)
    for setting in ("TimeZone = 'UTC'", "enable_progress_bar = false"):
        connection.raw_sql(f"SET {setting}")
    for setting in ("autoinstall_known_extensions", "autoload_known_extensions"):
        connection.raw_sql(f"SET {setting} = false")
    return _DuckDB(connection)


def _spark(engine: str) -> QueryEngine:
    from pyspark.sql import SparkSession

    build = SparkSession.builder.appName("garrison")
    if engine == "spark":
        for name, value in _LOCAL.items():
            build = build.config(name, value)
        build = build.master("local[*]")
    else:
        build = build.master(engine)
    session = build.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return _Spark(session)


_LOCAL = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "4",
}
"""Of Spark in this process: nobody else reaches it, and tables are cut as for one machine."""


def _spark_connect(engine: str) -> QueryEngine:
    from pyspark.sql import SparkSession

    return _Spark(SparkSession.builder.remote(engine).getOrCreate())


def _chdb(engine: str) -> QueryEngine:
    import clickhouse_connect

    return _ClickHouse(clickhouse_connect.get_client(interface="chdb"))


def _clickhouse(engine: str) -> QueryEngine:
    import clickhouse_connect

    url = urlsplit(engine)
    client = clickhouse_connect.get_client(
        host=url.hostname or "localhost",
        port=url.port or 8123,
        username=url.username or "default",
        password=url.password or "",
        database=url.path[1:] or "default",
        interface="https" if url.port in {443, 8443} else "http",
        query_limit=0,
    )
    return _ClickHouse(client)


def _without_password(engine: str) -> str:
    return re.sub(r"(//[^:@/]*):[^@/]*@", r"\1:...@", engine)


_MAKERS: dict[str, Callable[[str], QueryEngine]] = {
    "duckdb": lambda engine: duckdb(),
    "spark": _spark,
    "sc": _spark_connect,
    "chdb": _chdb,
    "clickhouse": _clickhouse,
}
_MODULES = {
    "spark": ("pyspark",),
    "sc": ("pyspark", "grpc"),
    "chdb": ("clickhouse_connect", "chdb"),
    "clickhouse": ("clickhouse_connect",),
}
_INSTALL = {
    "spark": "'ibis-framework[pyspark]'",
    "sc": "'ibis-framework[pyspark]' 'pyspark[connect]'",
    "chdb": "'ibis-framework[clickhouse]' chdb",
    "clickhouse": "'ibis-framework[clickhouse]'",
}
