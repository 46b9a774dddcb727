"""The operator's endpoints under `/_garrison/`: health, metrics, explanations, reset, accounts.

`health`, `ready` and `metrics` answer anybody who reaches the port, `download` whoever has a link to a file. Everything
else needs the admin token. No answer is given to a browser: not to a page of another origin, and not to a host name
that somebody else's DNS points at us.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs

import msgspec

from garrison import __version__
from garrison.access import downloads
from garrison.access.accounts import ACCOUNT, ACCOUNTS, account
from garrison.access.call import HttpRequest
from garrison.access.explain import explain_entry, rendered
from garrison.access.floods import current_floods
from garrison.access.recorded import read_recorded
from garrison.access.traffic import traffic_of
from garrison.aws.errors import AwsError
from garrison.gateway import admin_accounts, admin_kms, admin_read, admin_root, admin_simulate, admin_world, first_start
from garrison.gateway.admin_kms import RootKeyOperations
from garrison.gateway.development_clock import DevelopmentClock
from garrison.gateway.protocols import HttpResponse
from garrison.gateway.walk import Gateway
from garrison.services.kms import due
from garrison.services.responsibility.in_use import in_use
from garrison.services.shield import events
from garrison.services.shield.resources import ATTACK
from garrison.store import AlreadyExists, Reader, StoredEvent

log = logging.getLogger("garrison.admin")

PREFIX = "/_garrison/"

R = TypeVar("R")
_MOST = 1000
_LOOK_BACK = 100_000
"""Events that are looked through for denied ones."""


class _Advance(msgspec.Struct, forbid_unknown_fields=True):
    """`POST clock/advance`"""

    seconds: float


class Bad(Exception):
    """A request that cannot be done. Carries the status and what to say."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class _NewAccount(msgspec.Struct, forbid_unknown_fields=True):
    id: str | None = None
    name: str = ""
    email: str = ""


