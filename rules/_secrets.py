"""Secrets in text: the collector has masked them, so a rule looks for the masks."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping

from auditor.masks import found as masks_in
from auditor.verdict import Fail, Pass


def secrets_in(text: str) -> str:
    """Return what secrets a stored text holds, in words ("2 named-secret, 1 jwt"), or "".

    Only the kinds are told, never a value.
    """
    masks = masks_in(text)
    if not masks:
        return ""
    kinds = Counter(kind for kind, _ in masks)
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def in_plain_text(values: Mapping[str, str], member: str) -> Pass | Fail:
    """Judge the named values that ``member`` of a job's description holds."""
    held = {name: secrets_in(value) for name, value in values.items()}
    found = [f"{member}.{name} holds {what}" for name, what in held.items() if what]
    if found:
        return Fail("; ".join(found) + ", in plain text for whoever may describe the job")
    return Pass()


def script(content: str) -> str:
    """Return the script in a lifecycle hook's content: base64, as the API wants it, or as it is."""
    try:
        return base64.b64decode(content, validate=True).decode()
    except ValueError:  # not base64, or not text
        return content
