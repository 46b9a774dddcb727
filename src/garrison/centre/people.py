"""Who is signed in, by cookie: in memory alone, so that a restart signs everybody out and nothing is on disk."""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass, field

from joserfc.jwk import ECKey

from garrison.centre.calls import Calls, SignedOut
from garrison.centre.entry import Entry, Let, NotLetIn, Sought
from garrison.checks.collect.aws import Clients
from garrison.checks.probe import Keys
from garrison.signin.visit import new_token

LONGEST = 12 * 3600.0
"""Seconds after which whoever is signed in has to do so again, as in AWS's console."""
_MOST = 512
_SEEKING = 600.0
"""Seconds somebody may take to sign in."""
_EARLY = 120.0
"""Seconds before their end at which credentials are renewed."""


@dataclass(slots=True)
class Person:
    """Somebody who is signed in."""

    arn: str
    account: str
    key: ECKey
    let: Let
    began: float
    csrf: str = field(default_factory=new_token)
    """What forms of this person's carry."""
    clients: Clients = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class People:
    """Everybody who is signed in or about to be."""

    def __init__(self, entry: Entry, url: str, region: str) -> None:
        self._entry = entry
        self._url = url
        self._region = region
        self._lock = threading.Lock()
        self._sought: dict[str, Sought] = {}
        self._people: dict[str, Person] = {}

    def seek(self, visit: str, next: str) -> str:
        """Begin to sign in; where the browser is to go. Raises `Away` where nothing listens there."""
        self._entry.answers()
        sought = self._entry.seek(visit, next)
        with self._lock:
            for state in [s for s, one in self._sought.items() if time.time() - one.began > _SEEKING]:
                del self._sought[state]
            while len(self._sought) >= _MOST:
                del self._sought[_oldest(self._sought)]
            self._sought[sought.state] = sought
        return self._entry.link(sought)

    def arrive(self, visit: str | None, state: str, code: str) -> tuple[str, str]:
        """Somebody comes back: their cookie, and the page they wanted. Raises `NotLetIn` and `Away`."""
        with self._lock:
            sought = self._sought.pop(state, None)
        if sought is None or visit is None or sought.visit != visit or time.time() - sought.began > _SEEKING:
            raise NotLetIn("This sign-in was not begun in this browser, or too long ago.")
        let = self._entry.redeem(sought, code)
        me = Calls(self._url, self._region, _keys(let)).ask("sts", "GetCallerIdentity")
        cookie = new_token()
        person = Person(str(me["Arn"]), str(me["Account"]), sought.key, let, time.time())
        with self._lock:
            while len(self._people) >= _MOST:
                del self._people[_oldest(self._people)]
            self._people[_digest(cookie)] = person
        return cookie, sought.next

    def who(self, cookie: str | None) -> Person | None:
        """Who is behind a cookie."""
        if cookie is None:
            return None
        with self._lock:
            found = self._people.get(_digest(cookie))
            if found is not None and time.time() - found.began > LONGEST:
                del self._people[_digest(cookie)]
                return None
        return found

    def calls(self, person: Person) -> Calls:
        """Calls in their name. Raises `SignedOut` and `Away`."""
        with person.lock:
            if time.time() > person.let.expires - _EARLY:
                try:
                    person.let = self._entry.renew(person.key, person.let.refresh)
                except NotLetIn as e:
                    raise SignedOut from e
                person.clients = {}
            return Calls(self._url, self._region, _keys(person.let), person.clients)

    def forget(self, cookie: str | None) -> None:
        """Signed out."""
        if cookie is not None:
            with self._lock:
                self._people.pop(_digest(cookie), None)


def _oldest(several: dict[str, Sought] | dict[str, Person]) -> str:
    return next(iter(several))


def _keys(let: Let) -> Keys:
    return Keys(let.access_key_id, let.secret_access_key, let.session_token)


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
