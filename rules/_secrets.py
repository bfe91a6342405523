"""Secrets in text: the collector has masked them, so a rule looks for the masks."""

from __future__ import annotations

import base64
from collections import Counter

from auditor.masks import found


def secrets_in(text: str) -> str:
    """Return what secrets a stored text holds, in words ("2 named-secret, 1 jwt"), or "".

    Only the kinds are told, never a value.
    """
    masks = found(text)
    if not masks:
        return ""
    kinds = Counter(kind for kind, _ in masks)
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def script(content: str) -> str:
    """Return the script in a lifecycle hook's content: base64, as the API wants it, or as it is."""
    try:
        return base64.b64decode(content, validate=True).decode()
    except ValueError:  # not base64, or not text
        return content
