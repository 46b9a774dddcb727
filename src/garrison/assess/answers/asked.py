"""What a question asks: its words, its figures, and which kind of answer it is after."""

from __future__ import annotations

import re

import msgspec

from garrison.assess.answers.figures import Figure, taken
from garrison.assess.answers.words import stems

_ASIDE = re.compile(
    r"(?:[.?!;]|^)\s*(?:if (?:yes|so|not|no|applicable|available)\b[^.?!]*"
    r"|please (?:describe|explain|elaborate|comment|provide (?:details|evidence|an explanation|further))[^.?!]*"
    r"|\(?(?:yes|y) (?:no|n)(?: n a)?\)?)[.?!]?\s*$"
)
_OPENING = re.compile(
    r"^\W*(?:(?:please|kindly|could you|can you|would you)\s+)*"
    r"(?:(?:confirm|state|indicate|specify|tell us|advise|verify|attest)\s+(?:that|whether|if)\s+)?"
    r"(?:(?:do|can) you (?:check|ensure|make sure|make certain|verify|confirm) that\s+)?"
)
_OPEN = re.compile(
    r"^(?:to what extent|at what|in what|by what|for how|under what|how|what|which|who|whom|whose|why"
    r"|(?:when|where) (?:do|does|did|is|are|was|were|will|can|has|have)"
    r"|describe|explain|list|name|provide|detail|specify|identify|outline|give|state|indicate|share|summari[sz]e"
    r"|confirm (?:how|what|which|who|when|where))\b"
)
_ALSO_OPEN = re.compile(r"[,;?.]\s*(?:and |or )?(?:if so,? )?(?:how|what|which|why|where)\b|\band (?:how|why)\b")
_WHOLE = re.compile(
    r"\b(?:all|every|each|across|any|entire|other|multiple|most)\b(?: (?:of|the|our|your|its|their))*"
    r"(?: (?:aws|cloud|member|sub|child|linked|organi[sz]ation|connected|subsidiary)){1,2} accounts?\b"
    r"|\baccounts? (?:in|of|across|within|under) (?:the|your|our|its) (?:\w+ )?organi[sz]ation\b"
    r"|\b(?:organi[sz]ation|company|enterprise) wide\b|\bsub ?accounts\b|\bmulti ?account\b|\bmember accounts?\b"
)
_EVERYTHING = re.compile(
    r"\b(?:all|every|each|any|entire)\b(?: of)?(?: (?:our|your|the|its|their|other))?(?: [a-z]+)?"
    r" (?P<what>data|systems?|services?|resources?|platforms?|applications?|databases?|storage|devices?|access|traffic"
    r"|information|infrastructure|components?|assets?|hosts?|networks?)\b"
    r"(?! (?:keys?|principals?|control|accounts?|users?|polic|providers?|roles?|logging|logs?|perimeter)\b)"
)
_RISK = re.compile(
    r"\b(?:in order )?to (?:help )?(?:mitigate|reduce|minimi[sz]e|lower|limit|address|counter) "
    r"(?:the |any )?(?:potential )?(?:risks?|likelihood|impact|threats?|blast radius|chances?|exposure|possibility)\b"
    r"[^,;.?()]*"
    r"|\b(?:in order )?to (?:mitigate|address|counter|defend against|protect against) (?:the )?confused deputy"
    r"(?: problem| attacks?| issue| risk)?"
)
_OR_NEWER = (
    r"(?:\+|or (?:higher|later|newer|above|greater|better|more recent)|and (?:above|later|higher|newer)"
    r"|as (?:a|the) minimum|at minimum)"
)
_OLD_TLS = r"(?:ssl(?: ?v?[23](?:\.0)?)?|tls ?v?1\.[01]|tls ?v?1)"
_IDIOMS = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"\bcan not\b", "cannot"),
        (r"\b(?:put |kept )?(?:in|into) (?:place|force|effect)\b", " "),
        (r"\btakes? effect\b", " "),
        (r"\bcontent delivery network\b", "cdn"),
        (r"\b(?:as|for) (?:a )?standard\b", " "),
        (rf"\b(?:at least |a minimum of |minimum |only )?tls ?(?:version )?v?1\.2(?: ?{_OR_NEWER})?"
         r"(?! (?:and|or) v?1\.)",
         "moderntls"),
        (rf"\b{_OLD_TLS}(?:(?:,| and| or| )+(?:{_OLD_TLS}|v?1\.[01]))*\b(?!\.)(?= |,|\?|$)", "oldtls"),
        (r"\bmore than just\b", "more than"),
        (r",? (?:used or not|whether (?:used|in use) or not|used or unused)\b", " "),
        (r"\b(?:that|which|what|whatever) (?:is|are|was|has|have) not (?:been )?(?:explicitly|expressly|specifically) "
         r"(?:allowed|permitted|granted|authori[sz]ed)\b", "by default"),
        (r"\b(?:who|that|which) (?:fail to|do not|does not|cannot) (?:authenticate|sign)\b", "unauthenticated"),
        (r"\bwithout (?:admin\w*|elevated) (?:rights|privileges|access|permissions)\b", "unprivileged"),
        (r"\bzero\b(?! trust| day| access\b(?! keys?))", "no"),
        (r"\bor (?:more often|more frequently|better|sooner)\b", " "),
        (r"\b(?:(?:carry|carrying|with|having|bear|bearing|have|has|contain|containing) no|without (?:a |any )?)"
         r"(?: ?valid)? ?(?:signature|credentials?|authentication)\b", "unsigned"),
        (r"\bin use\b", "used"),
        (r"\b(?:without exceptions?|with no exceptions?|at all times)\b", " "),
        (r"\b(?:is|are|be|being|was|were|is being|are being) (?:rolled out|introduced|implemented|planned|phased in)"
         r"(?= (?:to|for|next|soon|by|this)\b)", "planned"),
        (r"\bbeing (?:rolled out|introduced|planned|phased in)\b", "planned"),
        (r"\b(?:have|has|had|are|is|were|been) (?:not|never)(?: been)? (?:used|accessed|assumed|logged in|active)\b",
         "unused"),
        (r"\b(?:not|never|no longer)(?: been)? (?:used|needed|assumed|in use)\b|\bnobody has (?:used|assumed)\b",
         "unused"),
        (r"\b(?:you|we|they|the \w+) (?:do|does|are|is) not (?:actively |currently )?(?:use|using|operate in)\b",
         "unused"),
        (r"\bof inactivity\b|\bwithout (?:any )?(?:activity|use|usage)\b", "unused"),
        (r"\bnot(?: be)? (?:served|accepted|permitted|allowed|possible|able|available|tolerated)\b", "disallow"),
        (r"\bwithout (?:any )?(?:permissions?|access|privileges?|rights?)\b", "zero access"),
        (r"\bno (?:permissions|access|privileges|rights)\b(?= (?:by default|until|unless|at all|initially|when))",
         "zero access"),
        (r"\bno standing\b", "minimum"),
    )
)  # fmt: skip
_MARKS = ".,;:!?()\"'"
_CONTRAST = re.compile(r"\b(?:rather than|instead of|as opposed to|and not|but not|, not)\b")


