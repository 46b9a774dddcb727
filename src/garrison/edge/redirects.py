"""Where a redirect leads: ports of the API are ports of this machine."""

from __future__ import annotations

from garrison.access.sites import Site


def ports_of(site: Site) -> dict[str, str]:
    """The site's ports as its configuration has them -> where on this machine they are."""
    return {str(listener.public_port): str(listener.port) for listener in site.listeners}
