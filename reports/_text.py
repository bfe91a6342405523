"""Foreign text made harmless: what AWS or a tag says is shown, and never acts."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import msgspec

# Controls, bidi overrides and other invisible formatting, lone surrogates, private use and
# unassigned characters, line and paragraph separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Letters and marks by category that draw nothing: fillers, and the blank Braille pattern.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def visible(text: str) -> str:
    r"""Return the text with every character that acts or hides spelled out, as in ``\x1b``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_spelled, text))


def _spelled(character: str) -> str:
    if character not in _BLANK and unicodedata.category(character) not in _INVISIBLE:
        return character
    code = ord(character)
    if code < 0x100:
        return _SHORT.get(character, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def as_json(value: Any) -> bytes:
    r"""Return a value as JSON on one line, with a space after each comma and colon.

    UTF-8 has no lone surrogates; where a text holds one, it is spelled out as ``\ud800``.
    """
    try:
        compact = msgspec.json.encode(value)
    except UnicodeEncodeError:
        plain = msgspec.to_builtins(value, str_keys=True)
        compact = msgspec.json.encode(_with_texts(plain, _encodable))
    return msgspec.json.format(compact, indent=0)


def plain_json(value: Any) -> bytes:
    """Return a value as JSON for readers that show it: every text in it is made visible."""
    return as_json(_with_texts(value, visible))


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """Return a value with every text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_with_texts(one, change) for one in value]
    if isinstance(value, dict):
        return {change(key): _with_texts(one, change) for key, one in value.items()}
    return value


def cells(text: str) -> int:
    """Return how many cells of a terminal a text takes; it has been made visible before."""
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if character == "\ufe0f":  # asks for the emoji form of the character before, which is wide
        return 1
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _head(text: str, width: int) -> str:
    """Return as much of the beginning as fits."""
    room = width
    for position, character in enumerate(text):
        room -= _cells(character)
        if room < 0:
            return text[:position]
    return text


def clipped(text: str, width: int) -> str:
    """Return the text cut to a number of cells, with an ellipsis where something is missing."""
    return text if cells(text) <= width else _head(text, width - 1) + "…"


def padded(text: str, width: int) -> str:
    """Return the text cut or filled with spaces to exactly that many cells."""
    text = clipped(text, width)
    return text + " " * (width - cells(text))


def wrapped(text: str, width: int) -> list[str]:
    """Return the text broken into lines of at most ``width`` cells, at spaces where it can.

    ``width`` is 2 or more: there are characters that take two cells.
    """
    lines, line = [], ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if cells(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        while cells(word) > width:
            head = _head(word, width)
            lines.append(head)
            word = word[len(head):]
        line = word
    return [*lines, line]
