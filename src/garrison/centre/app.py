"""The centre as a web application: who may come in, which page it is, and what every answer carries."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from typing import Any
from urllib.parse import quote

from garrison.access.call import HttpRequest
from garrison.centre.calls import Away, Refusal, SignedOut
from garrison.centre.entry import CALLBACK, NotLetIn
from garrison.centre.people import LONGEST, People, Person
from garrison.centre.routes import POSTED, page_for
from garrison.centre.templates import rendered
from garrison.centre.visit import Visit
from garrison.signin import answer
from garrison.signin.answer import Answer
from garrison.signin.visit import cookies, known_host, new_token, same_origin, set_cookie
from garrison.signin.visitor import fields

log = logging.getLogger("garrison.centre")

VISIT = "__Host-garrison-centre-visit"
PERSON = "__Host-garrison-centre"
_ARRIVAL = "/oauth/arrival"
_LARGEST = 64 * 1024
_AT_ONCE = 16
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Centre:
    """Answers everything that comes to the centre's port (ASGI)."""

    def __init__(self, people: People, own: str, hosts: frozenset[str]) -> None:
        """`own` is the origin people come to; `hosts` the names it is called by."""
        self._people = people
        self._own = own
        self._hosts = hosts
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="garrison-centre")
        self._files = {
            "/style.css": (_file("garrison.centre", "style.css"), "text/css; charset=utf-8"),
            "/mark.svg": (_file("garrison.signin", "mark.svg"), "image/svg+xml"),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] != "http":
            return
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
        body = b""
        more = True
        while more and len(body) <= _LARGEST:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = bool(message.get("more_body"))
        client, path = scope.get("client"), scope["raw_path"].decode("latin-1")
        request = HttpRequest(
            scope["method"], path, scope["query_string"].decode("latin-1"), headers, body, client[0] if client else ""
        )
        if len(body) > _LARGEST:
            found = answer.text("Too large.\n", 413)
        else:
            found = await asyncio.get_running_loop().run_in_executor(self._pool, self.answer, request)
        await _send(found, send)

    def answer(self, request: HttpRequest) -> Answer:
        """One request's answer; whatever happens, it is a page."""
        try:
            return self._answer(request)
        except SignedOut:
            return self._enter(request, ended=True)
        except Away as e:
            log.warning("Garrison does not answer: %s", e)
            return _plain("Garrison does not answer", "Is it running? garrison status says.", 503)
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            return _plain("Something unforeseen happened", "The log of the compliance centre says what.", 500)

    def _answer(self, request: HttpRequest) -> Answer:
        if not known_host(request, self._hosts):
            return answer.text("Not by this host name; use the centre's address, or localhost.\n", 403)
        if request.method not in ("GET", "HEAD", "POST"):
            return answer.text("Method not allowed.\n", 405)
        if request.path in self._files and request.method != "POST":
            return answer.file(*self._files[request.path])
        if request.method != "POST" and f"http://{(request.header('host') or '').lower()}" != self._own:
            # One name, so that cookies given out before signing in are there after it.
            return answer.redirect(self._own + request.path + (f"?{request.query}" if request.query else ""))
        jar = cookies(request)
        if request.method != "POST" and request.path == "/signin":
            return self._begin(request, jar)
        if request.method != "POST" and request.path in (CALLBACK, _ARRIVAL):
            return self._arrive(request, jar)
        person = self._people.who(jar.get(PERSON))
        if request.method == "POST":
            return self._take(request, jar, person)
        if person is None:
            return self._enter(request)
        found = page_for(request.path)
        visit = Visit(request, person, self._people.calls(person), fields(request.query))
        if found is None:
            return visit.page("nothing.html", status=404)
        return _shown(visit, found)

    def _take(self, request: HttpRequest, jar: dict[str, str], person: Person | None) -> Answer:
        """A form: only from a page of ours, made for who is signed in here."""
        kind = (request.header("content-type") or "").partition(";")[0].strip().lower()
        if not same_origin(request) or kind != "application/x-www-form-urlencoded":
            return answer.text("Not from another page.\n", 403)
        if person is None:
            return self._enter(request)
        form = fields(request.body.decode("latin-1"))
        visit = Visit(request, person, self._people.calls(person), {}, form)
        if not visit.is_ours:
            return answer.text("This form was not made for you, or is too old. Go back, load the page again.\n", 403)
        if request.path == "/signout":
            self._people.forget(jar.get(PERSON))
            return answer.redirect("/", cookies=[set_cookie(PERSON, "", 0)])
        found = POSTED.get(request.path)
        return visit.page("nothing.html", status=404) if found is None else _shown(visit, found)

    def _enter(self, request: HttpRequest, *, ended: bool = False) -> Answer:
        """For who is not signed in."""
        wanted = request.path + (f"?{request.query}" if request.query else "") if request.method == "GET" else "/"
        link = "/signin" + (f"?next={quote(wanted, safe='')}" if wanted != "/" else "")
        drop = [set_cookie(PERSON, "", 0)] if ended else []
        return answer.page(rendered("enter.html", link=link, ended=ended), status=401, cookies=drop)

    def _begin(self, request: HttpRequest, jar: dict[str, str]) -> Answer:
        visit = jar.get(VISIT) or new_token()
        to = self._people.seek(visit, safe(fields(request.query).get("next", "/")))
        return answer.redirect(to, cookies=[set_cookie(VISIT, visit)])

    def _arrive(self, request: HttpRequest, jar: dict[str, str]) -> Answer:
        if request.path == CALLBACK and VISIT not in jar:
            # A redirect from a sign-in over TLS comes from another site to a browser, and carries no strict cookie; a
            # page of ours going on to the next does.
            return answer.page(rendered("arrive.html", to=f"{_ARRIVAL}?{request.query}"))
        given = fields(request.query)
        try:
            cookie, to = self._people.arrive(jar.get(VISIT), given.get("state", ""), given.get("code", ""))
        except (NotLetIn, Refusal) as e:
            return answer.page(rendered("enter.html", link="/signin", ended=False, refused=str(e)), status=403)
        return answer.redirect(to, cookies=[set_cookie(PERSON, cookie, int(LONGEST))])


def safe(target: str) -> str:
    """Where to go after signing in: a page of the centre, else the first."""
    fine = target.startswith("/") and not target.startswith(("//", "/\\")) and len(target) < 2048
    return target if fine and target.isascii() and target.isprintable() and "\\" not in target else "/"


def _shown(visit: Visit, page: Callable[[Visit], Answer]) -> Answer:
    try:
        return page(visit)
    except Refusal as e:
        status = 403 if e.denied else 404 if e.missing else 409 if e.status == 409 else 502 if e.status >= 500 else 400
        return visit.page("refused.html", status=status, refusal=e)


def _plain(title: str, text: str, status: int) -> Answer:
    return answer.page(rendered("plain.html", title=title, text=text), status=status)


def _file(package: str, name: str) -> bytes:
    return resources.files(package).joinpath(name).read_bytes()


async def _send(found: Answer, send: Send) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in found.headers]
    headers.append((b"content-length", b"%d" % len(found.body)))
    await send({"type": "http.response.start", "status": found.status, "headers": headers})
    await send({"type": "http.response.body", "body": found.body})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
