"""Reading the XML of query services."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from garrison.gateway.upstream.ask import Told, Unreadable


def elements(told: Told, path: str) -> Iterator[etree._Element]:
    """Elements at a path of names, wherever it begins; of no namespace. Raises `Unreadable`."""
    root = _root(told)
    for one in root.iter():
        if isinstance(one.tag, str):
            one.tag = etree.QName(one).localname
    return root.iterfind(f".//{path}")


def _root(told: Told) -> etree._Element:
    try:
        return etree.fromstring(told.body, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError) as e:
        raise Unreadable(f"the upstream's answer is not XML: {e}") from None


def rows(told: Told, element: str) -> list[dict[str, str]]:
    """The children of each `element`, as text by their names. Raises `Unreadable`."""
    root = _root(told)
    return [
        {etree.QName(e).localname: e.text or "" for e in one if isinstance(e.tag, str)}
        for one in root.iter()
        if isinstance(one.tag, str) and etree.QName(one).localname == element
    ]
