"""One request to the centre, and the page it gets."""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from garrison.access.call import HttpRequest
from garrison.centre.calls import Calls, Tried, attempt
from garrison.centre.people import Person
from garrison.centre.templates import rendered
from garrison.signin import answer
from garrison.signin.answer import Answer

STALE = 86400.0
"""Seconds after which an assessment does not tell the present any more (as its records say)."""


@dataclass
class Visit:
    """A page that somebody who is signed in asks for."""

    request: HttpRequest
    person: Person
    calls: Calls
    query: dict[str, str]
    form: dict[str, str] = field(default_factory=dict)
    """Of a form that is known to be one of ours."""

    @property
    def path(self) -> str:
        return unquote(self.request.path)

    @cached_property
    def standing(self) -> Tried:
        """The newest whole assessment: every page says how old what it shows is."""
        return attempt(lambda: self.calls.ask("garrison", "GetAssessment"))

    @property
    def now(self) -> float:
        """Garrison's time, which may be put forward; this machine's where it does not tell."""
        if self.standing.ok:
            return datetime.fromisoformat(self.standing.value["now"]).timestamp()
        return time.time()

    @cached_property
    def making(self) -> bool:
        """Whether an assessment is being made, the first one too."""
        refusal = self.standing.refusal
        if refusal is None:
            return bool(self.standing.value["running"])
        if not refusal.missing:
            return False
        listed = attempt(lambda: self.calls.ask("garrison", "ListAssessments", maxResults=1))
        return listed.ok and bool(listed.value["running"])

    @property
    def stale(self) -> bool:
        """Whether the newest assessment is too old to tell the present."""
        if not self.standing.ok:
            return False
        finished = datetime.fromisoformat(self.standing.value["assessment"]["finishedAt"]).timestamp()
        return self.now - finished > STALE

    @property
    def is_ours(self) -> bool:
        """Whether the form carries this person's token."""
        return hmac.compare_digest(self.form.get("token", "").encode(), self.person.csrf.encode())

    def page(self, template: str, *, status: int = 200, form_to: str = "", **more: Any) -> Answer:
        """A page with the frame all pages have."""
        html = rendered(
            template, visit=self, me=self.person, path=self.path, standing=self.standing, now=self.now, **more
        )
        return answer.page(html, status=status, form_to=form_to)
