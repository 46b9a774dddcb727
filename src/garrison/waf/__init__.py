"""AWS WAF's rule language: validate, weigh, compile, inspect. Pure: no sockets, no store.

acl = compile_web_acl(web_acl, resolve)      # once per change; the document is the API's own shape
verdict = acl.inspect(request, state, now)   # per request; state keeps counters and token keys
verdict = inspect(web_acl, request)          # all of it at once, for scripts and notebooks
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from garrison.waf.context import Resolve, resolve_nothing
from garrison.waf.documents import read_web_acl
from garrison.waf.log_record import log_record
from garrison.waf.request import Location, Request, Resource
from garrison.waf.state import State
from garrison.waf.token import TokenKeys
from garrison.waf.verdict import Response, Verdict
from garrison.waf.web_acl import CompiledWebAcl, compile_web_acl

compile = compile_web_acl

__all__ = [
    "CompiledWebAcl",
    "Location",
    "Request",
    "Resource",
    "Response",
    "State",
    "TokenKeys",
    "Verdict",
    "compile",
    "compile_web_acl",
    "inspect",
    "log_record",
]

_REMEMBERED = 8
_compiled: dict[tuple[int, Resolve], tuple[Mapping[str, Any], CompiledWebAcl]] = {}
_state = State()


def inspect(web_acl: Mapping[str, Any], request: Request, resolve: Resolve = resolve_nothing) -> Verdict:
    """Decide one request against a web ACL's document, as GetWebACL answers it or as a file has it.

    The compiled form is kept as long as the same object is given; counters and token keys are the process's own.
    Raises AwsError for a document AWS would not take.
    """
    key = (id(web_acl), resolve)
    known = _compiled.get(key)
    if known is None or known[0] is not web_acl:
        while len(_compiled) >= _REMEMBERED:
            del _compiled[next(iter(_compiled))]
        known = _compiled[key] = (web_acl, compile_web_acl(read_web_acl(web_acl), resolve))
    return known[1].inspect(request, _state)