def _json(value: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(status, [("Content-Type", "application/json")], msgspec.json.encode(value))


def _body(request: HttpRequest, shape: type[R]) -> R:
    try:
        return msgspec.json.decode(request.body or b"{}", type=shape)
    except msgspec.DecodeError as e:
        raise Bad(400, f"Not what this takes: {e}") from e


def _last(asked: dict[str, list[str]]) -> int:
    last = asked.get("last", ["20"])[0]
    if not (last.isascii() and last.isdigit()) or not 0 < int(last[:6]) <= _MOST:
        raise Bad(400, f"last is a number from 1 to {_MOST}.")
    return int(last)


def _was_denied(event: StoredEvent) -> bool:
    return event.extra is not None and not read_recorded(event.extra).allowed


def _host_name(authority: str) -> str:
    """The host of `host`, `host:port`, `[v6]` or `[v6]:port`, lower case."""
    if authority.startswith("["):
        return authority[1:].partition("]")[0].lower()
    return authority.partition(":")[0].lower()


class Admin:
    """Answers `/_garrison/` requests."""

    def __init__(
        self, gateway: Gateway, data_dir: Path, root_key: RootKeyOperations, *, hosts: tuple[str, ...] = ()
    ) -> None:
        self._gateway = gateway
        self._data_dir = data_dir
        self._root_key = root_key
        self._hosts = frozenset(hosts) | {"localhost"}
        self._token = first_start.admin_token(data_dir).encode()
        self._lock = asyncio.Lock()
        self._trail = gateway.recorder.trail
        self._open: dict[tuple[str, str], Callable[[HttpRequest], Awaitable[HttpResponse]]] = {
            ("GET", "health"): self._health,
            ("GET", "ready"): self._ready,
            ("GET", "metrics"): self._metrics,
            ("GET", "download"): self._download,
        }
        self._closed: dict[tuple[str, str], Callable[[HttpRequest], Awaitable[HttpResponse]]] = {
            ("GET", "accounts"): self._accounts,
            ("POST", "accounts"): self._new_account,
            ("POST", "accounts/close"): self._close_account,
            ("POST", "root-password"): self._root_password,
            ("GET", "root-key"): self._root_access_keys,
            ("POST", "root-key"): self._new_root_access_key,
            ("POST", "root-mfa"): self._root_mfa,
            ("DELETE", "root-mfa"): self._remove_root_mfa,
            ("GET", "clock"): self._clock,
            ("POST", "clock/advance"): self._advance_clock,
            ("GET", "kms"): self._kms_status,
            ("POST", "kms/seal"): self._kms_seal,
            ("POST", "kms/unseal"): self._kms_unseal,
            ("POST", "kms/add-seal"): self._kms_add_seal,
            ("POST", "kms/remove-seal"): self._kms_remove_seal,
            ("POST", "kms/migrate-seal"): self._kms_migrate_seal,
            ("POST", "kms/verify"): self._kms_verify,
            ("POST", "kms/rotate-domain"): self._kms_rotate_domain,
            ("POST", "simulate"): self._simulate,
            ("POST", "read"): self._read,
            ("GET", "shield/attacks"): self._attacks,
            ("GET", "trail"): self._events,
            ("GET", "export"): self._export,
            ("GET", "recorded"): self._recorded,
            ("GET", "responsibility"): self._responsibility,
        }

    async def answer(self, request: HttpRequest, peer: str) -> HttpResponse:
        """Answer one request that came from `peer`."""
        try:
            return await self._dispatch(request, peer)
        except Bad as e:
            return _json({"message": e.message}, e.status)
        except AwsError as e:
            return _json({"code": e.code, "message": e.message}, e.status or 400)
        except Exception:
            self._gateway.metrics.failures += 1
            log.exception("%s %s failed", request.method, request.path)
            return _json({"message": "Something unforeseen happened; the server's log says what."}, 500)

    async def _dispatch(self, request: HttpRequest, peer: str) -> HttpResponse:
        self._refuse_browsers(request)
        name = request.path.removeprefix(PREFIX)
        method = "GET" if request.method == "HEAD" else request.method
        if (method, name) in self._open:
            return await self._open[method, name](request)
        self._demand_token(request)
        if (method, name) in self._closed:
            return await self._closed[method, name](request)
        if name == "reset" and method == "POST":
            return await self._reset(peer)
        if name == "explain" and method == "GET":
            return await self._explain_last(request)
        if name.startswith("explain/") and method == "GET":
            return await self._explain(name.removeprefix("explain/"))
        raise Bad(404, f"There is no {request.method} {PREFIX}{name[:64]}.")

    def _refuse_browsers(self, request: HttpRequest) -> None:
        if request.header("origin") is not None or request.header("sec-fetch-site") not in (None, "none"):
            raise Bad(403, "Not for web pages.")
        host = _host_name(request.header("host") or "")
        try:
            ipaddress.ip_address(host)
        except ValueError:
            if host not in self._hosts:
                raise Bad(403, "Not by this host name; use the server's address, or localhost.") from None

    def _demand_token(self, request: HttpRequest) -> None:
        scheme, _, token = (request.header("authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode("latin-1"), self._token):
            self._gateway.metrics.refusal("ADMIN_TOKEN")
            raise Bad(401, "Needs the admin token: Authorization: Bearer ... (it is in the data directory).")

    async def _health(self, request: HttpRequest) -> HttpResponse:
        runtime = self._gateway.runtime
        mode = "permissive" if runtime.permissive else "enforcing"
        return _json({"status": "ok", "version": __version__, "mode": mode, "sealed": runtime.seal.root.sealed})

    async def _download(self, request: HttpRequest) -> HttpResponse:
        text = parse_qs(request.query).get("link", [""])[0]
        runtime = self._gateway.runtime

        def made() -> downloads.File | None:
            with runtime.store.reading() as reader:
                return downloads.fetch(runtime, reader, text)

        try:
            file = await asyncio.to_thread(made)
        except downloads.Unavailable as e:
            raise Bad(409, str(e)) from None
        if file is None:
            raise Bad(403, "The link is not valid, or no longer.")
        headers = [
            ("Content-Type", file.type),
            ("Content-Disposition", f'attachment; filename="{file.name}"'),
            ("Cache-Control", "no-store"),
        ]
        return HttpResponse(200, headers, file.content)

    async def _ready(self, request: HttpRequest) -> HttpResponse:
        try:
            async with asyncio.timeout(2):
                await self._gateway.runtime.store.read(lambda reader: reader.epoch("iam", ""))
        except Exception as e:
            log.warning("not ready: %s", e)
            return _json({"status": "the database does not answer"}, 503)
        if not self._gateway.runtime.seal.usable:
            return _json({"status": "sealed"}, 503)
        return _json({"status": "ready"})

    async def _metrics(self, request: HttpRequest) -> HttpResponse:
        traffic = traffic_of(self._gateway.runtime)
        seen = None if traffic is None else await asyncio.to_thread(traffic.totals)
        edge = self._gateway.runtime.edge.directory
        floods = None if edge is None else await asyncio.to_thread(current_floods, edge, time.time())
        text = self._gateway.metrics.text(events_queued=self._trail.queued, web_acls=seen, floods=floods)
        return HttpResponse(200, [("Content-Type", "text/plain; version=0.0.4; charset=utf-8")], text.encode())

    async def _accounts(self, request: HttpRequest) -> HttpResponse:
        rows = await self._gateway.runtime.store.read(lambda reader: reader.page(ACCOUNT, ACCOUNTS))
        return _json(
            {
                "accounts": [
                    {"id": r.id, "name": r.body.name, "email": r.body.email, "status": r.body.status} for r in rows
                ]
            }
        )

    async def _new_account(self, request: HttpRequest) -> HttpResponse:
        asked = _body(request, _NewAccount)
        number = asked.id or f"{secrets.randbelow(9 * 10**11) + 10**11}"
        if len(number) != 12 or not (number.isascii() and number.isdigit()) or not int(number):
            raise Bad(400, "An account id has 12 digits.")
        runtime = self._gateway.runtime
        try:
            root = await runtime.store.write(
                lambda tx: first_start.new_account(runtime, tx, number, name=asked.name, email=asked.email)
            )
        except AlreadyExists:
            raise Bad(409, f"There is an account {number} already.") from None
        return _json(
            {
                "account": root.account,
                "access_key_id": root.access_key_id,
                "secret_access_key": root.secret_access_key,
            },
            201,
        )

    async def _close_account(self, request: HttpRequest) -> HttpResponse:
        """Nobody of the account is let in from then on, nor of the members of its organization."""
        asked = _body(request, admin_accounts.Close)
        runtime = self._gateway.runtime
        closed = await runtime.store.write(lambda tx: admin_accounts.close(runtime, tx, asked))
        return _json({"closed": closed})

    async def _root_password(self, request: HttpRequest) -> HttpResponse:
        await admin_root.set_password(self._gateway.runtime, _body(request, admin_root.RootPassword))
        return _json({"status": "set"})

    async def _root_access_keys(self, request: HttpRequest) -> HttpResponse:
        return _json({"active": await admin_root.active_keys(self._gateway.runtime)})

    async def _new_root_access_key(self, request: HttpRequest) -> HttpResponse:
        _body(request, admin_root.RootKey)
        async with self._lock:
            made = await admin_root.create_key(self._gateway.runtime, self._data_dir)
        return _json({"access_key_id": made}, 201)

    async def _root_mfa(self, request: HttpRequest) -> HttpResponse:
        made = await admin_root.create_mfa(self._gateway.runtime, _body(request, admin_root.RootMfa))
        return _json(made, 201)

    async def _remove_root_mfa(self, request: HttpRequest) -> HttpResponse:
        await admin_root.remove_mfa(self._gateway.runtime, _body(request, admin_root.RootMfa))
        return _json({"status": "removed"})

    async def _attacks(self, request: HttpRequest) -> HttpResponse:
        """Every account's, oldest first; `?id=` for one of them."""
        asked = parse_qs(request.query).get("id")

        def find(reader: Reader) -> list[dict[str, Any]]:
            if asked:
                row = reader.by_id(ATTACK, asked[0])
                return [] if row is None else [events.told(row)]
            accounts = [row.id for row in reader.page(ACCOUNT, ACCOUNTS)]
            return [events.told(row) for account in accounts for row in reader.page(ATTACK, account)]

        found = await self._gateway.runtime.store.read(find)
        return _json({"attacks": sorted(found, key=lambda one: one["started"])})

    async def _clock(self, request: HttpRequest) -> HttpResponse:
        clock = self._gateway.runtime.clock
        now = clock.now()
        return _json({"now": now, "ahead": round(now - clock.wall(), 3)})

    async def _advance_clock(self, request: HttpRequest) -> HttpResponse:
        runtime = self._gateway.runtime
        asked = _body(request, _Advance)
        if not isinstance(runtime.clock, DevelopmentClock):
            raise Bad(409, "The clock is put forward in development mode only: garrison up --development")
        try:
            runtime.clock.advance(asked.seconds)
        except ValueError as e:
            raise Bad(400, f"{e}.") from None
        await asyncio.get_running_loop().run_in_executor(None, due.run, runtime)
        return await self._clock(request)

    async def _kms_status(self, request: HttpRequest) -> HttpResponse:
        return _json(await self._root_key.status())

    async def _kms_seal(self, request: HttpRequest) -> HttpResponse:
        return _json(await self._root_key.seal())

    async def _kms_unseal(self, request: HttpRequest) -> HttpResponse:
        return _json(await self._root_key.unseal(_body(request, admin_kms.Unseal)))

    async def _kms_add_seal(self, request: HttpRequest) -> HttpResponse:
        return _json(await self._root_key.add_seal(_body(request, admin_kms.ChangeSeal)), 201)

    async def _kms_remove_seal(self, request: HttpRequest) -> HttpResponse:
        return _json(await self._root_key.remove_seal(_body(request, admin_kms.RemoveSeal)))

    async def _kms_migrate_seal(self, request: HttpRequest) -> HttpResponse:
        return _json(await self._root_key.migrate(_body(request, admin_kms.ChangeSeal)))

    async def _kms_verify(self, request: HttpRequest) -> HttpResponse:
        return _json(await self._root_key.verify())

    async def _kms_rotate_domain(self, request: HttpRequest) -> HttpResponse:
        return _json(await self._root_key.rotate_domain_keys())

    async def _simulate(self, request: HttpRequest) -> HttpResponse:
        asked = _body(request, admin_simulate.Simulation)
        return _json(await admin_simulate.answer(self._gateway.runtime, asked))

    async def _read(self, request: HttpRequest) -> HttpResponse:
        """What operations that change nothing say of an account."""
        asked = _body(request, admin_read.Calls)
        return _json(await asyncio.to_thread(admin_read.read, self._gateway.runtime, asked))

    async def _export(self, request: HttpRequest) -> HttpResponse:
        """Everything that decides, in the form of exports."""
        runtime = self._gateway.runtime
        return _json(await runtime.store.read(lambda reader: admin_world.live_export(runtime, reader)))

    async def _recorded(self, request: HttpRequest) -> HttpResponse:
        """The trail with its decisions, newest first: `?account=...&start=SECONDS&before=TIME,ID`."""
        asked = parse_qs(request.query, keep_blank_values=True)
        account = asked.get("account", [""])[0] or None
        moment, _, event_id = asked.get("before", [""])[0].partition(",")
        try:
            before = (float(moment), event_id) if moment else None
            start = float(asked["start"][0]) if "start" in asked else None
        except ValueError:
            raise Bad(400, "start is a time in seconds; before is where the page before ended.") from None
        return _json(await self._look(lambda: admin_world.recorded_page(self._trail, account, before, start)))

    async def _responsibility(self, request: HttpRequest) -> HttpResponse:
        """Which services an account uses: `?account=...`, the first account if not given."""
        runtime = self._gateway.runtime
        asked = parse_qs(request.query).get("account", [runtime.first_account])[0]

        def used() -> list[str] | None:
            with runtime.store.reading() as reader:
                if account(reader, asked) is None:
                    return None
                return in_use(reader, self._trail, asked, runtime.clock.now())

        found = await self._look(used)
        if found is None:
            raise Bad(404, f"There is no account {asked[:64]}.")
        return _json({"account": asked, "in_use": found})

    async def _reset(self, peer: str) -> HttpResponse:
        try:
            local = ipaddress.ip_address(peer).is_loopback
        except ValueError:
            local = False
        if not local:
            raise Bad(403, "Reset is taken from this machine only.")
        async with self._lock:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, first_start.reset, self._gateway.runtime, self._data_dir)
            await loop.run_in_executor(None, self._trail.reset)
        return _json({"status": "reset"})

    async def _explain(self, request_id: str) -> HttpResponse:
        found = await self._look(lambda: self._trail.find(request_id))
        if not found:
            raise Bad(404, f"No call {request_id[:64]} is in the trail.")
        return _json(await self._look(lambda: self._explained(found[0])))

    async def _events(self, request: HttpRequest) -> HttpResponse:
        """Events, newest first: `?last=100&account=...&start=SECONDS`."""
        asked = parse_qs(request.query, keep_blank_values=True)
        last = _last(asked)
        account = asked.get("account", [""])[0] or None
        try:
            start = float(asked["start"][0]) if "start" in asked else None
        except ValueError:
            raise Bad(400, "start is a time in seconds since the epoch.") from None
        found = await self._look(lambda: list(islice(self._trail.history(account, start=start), last)))
        return _json({"events": [msgspec.Raw(event.body) for event in found]})

    async def _explain_last(self, request: HttpRequest) -> HttpResponse:
        """The last calls, newest first: `?denied&last=20&account=...`."""
        asked = parse_qs(request.query, keep_blank_values=True)
        last = _last(asked)
        account = asked.get("account", [""])[0] or None
        denied = "denied" in asked

        def collect() -> list[dict[str, Any]]:
            found = islice(self._trail.history(account), _LOOK_BACK)
            wanted = (e for e in found if not denied or _was_denied(e))
            return [self._explained(e) for e in islice(wanted, last)]

        return _json({"calls": await self._look(collect)})

    async def _look(self, function: Callable[[], R]) -> R:
        """Look something up in the trail, on a pool thread, with everything in it that was recorded before."""

        def work() -> R:
            self._trail.flush()
            return function()

        return await asyncio.get_running_loop().run_in_executor(None, work)

    def _explained(self, event: StoredEvent) -> dict[str, Any]:
        """A recorded call: its event, the decision's tree, and the tree as text."""
        shown: dict[str, Any] = {"event": msgspec.Raw(event.body), "explanation": None, "text": None}
        if event.extra is not None:
            runtime = self._gateway.runtime
            with runtime.store.reading() as reader:
                explained = explain_entry(runtime, reader, read_recorded(event.extra))
            shown |= {"explanation": explained, "text": rendered(explained)}
        return shown
