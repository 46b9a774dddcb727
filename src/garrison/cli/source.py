"""Where decisions are looked up: export files, a running Garrison, or the data directory of one that is stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

import click

from garrison.cli.instance import Instance, Unreachable, instance

if TYPE_CHECKING:
    from garrison.access.runtime import Runtime
    from garrison.replay.world import World
    from garrison.trail.log import Trail

F = TypeVar("F", bound=Callable[..., Any])
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
INCOMPLETE = 3
"""Exit code: could not be evaluated fully."""


class Incomplete(click.ClickException):
    """What was given does not suffice for an answer."""

    exit_code = INCOMPLETE


def export_option(function: F) -> F:
    """`--export FILE`, repeatable."""
    return click.option(
        "--export", "exports", type=FILE, multiple=True, metavar="FILE",
        help="Export of an account or organization (see garrison export); repeatable. Else: the running Garrison.",
    )(function)  # fmt: skip


@contextmanager
def spoken() -> Iterator[None]:
    """Turns what is wrong with exports, changes and policies into messages for people."""
    from garrison.replay.changes import ChangeError
    from garrison.replay.exports import ExportError
    from garrison.replay.world import WorldError

    try:
        yield
    except ChangeError as e:
        raise click.UsageError(str(e)) from e
    except (ExportError, WorldError) as e:
        raise Incomplete(str(e)) from e


def world_from(exports: tuple[Path, ...]) -> World:
    """The world of export files; without files, of the Garrison this command line means."""
    from garrison.replay.exports import read_exports, world_of

    return read_exports(exports) if exports else world_of([("the running Garrison", live_export())])


def live_export() -> Any:
    """What the Garrison of this command line knows, in the form of exports."""
    import msgspec

    garrison = instance()
    if garrison.server() is not None or not _stopped(garrison):
        return garrison.ask("GET", "/_garrison/export", timeout=120)
    from garrison.gateway.admin_world import live_export as export

    with _opened(garrison) as (runtime, _), runtime.store.reading() as reader:
        return msgspec.json.decode(msgspec.json.encode(export(runtime, reader)))


def live_recorded(account: str | None = None, start: float | None = None) -> Iterator[tuple[bytes, bytes | None]]:
    """Every event of the Garrison of this command line since `start` with its decision, newest first."""
    import msgspec

    garrison = instance()
    if garrison.server() is None and _stopped(garrison):
        with _opened(garrison) as (_, trail):
            for event in trail.history(account, start=start):
                yield event.body, event.extra
        return
    page = msgspec.defstruct("Page", [("events", list[dict[str, msgspec.Raw]]), ("next", list[Any] | None)])
    query = {"account": account} if account else {}
    if start is not None:
        query["start"] = repr(start)
    while True:
        status, raw = garrison.request("GET", f"/_garrison/recorded?{urlencode(query)}", timeout=120)
        if status != 200:
            raise click.ClickException(raw.decode(errors="replace"))
        found: Any = msgspec.json.decode(raw, type=page)
        for one in found.events:
            extra = bytes(one["extra"])
            yield bytes(one["event"]), None if extra == b"null" else extra
        if found.next is None:
            return
        query["before"] = f"{found.next[0]!r},{found.next[1]}"


def _stopped(garrison: Instance) -> bool:
    """Whether there is a data directory to read, although nothing serves from it."""
    return (garrison.data / "credentials").exists()


@contextmanager
def _opened(garrison: Instance) -> Iterator[tuple[Runtime, Trail]]:
    from garrison import services
    from garrison.aws.ids import account_of
    from garrison.gateway.first_start import open_runtime
    from garrison.gateway.root_key import Refusal
    from garrison.gateway.settings import Settings
    from garrison.trail.log import Trail

    services.load()
    try:
        # The account its root keys are of is the one it was first started with; another would be made anew.
        account = account_of(garrison.credentials()["aws_access_key_id"]) or ""
        runtime = open_runtime(Settings(data_dir=garrison.data, account_id=account))
    except Refusal as e:
        raise Unreachable(str(e)) from e
    trail = Trail(runtime.store, garrison.data)
    try:
        yield runtime, trail
    finally:
        trail.close()
        runtime.store.close()
