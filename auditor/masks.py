"""Secrets in text: found and masked before anything else sees them."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from auditor.tokens import CONTEXTS, FORMATS, Format, may_hold

_WORDS = (
    r"(?:password|passwd|passphrase|passwort|pwd|(?<![a-z])pass(?![a-z])|secret|token"
    r"|api[._-]?key|access[._-]?key|secret[._-]?(?:access[._-]?)?key|private[_-]?key|credentials?"
    r"|auth[_-]?key|client[_-]?secret|encryption[_-]?key|signing[_-]?key|fernet[_-]?key"
    r"|master[_-]?key|account[_-]?key|license[_-]?key|subscription[_-]?key|bearer)"
)
# What may stand behind such a word and leaves it what it is: API_KEY_2, TOKEN_PROD.
_TAIL = (
    r"(?:[_-]?(?:value|string|text|plain|b64|base64|base|prod|production|dev|test|live|\d{1,2}))?"
)
# A name that says its value is a secret, an assignment, and a value that could be one.
_NAMED = re.compile(
    rf"""(?ix)
    (?P<keep>
      (?P<name>(?:[a-z0-9]+[_.-])*{_WORDS}{_TAIL})
      (?P<sign>['"]?\s*(?:=>|:=|=|:)\s*(?P<quote>['"]?)
        |(?<=--password)\s+|(?<=--token)\s+|(?<=--api-key)\s+|(?<=--secret)\s+|(?<=bearer)\s+))
    (?P<secret>(?<=['"])[^\s'"\\]{{6,}}(?=['"])
      |[^\s'"`,;&|<>()\[\]{{}}-][^\s'"`,;&|<>()\[\]{{}}]{{5,}})
    (?P<call>[(\[])?
    """
)
# A parameter in JSON that is called so: {"Name": "ApiKey", "Type": "String", "DefaultValue": …}
_PAIRED = re.compile(
    rf"""(?ix)
    (?P<keep>"(?:name|key)"\s*:\s*"(?P<name>[\w.-]*?{_WORDS}{_TAIL})"\s*,
      (?:\s*"type"\s*:\s*"\w+"\s*,)?\s*"(?:default)?value"\s*:\s*")
    (?P<secret>[^"\\]{{6,}})(?=")
    """
)
# One of these is in every name that _NAMED knows, and in what CONTEXTS are about where their
# values are short.
_NAME_HINTS = (
    "pass", "pwd", "secret", "token", "key", "credential", "bearer", "auth", "basic", "curl",
    "mysql", "discord", "heroku", "voyage",
)
_LONG_RUN = re.compile(r"[A-Za-z0-9/+]{24}")  # in every text that holds a key of no format
_SECRET_NAME = re.compile(f"(?i){_WORDS}{_TAIL}$")
# A word that says secret somewhere in the name: its value is one only where it looks like a key.
_KEY_NAME = re.compile(f"(?i){_WORDS}|(?<![a-z])key$|dsn$|[_-]pat$")
# Names that only look like secrets in machine learning: counts, paths, references.
_HARMLESS_NAME = re.compile(
    r"(?i)(tokeni[sz]er|num_?tokens|max_?\w*tokens?|tokens?_?(per|count|limit|length|len|size|id"
    r"|column|type|embed\w*|class\w*)|(pad|eos|bos|unk|mask|sep|cls|special|stop|image|decoder_start"
    r"|forced_bos|forced_eos)_?tokens?|tokens$|secret_?(arn|name|id)$"
    r"|_(arn|name|path|file|uri|url|region|ttl|expiry|endpoint|provider|backend|policy|version)$"
    r"|max_new_tokens|(access_?)?key_?id$|public)"
)
_PLACEHOLDER = re.compile(
    r"(?i)^(\$|%|<|\{|\[\[secret:|\*+|x{4,}|\.{3,}|arn:|s3://|https?://|/|~|none$|null$|nil$"
    r"|true$|false$|your[_-]?|my[_-]?(pass|secret|token|key|api)|example|changeme|change[_-]me"
    r"|replace|placeholder|dummy|redacted|todo|test$|pass$|passwd$|pwd$|password$|secret$|token$"
    r"|process\.env|os\.environ|getenv|boto3|aws\b|\{\{|resolve:"
    r"|(some|the|any|insert|enter|put|fake|add)[_-]|vault:|ssm:|secretsmanager:|op://|env:|file://|projects/|ref\+|@microsoft|enc\[)"
    r"|(?-i:EXAMPLE(KEY)?$)"
)
_MASK = re.compile(r"\[\[secret:([a-z0-9-]+):([0-9a-f]{8})\]\]")
_WHOLE_MASK = re.compile(r"(\[\[secret:[a-z0-9-]+:[0-9a-f]{8}\]\])")
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=_.-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_.-])")
_REFERENCE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+|[a-z]+(_[a-z]+)+")  # of code, unquoted
_CONSTANT = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")  # the name of a variable, as its value
_ARN = re.compile(r"arn:[\w-]*:[\w-]*:[\w-]*:\d*:$")  # and what comes next is a name
_OF_DIGEST = re.compile(r"(?i)commit|sha|digest|hash|revision|checksum|etag|run_?id|version")


def entropy(text: str) -> float:
    """Return Shannon's entropy of a text, in bits per character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def found(text: str) -> list[tuple[str, str]]:
    """Return the masks in a stored text: what each secret was, and its salted hash."""
    if "[[secret:" not in text:  # most texts hold none, and many are asked
        return []
    return [(m[1], m[2]) for m in _MASK.finditer(text)]


class Masker:
    """Replaces secrets by ``[[secret:<what>:<hash>]]``; the salt makes hashes the scan's own."""

    def __init__(self, salt: bytes) -> None:
        self._salt = salt

    def _mark(self, what: str, secret: str) -> str:
        digest = hashlib.sha256(self._salt + secret.encode()).hexdigest()[:8]
        return f"[[secret:{what}:{digest}]]"

    def tokens(self, text: str) -> str:
        """Mask what is a secret by its format alone; safe on any text."""
        if not may_hold(text):
            return text
        pieces = _WHOLE_MASK.split(text)
        pieces[::2] = [self._formats(piece, piece, FORMATS) for piece in pieces[::2]]
        return "".join(pieces)

    def _formats(self, text: str, hints: str, formats: Iterable[Format]) -> str:
        """Mask what is of one of these formats; ``hints`` is the text as hints are looked for."""
        for one in formats:
            if not any(map(hints.__contains__, one.hints)):
                continue

            def mark(match: re.Match[str], one: Format = one) -> str:
                parts = match.groupdict()
                secret, keep = parts.get("secret") or match[0], parts.get("keep") or ""
                if _PLACEHOLDER.search(secret) or not one.holds(secret):
                    return match[0]
                if formats is CONTEXTS and _OF_DIGEST.search(keep):
                    return match[0]
                return keep + self._mark(one.name, secret)

            text = one.pattern.sub(mark, text)
        return text

    def text(self, text: str) -> str:
        """Mask secrets in a script: formats, and assignments to names that say secret."""
        masked = self.tokens(text)
        if not _may_be_named(masked) and not _LONG_RUN.search(masked):
            return masked
        for of in (self._in_context, self._assigned, self._keys):
            pieces = _WHOLE_MASK.split(masked)  # what is masked already stays as it is
            pieces[::2] = [of(piece) for piece in pieces[::2]]
            masked = "".join(pieces)
        return masked

    def _in_context(self, text: str) -> str:
        return self._formats(text, text.lower(), CONTEXTS)

    def _assigned(self, text: str) -> str:
        def mark(match: re.Match[str]) -> str:
            parts = match.groupdict()
            secret, quoted = match["secret"], parts.get("quote") != ""
            if _HARMLESS_NAME.search(match["name"]) or parts.get("call"):
                return match[0]
            if _ARN.search(match.string, max(0, match.start() - 99), match.start()):
                return match[0]
            if not _likely(secret) or (not quoted and _REFERENCE.fullmatch(secret)):
                return match[0]
            return match["keep"] + self._mark("named-secret", secret)

        if not _may_be_named(text):
            return text
        return _NAMED.sub(mark, _PAIRED.sub(mark, text))

    def _keys(self, text: str) -> str:
        return _AWS_SECRET.sub(
            lambda m: self._mark("aws-secret-access-key", m[0]) if _keylike(m[0]) else m[0], text,
        )

    def value(self, name: str, value: str) -> str:
        """Mask one named value, such as an environment variable or a hyperparameter."""
        masked = self.text(value)
        if masked != value or _HARMLESS_NAME.search(name):
            return masked
        inner = value.strip("\"' ")
        if _SECRET_NAME.search(name) and _likely(inner):
            return self._mark("named-secret", value)
        if _KEY_NAME.search(name) and _drawn(inner):
            return self._mark("named-secret", value)
        together = f"{name}={value}"
        if len(value) >= 20 and self._in_context(together) != together:  # the name says whose
            return self._mark("named-secret", value)
        return value

    def scrub(self, document: Any) -> Any:
        """Mask what is a secret by its format in every string of a document."""
        if not may_hold(_text(document)):
            return document
        return self._scrubbed(document)

    def _scrubbed(self, document: Any) -> Any:
        if isinstance(document, str):
            return self.tokens(document)
        if isinstance(document, list):
            return [self._scrubbed(v) for v in document]
        if isinstance(document, Mapping):
            return {k: self._scrubbed(v) for k, v in document.items()}
        return document

    def _argument(self, before: Any, value: Any) -> Any:
        """Mask an item of a list; on a command line, ``--name`` before it says what it is."""
        words = isinstance(before, str) and isinstance(value, str)
        if words and before.startswith("-") and not value.startswith("-"):
            masked = self.value(before.lstrip("-"), value)
            if masked != value:
                return masked
        return self.suspect(value)

    def suspect(self, value: Any) -> Any:
        """Mask a member that may hold secrets: a script in base64, a map of names to values.

        A list of pairs of ``Key`` (or ``Name``) and ``Value`` counts as such a map.
        """
        if isinstance(value, list):
            return [
                self._argument(before, one)
                for before, one in zip(["", *value], value, strict=False)
            ]
        if isinstance(value, Mapping):
            plain = all(isinstance(v, str) for v in value.values())
            if plain and not _may_hold_secret(_text(value)):
                return value
            said = value.get("Key") or value.get("Name")  # a pair: the name is a member's value
            return {
                k: self.value(str(said if said and k == "Value" else k), v)
                if isinstance(v, str) else self.suspect(v)
                for k, v in value.items()
            }
        if not isinstance(value, str):
            return value
        try:
            script = base64.b64decode(value, validate=True).decode()
        except ValueError:  # not base64, or not text
            return self.text(value)
        return base64.b64encode(self.text(script).encode()).decode()


def _text(value: Any) -> str:
    """Return a document in JSON, whose strings stand in it with nothing but quotes escaped."""
    try:
        return msgspec.json.encode(value, enc_hook=str).decode()
    except ValueError:  # half of a surrogate pair
        return json.dumps(value, default=str)


def _may_be_named(text: str) -> bool:
    """Tell whether a text can hold a name that says secret."""
    return any(map(text.lower().__contains__, _NAME_HINTS))


def _may_hold_secret(text: str) -> bool:
    """Tell whether a map, in JSON, can hold a secret at all: most hold none, and most are long."""
    return may_hold(text) or _may_be_named(text) or bool(_LONG_RUN.search(text))


def _keylike(text: str) -> bool:
    """Tell whether 40 characters look like a key drawn at random, not a path or a digest."""
    hexadecimal = re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", text)
    mixed = all(re.search(c, text) for c in ("[a-z]", "[A-Z]", "[0-9]"))
    words = any(re.fullmatch(r"[A-Z]?[a-z]{3,}", part) for part in text.split("/"))
    return bool(
        mixed and not hexadecimal and not (words and "/" in text) and text.count("/") <= 4
        and entropy(text) > 4.2 and not _PLACEHOLDER.search(text)
    )


def _likely(secret: str) -> bool:
    """Tell whether a value given to a name such as ``password`` is one, and no placeholder."""
    if _MASK.search(secret) or _PLACEHOLDER.search(secret) or len(secret) < 6:
        return False
    if re.fullmatch(r"[\d.]+|[a-z_]+\(.*", secret) or _CONSTANT.fullmatch(secret):
        return False
    if re.fullmatch(r"[A-Za-z]+([-_/.][A-Za-z]+)+", secret) and _KEY_NAME.search(secret):
        return False  # what a secret is called somewhere: prod/db-password
    words = re.fullmatch(r"[A-Za-z]+", secret)
    return entropy(secret) >= (3.3 if words else 2.2)


def _drawn(text: str) -> bool:
    """Tell whether a value looks drawn at random: long, of letters and digits, no name or path."""
    if len(text) < 16 or _PLACEHOLDER.search(text) or _MASK.search(text):
        return False
    if not re.fullmatch(r"[A-Za-z0-9+/=_~-]+", text) or text.count("/") > 2:
        return False
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text):
        return False
    if max(map(len, re.split(r"[-_/]", text))) < 12 or sum(c.isdigit() for c in text) < 2:
        return False
    letters = any(c.isalpha() for c in text)
    return letters and entropy(text) >= (3.0 if re.fullmatch(r"[0-9a-f]+", text) else 3.6)
