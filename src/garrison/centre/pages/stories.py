"""Stories, each with what came of it before and after when it was told last."""

from __future__ import annotations

from garrison.centre.visit import Visit
from garrison.signin.answer import Answer


def every(visit: Visit) -> Answer:
    """All of them."""
    return visit.page("stories.html", stories=visit.calls.ask("garrison", "ListStories")["stories"])
