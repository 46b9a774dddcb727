"""Reading the XML of query services."""

from __future__ import annotations

from lxml import etree

from garrison.gateway.upstream.ask import Told, Unreadable


def rows(told: Told, element: str) -> list[dict[str, str]]:
    """The children of each `element`, as text by their names."""
    try:
        root = etree.fromstring(told.body, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError) as e:
        raise Unreadable(f"the upstream's answer is not XML: {e}") from None
    return [
        {etree.QName(e).localname: e.text or "" for e in one if isinstance(e.tag, str)}
        for one in root.iter()
        if isinstance(one.tag, str) and etree.QName(one).localname == element
    ]
