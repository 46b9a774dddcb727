"""One request to the door, with what every page wants to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from garrison.access.call import HttpRequest
from garrison.signin import answer
from garrison.signin.answer import Answer
from garrison.signin.house import House
from garrison.signin.html import form as html_form
from garrison.signin.html import frame
from garrison.signin.visit import VISIT, cookies, new_token, origin, set_cookie

_MOST_FIELDS = 64
_LANDINGS = ("/v1/authorize?", "/switchrole?")


@dataclass(slots=True)
class Visitor:
    """A browser and what it asks for."""

    house: House
    request: HttpRequest
    now: float
    jar: dict[str, str]
    visit: str
    """The browser's own token; drawn anew if it has none yet."""
    is_new: bool
    query: dict[str, str]
    fields: dict[str, str]
    """Of a form, when it is one of ours; else empty."""
    headers: list[str] = field(default_factory=list)
    """`Set-Cookie` values that go with the answer."""

    @property
    def origin(self) -> str:
        return origin(self.request)

    def form(
        self, action: str, body: str, button: str, hidden: Mapping[str, str] | None = None, *, quiet: bool = False
    ) -> str:
        """A form of this visitor's."""
        token = self.house.tickets.form(self.visit, self.now)
        return html_form(action, token, body, button, quiet=quiet, hidden=(hidden or {}).items())

    def page(
        self,
        title: str,
        body: str,
        *,
        status: int = 200,
        wide: bool = False,
        form_to: str = "",
        refresh_to: str | None = None,
    ) -> Answer:
        """A page for this visitor."""
        html = frame(title, body, wide=wide, refresh_to=refresh_to)
        return answer.page(html, status=status, cookies=self._cookies(), form_to=form_to)

    def redirect(self, to: str) -> Answer:
        """On to another page."""
        return answer.redirect(to, cookies=self._cookies())

    def renew(self) -> None:
        """Be another browser from now on, so that nothing from before counts after signing in."""
        self.visit, self.is_new = new_token(), True

    def _cookies(self) -> list[str]:
        return [*self.headers, *([set_cookie(VISIT, self.visit)] if self.is_new else [])]


def visitor(house: House, request: HttpRequest) -> Visitor:
    """Who asks. The form's fields are for the caller to add, once it is known to be ours."""
    jar = cookies(request)
    visit = jar.get(VISIT)
    return Visitor(
        house=house,
        request=request,
        now=house.now,
        jar=jar,
        visit=visit or new_token(),
        is_new=visit is None,
        query=fields(request.query),
        fields={},
    )


def fields(text: str) -> dict[str, str]:
    """A form or query string; of a name given twice the first counts. Too many fields are none."""
    found: dict[str, str] = {}
    try:
        for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS):
            found.setdefault(name, value)
    except ValueError:
        return {}
    return found


def safe_next(target: str) -> str:
    """Where to go after signing in: a page of ours from a short list, else the first page."""
    if target.startswith(_LANDINGS) and len(target) < 4096 and target.isascii() and target.isprintable():
        return target
    return "/"