class Asked(msgspec.Struct, frozen=True):
    """A question, read."""

    words: tuple[str, ...]
    """Without endings and figures, all of them."""
    head: tuple[str, ...]
    """Those of it before what it sets itself off from (`rather than ...`)."""
    tail: tuple[str, ...]
    """Those after that."""
    judged: dict[str, str]
    """Those that must be accounted for (without what a risk is said to be), each as it stood there."""
    figures: tuple[Figure, ...]
    open: bool
    """It asks how, what, who: neither yes nor no answers it."""
    whole: bool
    """It asks about every account of the organization."""
    everything: tuple[str, ...]
    """Kinds of things of which it asks about all there are."""


def asked(question: str) -> Asked:
    """Read a question."""
    text = " ".join(question.lower().replace("’", "'").replace("n't", " not").replace("'s", "").split())
    text = re.sub(r"(?<=[a-z0-9])[-‐–/](?=[a-z0-9])", " ", text)
    while (shorter := _ASIDE.sub("", text)) not in (text, ""):
        text = shorter
    text = _OPENING.sub("", text, count=1)
    is_open = bool(_OPEN.match(text) or _ALSO_OPEN.search(text))
    for pattern, instead in _IDIOMS:
        text = pattern.sub(instead, text)
    whole = bool(_WHOLE.search(text))
    everything = tuple(match["what"] for match in _EVERYTHING.finditer(text))
    text, figures = taken(text)
    parts = _CONTRAST.split(text, maxsplit=1)
    return Asked(
        words=tuple(stems(text)),
        head=tuple(stems(parts[0])),
        tail=tuple(stems(parts[1])) if len(parts) > 1 else (),
        judged=_spoken(_RISK.sub(" ", " ".join(parts))),
        figures=figures,
        open=is_open,
        whole=whole,
        everything=tuple(word for what in everything for word in stems(what)),
    )


def _spoken(text: str) -> dict[str, str]:
    there = {word: spoken.strip(_MARKS) for spoken in text.split() for word in stems(spoken)}
    return {word: there.get(word, word) for word in stems(text)}
