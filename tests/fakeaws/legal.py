"""Values that a botocore shape allows, drawn at random from a seeded source."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta

_LETTERS = string.ascii_letters + string.digits + '<&">é-'
_DEEPEST = 6


def value(shape, source, *, fill=0.6, plain=False, depth=0):
    """Return a legal value of a shape.

    ``source`` is a ``random.Random``; ``fill`` is the share of optional members that are there;
    ``plain`` keeps strings to letters, as parameters in paths and headers want it.
    """

    def inner(of):
        return value(of, source, fill=fill, plain=plain, depth=depth + 1)

    match shape.type_name:
        case "structure":
            names = list(shape.members)
            needed = set(shape.required_members)
            if getattr(shape, "is_tagged_union", False):
                names = needed = {source.choice(names)} if names else set()
            elif depth > _DEEPEST:
                names = [n for n in names if n in needed]
            return {
                n: inner(shape.members[n]) for n in names if n in needed or source.random() < fill
            }
        case "list":
            least = shape.metadata.get("min", 0)
            most = min(shape.metadata.get("max", 2), 2) if depth <= _DEEPEST else least
            return [inner(shape.member) for _ in range(source.randint(least, max(least, most)))]
        case "map":
            return {inner(shape.key): inner(shape.value) for _ in range(source.randint(0, 2))}
        case "string":
            return source.choice(shape.enum) if shape.enum else _text(shape, source, plain)
        case "integer" | "long":
            least = shape.metadata.get("min", 0)
            return source.randint(least, max(least, min(shape.metadata.get("max", 1000), 2**31)))
        case "float" | "double":
            least = shape.metadata.get("min", 0)
            return max(least, min(shape.metadata.get("max", 1e6), source.randint(0, 800) / 8))
        case "boolean":
            return source.random() < 0.5
        case "timestamp":
            return datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=source.randint(0, 10**8))
        case "blob":
            return source.randbytes(6)


def _text(shape, source, plain):
    least = max(shape.metadata.get("min", 0), 1)
    most = max(least, min(shape.metadata.get("max", 12), 12))
    letters = string.ascii_lowercase if plain else _LETTERS
    return "".join(source.choice(letters) for _ in range(source.randint(least, most)))
