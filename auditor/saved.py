"""A JSON report -> the run it was written from."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import IO, cast

import msgspec

from auditor.errors import AuditorError
from auditor.finding import SCHEMA, Finding, Run
from auditor.findings import Findings


def load(path: Path) -> Run:
    """Return the run that a JSON report holds, packed where the name ends in .gz.

    Raises :class:`AuditorError` where it holds none, or one of another schema.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as opened:
            run = read(cast(IO[bytes], opened))
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or error
        raise AuditorError(f"{path}: cannot be read ({why})") from None
    except msgspec.DecodeError as error:
        raise AuditorError(
            f"{path}: not a JSON report ({error}); `auditor scan -f json=FILE` writes one"
        ) from None
    if run.schema != SCHEMA:
        raise AuditorError(f"{path}: a report of schema {run.schema}; this reads {SCHEMA}")
    return run


def read(file: IO[bytes]) -> Run:
    """Read a JSON report; memory stays flat where it is laid out in lines as we write it.

    Raises :class:`msgspec.DecodeError` where it is not one.
    """
    if not file.seekable():
        return _whole(file.read())
    try:
        return _streamed(file)
    except msgspec.DecodeError:  # laid out otherwise, or wrong: the whole says where
        file.seek(0)
        return _whole(file.read())


def _whole(text: bytes) -> Run:
    run = msgspec.json.decode(text, type=Run)
    return msgspec.structs.replace(run, findings=Findings(run.findings))


def _streamed(file: IO[bytes]) -> Run:
    """Read a report as its lines come: a finding begins and ends with a line of its own.

    No text in JSON goes over the end of a line, so lines cannot be mistaken.
    """
    decode = msgspec.json.Decoder(Finding).decode
    frame, part = [], []
    for line in file:
        frame.append(line)
        if line == b'  "findings": [\n':
            break
    findings = Findings()
    more = True  # whether another finding may follow
    for line in file:
        part.append(line)
        if line in (b"    },\n", b"    }\n"):
            if not more:
                raise msgspec.DecodeError("no comma between two findings")
            findings.add(decode(b"".join(part).rstrip(b",\n")))
            more = line == b"    },\n"
            part.clear()
    if more and findings:
        raise msgspec.DecodeError("a comma after the last finding")
    run = msgspec.json.decode(b"".join(frame + part), type=Run)
    if run.findings:
        raise msgspec.DecodeError("a finding without a line of its own")
    return msgspec.structs.replace(run, findings=findings)
