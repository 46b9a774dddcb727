"""How a managed rule group is declared, and the statements only such groups can have.

    GROUP = ManagedRuleGroup(
        name="AWSManagedRulesSQLiRuleSet",
        capacity=200,
        label_namespace="awswaf:managed:aws:sql-database:",
        versions=(Version("Version_1.0"), Version("Version_2.0")),
        rules=(
            ManagedRule(
                name="SQLi_QUERYARGUMENTS",
                labels=("SQLi_QueryArguments",),
                statement={"SqliMatchStatement": {...}},      # the API's own shape, or:
            ),
            ManagedRule(
                name="SQLiExtendedPatterns_BODY",
                labels=("SQLiExtendedPatterns_Body",),
                statement={
                    "DetectorStatement": {
                        "Detector": EXTENDED,                 # a Detector
                        "FieldToMatch": {"BodyValues": {}},   # any FieldToMatch, and those named below
                        "Chains": ((), ("URL_DECODE_UNI",), ("URL_DECODE_UNI", "URL_DECODE_UNI")),
                    }
                },
            ),
        ),
    )

Statements beside the API's:

- `DetectorStatement`: `Detector`, `FieldToMatch` and `Chains`, alternative chains of text transformations by the names
  the API has for them; the statement matches if the detector finds something in any value of the field after any of the
  chains. Chains that change nothing cost nothing: equal bytes are looked at once.
- `RequestStatement`: `Find`, a function of `Inspection` for what no single field tells (a bot's name and address
  together). It answers None for no match, or labels to add, relative to the group's namespace, besides the rule's own.

Fields beside the API's, usable wherever FieldToMatch is in a managed group:

- `BodyValues {}`: the values of the body one by one, taken apart by its content type: form fields (percent-encoded as
  sent), JSON strings and numbers, the parts of a multipart body and their file names, text and attributes of XML.
  Anything else is one value. `{"Names": true}`: names and keys too.
- `QueryArgumentNames {}`: names of the query arguments.

`IPSetReferenceStatement` may name one of the lists an operator supplies: `garrison:ip-list:NAME`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from garrison.waf.request import Location, Request

Statement = Mapping[str, Any]
"""A statement in the API's shape: one key, its parameters. SearchString is bytes."""


class Span(NamedTuple):
    """Where in the bytes it was given a detector found something."""

    start: int
    end: int
    data: tuple[bytes, ...] = ()
    """What to show as the match, if that is not the span's own bytes: the tokens of an injection, for instance."""


class Detector(msgspec.Struct, frozen=True, eq=False):
    """Something to look for in one value.

    With `literals` or `patterns`, all detectors share one scan of a value, and `find` is called only where one of its
    own literals or patterns was in it. Without `find`, that hit is the match. With neither, `find` sees every value.
    """

    name: str
    find: Callable[[bytes], Span | None] | None = None
    """Pure, bounded in time, never raises: what it is given comes from an attacker."""
    literals: tuple[bytes, ...] = ()
    """In any case of ASCII letters."""
    patterns: tuple[str, ...] = ()
    """In the dialect of RegexMatchStatement: no look-around, no back-references; `(?i)` and `(?s)` in the pattern."""
    condition_type: str = "DETECTOR"
    """`SQL_INJECTION` and `XSS` get their matches into the log's ruleMatchDetails."""


class Inspection(Protocol):
    """What a `RequestStatement` sees."""

    request: Request
    now: float
    labels: Sequence[str]
    """Added so far, fully qualified."""

    @property
    def path(self) -> bytes:
        """As sent, without query and fragment."""

    @property
    def location(self) -> Location:
        """Of the client."""

    @property
    def token_state(self) -> str:
        """As in `Verdict.token`."""

    @property
    def token_id(self) -> str:
        """Session of an accepted token; empty otherwise."""

    @property
    def suspicion(self) -> str | None:
        """None while the resource is not attacked; otherwise how suspicious: `none`, `low`, `medium`, `high`."""

    def count(self, purpose: str, key: bytes, window: int) -> int:
        """Count this request for `key` and say how many there were in the last `window` seconds (60 to 600)."""

    def in_list(self, name: str, address: str) -> bool:
        """Whether an address is in the operator's list `garrison:ip-list:NAME`."""


class ManagedRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of a managed group."""

    name: str
    statement: Statement
    action: str = "Block"
    """`Block`, `Count`, `Captcha`, `Challenge`."""
    labels: tuple[str, ...] = ()
    """Relative to the group's namespace."""
    listed: bool = True
    """False: only there for its labels; no client sees it in DescribeManagedRuleGroup, logs or overrides."""
    runs: bool = True
    """False: described, but it does not run yet."""


class Version(msgspec.Struct, frozen=True):
    """A static version of a managed group."""

    name: str
    without: frozenset[str] = frozenset()
    """Rules that came later."""


class ManagedRuleGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A managed rule group. `garrison.waf.managed.find(vendor, name)` knows them all."""

    name: str
    capacity: int
    label_namespace: str
    """With the final colon."""
    rules: tuple[ManagedRule, ...]
    """In the order of evaluation."""
    vendor: str = "AWS"
    description: str = ""
    versions: tuple[Version, ...] = ()
    """Oldest first; the last one is the default. Empty: the group is not versioned."""
    available_labels: tuple[str, ...] = ()
    """Those that no rule names because they are made up as the rule runs; relative to the namespace."""
    consumed_labels: tuple[str, ...] = ()
    """Fully qualified."""
    configure: Callable[[Sequence[Mapping[str, Any]]], tuple[ManagedRule, ...]] | None = None
    """For groups with ManagedRuleGroupConfigs: the rules that run with such a configuration. It raises AwsError
    (WAFInvalidParameterException) for one that will not do, or for one that is missing and needed."""
