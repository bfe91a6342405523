"""Answers of the JSON protocol kept as they came over the wire.

botocore walks the shape of every answer and reads each time with dateutil: 56 ms for a page of a
hundred training jobs, where reading its JSON takes 5. In this protocol a structure's members go
by their own names, so the JSON is the answer: times in seconds since 1970, blobs in base64, which
``auditor.shape`` reads and the inventory stores. Errors are parsed by botocore as ever.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import botocore.parsers
import msgspec

from auditor.aws.models import model

SOUND = "auditor:sound"  # where the hook that checks a body leaves what it read


def read(body: bytes) -> Any:
    """Return what JSON says; raises :class:`ValueError` where it is none.

    Half of a surrogate pair is read like any other character, though msgspec refuses it.
    """
    try:
        try:
            return _DECODER.decode(body)
        except msgspec.DecodeError:
            return json.loads(body, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


_DECODER = msgspec.json.Decoder()


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number in JSON")


@cache
def as_it_came(service: str) -> bool:
    """Tell whether answers of a service are JSON as it came, and hold nothing else."""
    return str(model(service).resolved_protocol) == "json"


class AsItCame(botocore.parsers.JSONParser):  # type: ignore[misc]
    """A parser of the JSON protocol that leaves the values alone."""

    def _do_parse(self, response: Any, shape: Any) -> Any:
        if shape is None:
            return super()._do_parse(response, shape)
        answer = response.pop(SOUND, None)
        parsed = dict(read(response["body"]) if answer is None else answer)
        self._inject_response_metadata(parsed, response["headers"])
        return parsed


class Parsers(botocore.parsers.ResponseParserFactory):  # type: ignore[misc]
    """Gives :class:`AsItCame` for the JSON protocol, and botocore's own for the others."""

    def create_parser(self, protocol_name: str) -> Any:
        """Return a parser; those of other protocols read times as they always do."""
        if protocol_name == "json":
            return AsItCame(**self._defaults)
        return super().create_parser(protocol_name)
