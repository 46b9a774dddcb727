"""The door itself: which page a request is for, and whether it may be answered at all."""

from __future__ import annotations

import logging
from importlib import resources
from urllib.parse import quote

from garrison.access.call import HttpRequest
from garrison.signin import answer, console, federation, oauth, sessions, signing_in
from garrison.signin.answer import Answer
from garrison.signin.house import Busy, House
from garrison.signin.html import alert
from garrison.signin.sessions import Present
from garrison.signin.visit import SESSION, known_host, same_origin
from garrison.signin.visitor import Visitor, fields, visitor
from garrison.store import StoreUnavailable

log = logging.getLogger("garrison.signin")

_FORM = "application/x-www-form-urlencoded"
_LARGEST_FORM = 64 * 1024
_NO_COOKIE = (
    "Your browser kept no cookie, or this page was open for too long. Please try again. Browsers keep the cookie over "
    "HTTPS, and most over http://127.0.0.1 and http://localhost."
)


class Door:
    """Answers everything that comes to the sign-in port."""

    def __init__(self, house: House, *, hosts: tuple[str, ...] = ()) -> None:
        self._house = house
        self._hosts = frozenset(host.lower() for host in hosts) | {"localhost"}
        here = resources.files("garrison.signin")
        self._files = {
            "/signin/style.css": (here.joinpath("style.css").read_bytes(), "text/css; charset=utf-8"),
            "/signin/mark.svg": (here.joinpath("mark.svg").read_bytes(), "image/svg+xml"),
        }

    async def answer(self, request: HttpRequest) -> Answer:
        """Answer one request."""
        try:
            return await self._answer(request)
        except Busy:
            return answer.text("Too many people are signing in. Please try again in a moment.\n", 503)
        except StoreUnavailable:
            log.exception("the database does not answer")
            return answer.text("The database does not answer. Please try again in a moment.\n", 503)
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            return answer.text("Something unforeseen happened; the server's log says what.\n", 500)

    async def _answer(self, request: HttpRequest) -> Answer:
        if not known_host(request, self._hosts):
            return answer.text("Not by this host name; use the server's address, or localhost.\n", 403)
        if request.path in self._files and request.method in ("GET", "HEAD"):
            return answer.file(*self._files[request.path])
        guest = visitor(self._house, request)
        if request.path == federation.PATH and request.method in ("GET", "POST"):
            return await federation.answer_to(guest, {**guest.query, **self._form(request)})
        if request.method in ("GET", "HEAD"):
            return await self._show(guest)
        if request.method == "POST":
            return await self._take(guest)
        return answer.text("Method not allowed.\n", 405)

    def _form(self, request: HttpRequest) -> dict[str, str]:
        kind = (request.header("content-type") or "").partition(";")[0].strip().lower()
        if request.method != "POST" or kind != _FORM or len(request.body) > _LARGEST_FORM:
            return {}
        return fields(request.body.decode("latin-1"))

    async def _who(self, guest: Visitor) -> Present | None:
        runtime, cookie = self._house.runtime, guest.jar.get(SESSION)
        if cookie is None:
            return None
        return await runtime.store.read(lambda reader: sessions.present(runtime, reader, cookie, guest.now))

    async def _show(self, guest: Visitor) -> Answer:
        path = guest.request.path
        if path == "/signin":
            return await signing_in.ask(guest)
        if path not in ("/", "/console", "/switchrole", "/password", oauth.PATH):
            return guest.page("There is nothing here", '<p><a href="/">To the first page</a></p>', status=404)
        if path == oauth.PATH and oauth.read(guest.query) is None:
            return oauth.not_a_request(guest)
        who = await self._who(guest)
        if who is None:
            query = guest.request.query
            wanted = f"{path}?{query}" if query and path in (oauth.PATH, "/switchrole") else ""
            return guest.redirect("/signin" + (f"?next={quote(wanted, safe='')}" if wanted else ""))
        if path == oauth.PATH:
            return oauth.consent(guest, who)
        if path == "/switchrole":
            return await console.switch_page(guest, who)
        if path == "/password":
            return await console.password_page(guest, who)
        return await console.landing(guest, who)

    async def _take(self, guest: Visitor) -> Answer:
        """A form: only from a page of ours, made for this browser."""
        form = self._form(guest.request)
        if not same_origin(guest.request):
            return answer.text("Not from another page.\n", 403)
        visit = None if guest.is_new else guest.visit
        if not self._house.tickets.sent_by(visit, form, guest.now):
            body = alert(_NO_COOKIE) + '<p><a href="/signin">To sign-in</a></p>'
            return guest.page("Please try again", body, status=403)
        guest.fields = form
        path = guest.request.path
        match path:
            case "/signin":
                return await signing_in.password(guest)
            case "/signin/mfa":
                return await signing_in.code(guest)
            case "/signin/reset":
                return await signing_in.reset(guest)
        who = await self._who(guest)
        if path == "/signout":
            return await console.sign_out(guest, who)
        if who is None:
            return guest.redirect("/signin")
        match path:
            case "/switchrole":
                return await console.switch(guest, who)
            case "/switchrole/exit":
                return await console.exit_role(guest, who)
            case "/password":
                return await console.password(guest, who)
            case oauth.PATH:
                return await oauth.allow(guest, who)
        return guest.page("There is nothing here", '<p><a href="/">To the first page</a></p>', status=404)

    def close(self) -> None:
        """Let go of what the door holds."""
        self._house.close()


def elsewhere(request: HttpRequest, port: int) -> Answer | None:
    """Where a browser is sent that came to the port of the APIs for `aws login`; None if that is not what it wants.

    Clients take the one endpoint they were given for the page, too.
    """
    if request.method != "GET" or request.path != oauth.PATH or request.header("authorization") is not None:
        return None
    host = (request.header("host") or "").rpartition(":")[0] or request.header("host")
    scheme = "https" if request.secure else "http"
    return answer.redirect(f"{scheme}://{host}:{port}{oauth.PATH}?{request.query}")
