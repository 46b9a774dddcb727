"""Lua for what Envoy's own mechanisms cannot follow: redirects put together of parts, and what a target is not sent.

They run after the inspection, on routes that need them.
"""

from __future__ import annotations

import re

from garrison.access.sites import Listener, Redirect, Route, Site
from garrison.edge.redirects import ports_of, redirect_body

_REDIRECT = """
local ports = PORTS
local function filled(text, values)
  return (text:gsub("#{(%a+)}", function(name) return values[name] or "" end))
end
function envoy_on_request(handle)
  local headers = handle:headers()
  local authority = headers:get(":authority") or ""
  local host, port = authority:match("^(%[.-%]):?(%d*)$")
  if host == nil then host, port = authority:match("^([^:]*):?(%d*)$") end
  local target = headers:get(":path") or "/"
  local path, query = target:match("^/?([^?]*)%??(.*)$")
  local values = {protocol = "SCHEME", host = host or "", port = "PUBLIC", path = path, query = query}
  local scheme = string.lower(filled("WANTED", values))
  local asked = filled("PORT", values)
  local location = scheme .. "://" .. filled("HOST", values)
  local there = ports[asked] or asked
  if not ((scheme == "http" and there == "80") or (scheme == "https" and there == "443")) then
    location = location .. ":" .. there
  end
  location = location .. filled("PATH", values)
  local rest = filled("QUERY", values)
  if rest ~= "" then location = location .. "?" .. rest end
  handle:respond({[":status"] = "STATUS", ["location"] = location, ["content-type"] = "text/html"}, "BODY")
end
"""


def redirect_script(site: Site, listener: Listener, action: Redirect) -> str:
    """The redirect as a Lua script: its parts may be put together in ways no other mechanism of Envoy's can follow."""
    values = {
        "PORTS": "{" + ", ".join([f'["{public}"] = "{local}"' for public, local in ports_of(site).items()]) + "}",
        "SCHEME": "https" if listener.certificates else "http",
        "PUBLIC": str(listener.public_port),
        "WANTED": action.protocol,
        "PORT": action.port,
        "HOST": action.host,
        "PATH": action.path,
        "QUERY": action.query,
        "STATUS": str(action.status),
        "BODY": redirect_body(action.status),
    }
    return re.sub(
        r'"([A-Z]+)"|\bPORTS\b',
        lambda found: values["PORTS"] if found[1] is None else _lua(values[found[1]]),
        _REDIRECT,
    )


_FORWARD = """
local keep_query, keep_cookies = QUERY, COOKIES
local target = TARGET
local function kept(text, separator, names)
  local found = {}
  for piece in text:gmatch("[^" .. separator .. "]+") do
    local name = piece:match("^%s*([^=]*)")
    if names[name] then found[#found + 1] = (piece:gsub("^%s+", "")) end
  end
  return found
end
function envoy_on_request(handle)
  local headers = handle:headers()
  local path, query = (headers:get(":path") or "/"):match("^([^?]*)%??(.*)$")
  if target then path = target end
  if keep_query then query = table.concat(kept(query, "&", keep_query), "&") end
  if query ~= "" then path = path .. "?" .. query end
  headers:replace(":path", path)
  if keep_cookies and headers:get("cookie") then
    local cookies = table.concat(kept(headers:get("cookie"), ";", keep_cookies), "; ")
    if cookies == "" then headers:remove("cookie") else headers:replace("cookie", cookies) end
  end
end
"""


def forward_script(route: Route) -> str:
    """What the target of a route is not sent is taken away, and its path put in."""
    return (
        _FORWARD.replace("QUERY", _names(route.query), 1)
        .replace("COOKIES", _names(route.cookies), 1)
        .replace("TARGET", "nil" if route.target is None else _lua(route.target), 1)
    )


def _names(kept: tuple[str, ...] | None) -> str:
    if kept is None:
        return "nil"
    return "{" + ", ".join([f"[{_lua(name)}] = true" for name in kept]) + "}"


def _lua(text: str) -> str:
    """A Lua string. JSON's escapes of control characters are not Lua's, so those are written as numbers."""
    return '"' + "".join([c if c.isprintable() and c not in '"\\' else _escaped(c) for c in text]) + '"'


def _escaped(c: str) -> str:
    return "".join([f"\\{byte:03d}" for byte in c.encode()])
