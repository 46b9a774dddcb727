"""React server components: flight-format bodies that reach into the deserializer's own objects (CVE-2025-55182)."""

from __future__ import annotations

from garrison.waf.rule_group import Detector

PATTERNS = (
    r"(?i)resolved_model",
    r"\$\d{1,6}:(?:__proto__|constructor|then|prototype)",
    r"(?i)__proto__[\"']?\s*:\s*(?:then|constructor|\{)|constructor:constructor|__proto__:then",
    r"(?i)[\"']\s*(?:then|_formData|_chunks|_response|_prefix)\s*[\"']\s*:\s*[\"']\$(?:\d|B|@|F)",
    r"(?i)_prefix[\"']\s*:\s*[\"'][^\"']{0,200}(?:process|require|child_process|execsync|import\()",
    r"(?i)NEXT_REDIRECT;|\"\$ACTION_REF_|vm#runIn|fs#(?:write|read)|child_process#exec|module#_load",
    r"(?i)[\"'](?:__proto__|constructor|prototype)[\"']\s*:\s*[\[{\"]",
    r"(?i)\b__proto__[\[.]",
    r"^__proto__$",
)

DETECTOR = Detector(name="react-flight", patterns=PATTERNS)
