"""A JSON report -> the run it was written from."""

from __future__ import annotations

from typing import IO

import msgspec

from auditor.finding import Finding, Run
from auditor.findings import Findings


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
