"""An engine with a domain key, and keys of any spec in it."""

from __future__ import annotations

from garrison.keys.engine import KeyEngine
from garrison.keys.material import Key, Place
from garrison.keys.root import RootKey
from garrison.keys.specs import SPECS

ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ACCOUNT, REGION = "123456789012", "us-east-1"


class House:
    """One engine; `key` makes a key of a spec, or takes one from outside."""

    def __init__(self) -> None:
        self.engine = KeyEngine(RootKey.new())
        self.domain = self.engine.new_domain_key(ACCOUNT, REGION, 1.0)

    def key(self, spec: str, usage: str | None = None, *, secret: bytes | None = None, id: str = ID) -> Key:
        usage = usage or next(iter(SPECS[spec].usages))
        place = Place(ACCOUNT, REGION, id, spec, usage)
        if secret is None:
            return Key(place, self.engine.generate(place, self.domain), self.domain)
        return Key(place, self.engine.adopt(place, self.domain, secret), self.domain)
