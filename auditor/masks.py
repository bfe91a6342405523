"""Secrets in text: found and masked before anything else sees them."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

# Formats whose shape alone tells what they are.
_TOKENS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("private-key", re.compile(
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
        r"[\s\S]*?(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|\Z)")),
    ("aws-access-key-id", re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])")),
    ("github-token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{50,})")),
    ("gitlab-token", re.compile(r"\bglpat-[\w-]{20,}")),
    ("slack-token", re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}")),
    ("slack-webhook", re.compile(r"https://hooks\.slack\.com/services/[\w/]{20,}")),
    ("huggingface-token", re.compile(r"\bhf_[A-Za-z0-9]{30,}")),
    ("openai-key", re.compile(r"\bsk-(?:proj-|ant-|svcacct-)?[A-Za-z0-9_-]{20,}")),
    ("stripe-key", re.compile(r"\b[rs]k_live_[A-Za-z0-9]{20,}")),
    ("google-api-key", re.compile(r"\bAIza[\w-]{35}")),
    ("pypi-token", re.compile(r"\bpypi-AgE[\w-]{50,}")),
    ("npm-token", re.compile(r"\bnpm_[A-Za-z0-9]{36}")),
    ("databricks-token", re.compile(r"\bdapi[a-f0-9]{32}")),
    ("jwt", re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}")),
    ("connection-string", re.compile(
        r"(?P<keep>\b[a-z][a-z0-9+.-]{2,}://[^\s:/@'\"\[]*:)(?P<secret>[^\s@/'\"\[]{3,})(?=@)")),
    ("azure-storage-key", re.compile(r"(?P<keep>AccountKey=)(?P<secret>[A-Za-z0-9+/=]{60,})")),
)
# What stands in each of these: where no text of a document has any, none of them is searched for.
_HINTS = (
    "PRIVATE KEY", "AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-",
    "xox", "hooks.slack.com", "hf_", "sk-", "k_live_", "AIza", "pypi-AgE", "npm_", "dapi", "eyJ",
    "@", "AccountKey=",
)
# A name that says its value is a secret, an assignment, and a value that could be one.
_NAMED = re.compile(
    r"""(?ix)
    (?P<keep>
      (?P<name>(?:[a-z0-9]+[_.-])*
        (?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|apikey|access[_-]?key
        |secret[_-]?(?:access[_-]?)?key|private[_-]?key|credentials?|auth[_-]?key
        |client[_-]?secret|encryption[_-]?key|signing[_-]?key|bearer)
        (?:[_-]?(?:value|string))?)
      (?:['"]?\s*(?:=>|:=|=|:)\s*['"]?|(?<=--password)\s+|(?<=--token)\s+|(?<=bearer)\s+))
    (?P<secret>[^\s'"`,;&|<>()\[\]{}-][^\s'"`,;&|<>()\[\]{}]{5,})
    """
)
# One of these is in every name that _NAMED knows.
_NAME_HINTS = ("pass", "pwd", "secret", "token", "key", "credential", "bearer")
_LONG_RUN = re.compile(r"[A-Za-z0-9/+]{40}")  # in every text that holds an AWS secret access key
_SECRET_NAME = re.compile(
    r"(?i)(password|passwd|passphrase|pwd|secret|token|api[_-]?key|apikey|access[_-]?key"
    r"|private[_-]?key|credential|auth[_-]?key|encryption[_-]?key|signing[_-]?key)"
)
# Names that only look like secrets in machine learning: counts, paths, references.
_HARMLESS_NAME = re.compile(
    r"(?i)(tokeni[sz]er|num_?tokens|max_?\w*tokens?|tokens?_?(per|count|limit|length|len|size|id"
    r"|column|type|embed\w*)|(pad|eos|bos|unk|mask|sep|cls|special|stop|image)_?tokens?"
    r"|tokens$|secret_?(arn|name|id)$|_(arn|name|path|file|uri|url|region|ttl|expiry)$"
    r"|max_new_tokens)"
)
_PLACEHOLDER = re.compile(
    r"(?i)^(\$|%|<|\{|\[\[secret:|\*+|x{4,}|\.{3,}|arn:|s3://|https?://|/|~|none$|null$|nil$"
    r"|true$|false$|your[_-]|my[_-]?(pass|secret|token|key)|example|changeme|change[_-]me|replace"
    r"|placeholder|dummy|redacted|todo|test$|password$|secret$|token$|process\.env|os\.environ"
    r"|getenv|boto3|aws\b|\{\{|resolve:)|(?-i:EXAMPLE(KEY)?$)"
)
_MASK = re.compile(r"\[\[secret:([a-z0-9-]+):([0-9a-f]{8})\]\]")
_WHOLE_MASK = re.compile(r"(\[\[secret:[a-z0-9-]+:[0-9a-f]{8}\]\])")
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")


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
        if not _may_hold_token(text):
            return text
        pieces = _WHOLE_MASK.split(text)
        pieces[::2] = [self._formats(piece) for piece in pieces[::2]]
        return "".join(pieces)

    def _formats(self, text: str) -> str:
        for what, pattern in _TOKENS:
            def mark(match: re.Match[str], what: str = what) -> str:
                parts = match.groupdict()
                secret = parts.get("secret") or match[0]
                if _PLACEHOLDER.search(secret):
                    return match[0]
                return (parts.get("keep") or "") + self._mark(what, secret)

            text = pattern.sub(mark, text)
        return text

    def text(self, text: str) -> str:
        """Mask secrets in a script: formats, and assignments to names that say secret."""
        masked = self.tokens(text)
        if not _may_be_named(masked) and not _LONG_RUN.search(masked):
            return masked
        pieces = _WHOLE_MASK.split(masked)  # what is masked already stays as it is
        pieces[::2] = [self._assigned(piece) for piece in pieces[::2]]
        return "".join(pieces)

    def _assigned(self, text: str) -> str:
        def mark(match: re.Match[str]) -> str:
            if _HARMLESS_NAME.search(match["name"]) or not _likely(match["secret"]):
                return match[0]
            return match["keep"] + self._mark("named-secret", match["secret"])

        pieces = _WHOLE_MASK.split(_NAMED.sub(mark, text) if _may_be_named(text) else text)
        pieces[::2] = [
            _AWS_SECRET.sub(
                lambda m: self._mark("aws-secret-access-key", m[0]) if _keylike(m[0]) else m[0],
                piece,
            )
            for piece in pieces[::2]
        ]
        return "".join(pieces)

    def value(self, name: str, value: str) -> str:
        """Mask one named value, such as an environment variable or a hyperparameter."""
        masked = self.text(value)
        if masked != value:
            return masked
        named = _SECRET_NAME.search(name) and not _HARMLESS_NAME.search(name)
        if named and _likely(value.strip("\"' ")):
            return self._mark("named-secret", value)
        return value

    def scrub(self, document: Any) -> Any:
        """Mask what is a secret by its format in every string of a document."""
        if not _may_hold_token(_text(document)):
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


def _may_hold_token(text: str) -> bool:
    """Tell whether a text, or a document in JSON, can hold a secret that its format betrays."""
    return any(map(text.__contains__, _HINTS))


def _may_be_named(text: str) -> bool:
    """Tell whether a text can hold a name that says secret."""
    return any(map(text.lower().__contains__, _NAME_HINTS))


def _may_hold_secret(text: str) -> bool:
    """Tell whether a map, in JSON, can hold a secret at all: most hold none, and most are long."""
    return _may_hold_token(text) or _may_be_named(text) or bool(_LONG_RUN.search(text))


def _keylike(text: str) -> bool:
    """Tell whether 40 characters look like a key drawn at random, not a path or a digest."""
    hexadecimal = re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", text)
    mixed = all(re.search(c, text) for c in ("[a-z]", "[A-Z]", "[0-9]"))
    return bool(mixed and not hexadecimal and text.count("/") <= 4 and entropy(text) > 4.2)


def _likely(secret: str) -> bool:
    """Tell whether a value given to a name such as ``password`` is one, and no placeholder."""
    if _MASK.search(secret) or _PLACEHOLDER.search(secret) or len(secret) < 6:
        return False
    if re.fullmatch(r"[\d.]+|[a-z_]+\(.*", secret):
        return False
    words = re.fullmatch(r"[A-Za-z]+", secret)
    return entropy(secret) >= (3.3 if words else 2.2)
