"""Redirects: where they lead, and what comes with them. Ports of the API are ports of this machine."""

from __future__ import annotations

from garrison.access.sites import Site


def ports_of(site: Site) -> dict[str, str]:
    """The site's ports as its configuration has them -> where on this machine they are."""
    return {str(listener.public_port): str(listener.port) for listener in site.listeners}


_STATUSES = {
    301: "301 Moved Permanently",
    302: "302 Found",
    307: "307 Temporary Redirect",
    308: "308 Permanent Redirect",
}


def redirect_body(status: int) -> str:
    """What comes with a redirect."""
    title = _STATUSES.get(status, str(status))
    return f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>"
