"""Attributes of SAML assertions that are condition keys, by the names identity providers give them.

Source: IAM user guide, "Available keys for SAML-based AWS STS federation"; the object identifiers are those of the
eduPerson and eduOrg schemas, of X.520 and of RFC 4524.
"""

from __future__ import annotations

from collections.abc import Mapping

_EDU_PERSON = "urn:oid:1.3.6.1.4.1.5923.1.1.1."
_EDU_ORG = "urn:oid:1.3.6.1.4.1.5923.1.2.1."
_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"

_LISTS = (
    {
        f"{_EDU_PERSON}{n}": f"saml:{name}"
        for n, name in (
            (1, "edupersonaffiliation"),
            (2, "edupersonnickname"),
            (4, "edupersonorgunitdn"),
            (7, "edupersonentitlement"),
            (9, "edupersonscopedaffiliation"),
            (10, "edupersontargetedid"),
            (11, "edupersonassurance"),
        )
    }
    | {
        f"{_EDU_ORG}{n}": f"saml:{name}"
        for n, name in (
            (2, "eduorghomepageuri"),
            (3, "eduorgidentityauthnpolicyuri"),
            (4, "eduorglegalname"),
            (5, "eduorgsuperioruri"),
            (6, "eduorgwhitepagesuri"),
        )
    }
    | {"urn:oid:2.5.4.3": "saml:cn"}
)

_SINGLE = {
    f"{_EDU_PERSON}3": "saml:edupersonorgdn",
    f"{_EDU_PERSON}5": "saml:edupersonprimaryaffiliation",
    f"{_EDU_PERSON}6": "saml:edupersonprincipalname",
    f"{_EDU_PERSON}8": "saml:edupersonprimaryorgunitdn",
    "urn:oid:2.5.4.4": "saml:surname",
    "urn:oid:2.5.4.41": "saml:name",
    "urn:oid:2.5.4.42": "saml:givenname",
    "urn:oid:2.5.4.45": "saml:x500uniqueidentifier",
    "urn:oid:0.9.2342.19200300.100.1.1": "saml:uid",
    "urn:oid:0.9.2342.19200300.100.1.3": "saml:mail",
    "urn:oid:0.9.2342.19200300.100.1.45": "saml:organizationstatus",
    "http://schemas.xmlsoap.org/claims/CommonName": "saml:commonname",
    f"{_CLAIMS}name": "saml:name",
    f"{_CLAIMS}givenname": "saml:givenname",
    f"{_CLAIMS}surname": "saml:surname",
    f"{_CLAIMS}emailaddress": "saml:mail",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid": "saml:primarygroupsid",
}


def condition_keys(attributes: Mapping[str, tuple[str, ...]]) -> dict[str, str | tuple[str, ...]]:
    """The keys that an assertion's attributes bring. A key for one value is absent if there are several."""
    keys: dict[str, str | tuple[str, ...]] = {}
    for name, values in attributes.items():
        if name in _LISTS and values:
            keys[_LISTS[name]] = values
        elif name in _SINGLE and len(values) == 1:
            keys[_SINGLE[name]] = values[0]
    return keys
