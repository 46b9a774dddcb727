"""Which page a path is."""

from __future__ import annotations

import re
from collections.abc import Callable

from garrison.centre.pages import (
    artifact,
    assessments,
    audit,
    checks,
    frameworks,
    labs,
    overview,
    responsibility,
    stories,
)
from garrison.centre.visit import Visit
from garrison.signin.answer import Answer

Page = Callable[[Visit], Answer]

_PAGES: tuple[tuple[re.Pattern[str], Page], ...] = tuple(
    (re.compile(pattern), page)
    for pattern, page in (
        (r"/", overview.overview),
        (r"/frameworks", frameworks.every),
        (r"/frameworks/[A-Za-z0-9._-]+", frameworks.one),
        (r"/frameworks/[A-Za-z0-9._-]+/report", frameworks.report),
        (r"/checks", checks.every),
        (r"/checks/[a-z0-9.-]+", checks.one),
        (r"/resource", checks.resource),
        (r"/evidence/[0-9a-f]+", assessments.evidence),
        (r"/assessments", assessments.every),
        (r"/assessments/[0-9a-f]+", assessments.changes),
        (r"/responsibility", responsibility.page),
        (r"/audit", audit.every),
        (r"/audit/[a-z0-9-]+\.[a-z0-9-]+", audit.item),
        (r"/labs", labs.every),
        (r"/stories", stories.every),
        (r"/artifact", artifact.every),
        (r"/artifact/report-[A-Za-z0-9]+", artifact.terms),
    )
)

POSTED: dict[str, Page] = {
    "/assess": assessments.start,
    "/artifact/get": artifact.get,
    "/audit/run": audit.run,
    "/audit/attest": audit.attest,
}
"""What forms are sent to."""


def page_for(path: str) -> Page | None:
    """The page of a path, or None."""
    return next((page for pattern, page in _PAGES if pattern.fullmatch(path)), None)
