"""Who secures what, with how each part stands by the evidence."""

from __future__ import annotations

from typing import Any

from garrison.centre.calls import Calls
from garrison.centre.visit import Visit
from garrison.responsibility.results import Standing
from garrison.signin.answer import Answer


def matrix(calls: Calls, *, in_use: bool) -> dict[str, Any]:
    """The matrix of the services the account uses, or of all."""
    rows: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        told = calls.ask("garrison", "GetResponsibilityMatrix", inUse=in_use, maxResults=100, **token)
        rows += told["rows"]
        if not told.get("nextToken"):
            break
        token = {"nextToken": told["nextToken"]}
    signs = {str(one): one.sign for one in Standing}
    for row in rows:
        for cell in row["cells"]:
            cell["sign"] = signs.get(cell.get("standing", ""), "")
    return told | {"rows": rows}


def page(visit: Visit) -> Answer:
    """The whole page: the matrix, and below it what each party has to do."""
    in_use = visit.query.get("services") != "all"
    return visit.page("responsibility.html", matrix=matrix(visit.calls, in_use=in_use), in_use=in_use)
