"""XML of identity providers, read so that nothing in it can act: no DTD, no entities, no network, no huge trees.

Comments and processing instructions go before anything is looked at, so that they cannot cut a text in two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"
SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
SAMLP = "{urn:oasis:names:tc:SAML:2.0:protocol}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
XENC = "{http://www.w3.org/2001/04/xmlenc#}"


class NotXml(ValueError):
    """Not well-formed, or with a document type declaration."""


def read_xml(data: bytes) -> _Element:
    """The root element. Raises `NotXml`."""
    from lxml import etree  # loads in 20 ms, for calls that are rare

    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as e:
        raise NotXml(str(e)) from e
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.externalDTD is not None:
        raise NotXml("a document type declaration")
    return root


def text_of(element: _Element | None) -> str | None:
    """The text of an element that has no elements in it, without white space around it; None if there is none."""
    if element is None or len(element) or element.text is None:
        return None
    return element.text.strip() or None
