"""A browser of the simplest kind: keeps cookies, fills forms in, follows nothing by itself."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode, urlsplit


@dataclass
class Page:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    text: str

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)

    @property
    def location(self) -> str:
        return self.header("location") or ""

    @property
    def title(self) -> str:
        return unescape(re.findall(r"<h1>(.*?)</h1>", self.text)[0])

    @property
    def alert(self) -> str | None:
        found = re.findall(r'role="alert"><strong>(.*?)</strong>', self.text)
        return unescape(found[0]) if found else None

    def hidden(self, action: str) -> dict[str, str]:
        """The hidden fields of the form with that action."""
        form = re.findall(rf'<form method="post" action="{action}">(.*?)</form>', self.text, re.DOTALL)[0]
        pairs = re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)">', form)
        return {unescape(name): unescape(value) for name, value in pairs}


@dataclass
class Browser:
    """`Browser(origin).get("/")`."""

    origin: str
    source: str = ""
    """The address it comes from, told as a proxy would."""
    jar: dict[str, str] = field(default_factory=dict)
    page: Page | None = None

    def get(self, path: str, **headers: str) -> Page:
        return self.send("GET", path, None, headers)

    def submit(self, action: str, /, **typed: str) -> Page:
        """Fill in the form of the page we are on, and send it."""
        assert self.page is not None
        return self.post(action, self.page.hidden(action) | typed)

    def post(self, path: str, form: dict[str, str], **headers: str) -> Page:
        given = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin}
        return self.send("POST", path, urlencode(form).encode(), given | headers)

    def send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Page:
        where = urlsplit(self.origin)
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=30)
        cookies = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.jar.items())} if self.jar else {}
        cookies |= {"X-Forwarded-For": self.source} if self.source else {}
        sent = {k.replace("_", "-"): v for k, v in headers.items() if v}
        try:
            connection.request(method, path, body, {**cookies, **sent})
            response = connection.getresponse()
            page = Page(response.status, response.getheaders(), response.read().decode())
        finally:
            connection.close()
        for name, value in page.headers:
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.jar[key] = rest.partition(";")[0]
                if "Max-Age=0" in rest:
                    del self.jar[key]
        if page.text.startswith("<!doctype"):
            self.page = page
        return page

    def sign_in(self, account: str, user: str, password: str, next: str = "") -> Page:
        """The first page, filled in."""
        self.get("/signin" + (f"?{urlencode({'next': next})}" if next else ""))
        return self.submit("/signin", account=account, username=user, password=password)
