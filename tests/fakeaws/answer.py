"""An answer or an error -> an HTTP response, in the words of the service's protocol."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from botocore.utils import parse_timestamp

REQUEST = "00000000-0000-4000-8000-000000000000"


@dataclass
class Response:
    """An HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes


def answer(service, operation, result):
    """Return the response that carries the result of an operation."""
    shape = operation.output_shape
    status = operation.http.get("responseCode", 200)
    headers = {"x-amzn-RequestId": REQUEST}
    match service.protocol:
        case "json":
            version = service.model.metadata.get("jsonVersion", "1.1")
            headers["Content-Type"] = f"application/x-amz-json-{version}"
            text = json.dumps(to_json(shape, result) if shape else {})
        case "query" | "ec2":
            headers["Content-Type"] = "text/xml"
            text = _envelope(service, operation, shape, result)
        case _:
            if shape:
                headers |= _headers(shape, result)
            kind = "json" if service.protocol == "rest-json" else "xml"
            headers["Content-Type"] = f"application/{kind}"
            text = _rest_body(service, operation, shape, result)
    return Response(status, headers, text.encode())


def refusal(service, error):
    """Return the response that carries an error."""
    status = error.status or service.error_status(error.code) or 400
    headers = {"x-amzn-RequestId": REQUEST, **error.headers}
    if service.protocol in ("json", "rest-json"):
        headers |= {"Content-Type": "application/json", "x-amzn-ErrorType": error.code}
        text = json.dumps({"__type": error.code, "message": error.message})
        return Response(status, headers, text.encode())
    headers["Content-Type"] = "text/xml"
    said = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    if service.protocol == "ec2":
        text = f"<Response><Errors><Error>{said}</Error></Errors></Response>"
    elif service.name == "s3":
        text = f"<Error>{said}<RequestId>{REQUEST}</RequestId></Error>"
    else:
        text = f"<ErrorResponse><Error><Type>Sender</Type>{said}</Error></ErrorResponse>"
    return Response(status, headers, text.encode())


# -- JSON


def to_json(shape, value):
    """Return a value as JSON carries it."""
    match shape.type_name:
        case "structure":
            return {
                m.serialization.get("name", n): to_json(m, value[n])
                for n, m in shape.members.items()
                if value.get(n) is not None and not m.serialization.get("location")
            }
        case "list":
            return [to_json(shape.member, v) for v in value]
        case "map":
            return {k: to_json(shape.value, v) for k, v in value.items()}
        case "timestamp":
            return _time(value, shape.serialization.get("timestampFormat", "unixtimestamp"))
        case "blob":
            return _base64(value)
        case _:
            return value


# -- XML


def _envelope(service, operation, shape, result):
    """Return the XML of the query and ec2 protocols."""
    inner = "".join(_members(shape, result)) if shape else ""
    if service.protocol == "query":
        wrapper = shape.serialization.get("resultWrapper") if shape else None
        inner = f"<{wrapper}>{inner}</{wrapper}>" if wrapper else inner
        inner += f"<ResponseMetadata><RequestId>{REQUEST}</RequestId></ResponseMetadata>"
    else:
        inner += f"<requestId>{REQUEST}</requestId>"
    space = service.model.metadata.get(
        "xmlNamespace", f"http://ec2.amazonaws.com/doc/{service.model.api_version}/"
    )
    tag = f"{operation.name}Response"
    return f'<?xml version="1.0" encoding="UTF-8"?><{tag} xmlns="{space}">{inner}</{tag}>'


def _members(shape, value):
    for name, member in shape.members.items():
        serial = member.serialization
        if value.get(name) is None or serial.get("location") or serial.get("xmlAttribute"):
            continue
        yield to_xml(member, value[name], serial.get("name", name))


def to_xml(shape, value, tag):
    """Return the XML of a value under ``tag``."""
    flat = shape.serialization.get("flattened")
    match shape.type_name:
        case "structure":
            inner = "".join(_members(shape, value))
            return f"<{tag}{_attributes(shape, value)}>{inner}</{tag}>"
        case "list" if flat:
            own = shape.member.serialization.get("name", tag)
            return "".join(to_xml(shape.member, v, own) for v in value)
        case "list":
            own = shape.member.serialization.get("name", "member")
            return f"<{tag}>{''.join(to_xml(shape.member, v, own) for v in value)}</{tag}>"
        case "map":
            key, item = shape.key, shape.value
            around = tag if flat else "entry"
            inner = "".join(
                f"<{around}>{to_xml(key, k, key.serialization.get('name', 'key'))}"
                f"{to_xml(item, v, item.serialization.get('name', 'value'))}</{around}>"
                for k, v in value.items()
            )
            return inner if flat else f"<{tag}>{inner}</{tag}>"
        case "timestamp":
            value = _time(value, shape.serialization.get("timestampFormat", "iso8601"))
        case "blob":
            value = _base64(value)
        case "boolean":
            value = "true" if value else "false"
    return f"<{tag}>{escape(str(value))}</{tag}>"


def _attributes(shape, value):
    found = ""
    space = shape.serialization.get("xmlNamespace")
    if space:
        prefix = f":{space['prefix']}" if space.get("prefix") else ""
        found += f" xmlns{prefix}={quoteattr(space['uri'])}"
    for name, member in shape.members.items():
        if member.serialization.get("xmlAttribute") and value.get(name) is not None:
            found += f" {member.serialization['name']}={quoteattr(str(value[name]))}"
    return found


# -- REST


def _headers(shape, result):
    found = {}
    for name, member in shape.members.items():
        value = result.get(name)
        if member.serialization.get("location") != "header" or value is None:
            continue
        if member.type_name == "timestamp":
            value = _time(value, member.serialization.get("timestampFormat", "rfc822"))
        elif member.type_name == "boolean":
            value = "true" if value else "false"
        elif member.type_name == "list":
            value = ",".join(map(str, value))
        found[member.serialization.get("name", name)] = str(value)
    return found


def _rest_body(service, operation, shape, result):
    if shape is None:
        return ""
    payload = shape.serialization.get("payload")
    if payload:
        member, value = shape.members[payload], result.get(payload)
        if value is None:
            return ""
        if member.type_name in ("string", "blob"):
            return value if isinstance(value, str) else value.decode()
        if service.protocol == "rest-json":
            return json.dumps(to_json(member, value))
        return to_xml(member, value, member.serialization.get("name", member.name))
    if all(m.serialization.get("location") for m in shape.members.values()):
        return ""
    if service.protocol == "rest-json":
        return json.dumps(to_json(shape, result))
    if operation.name == "GetBucketLocation":  # its member is the root itself
        return f"<LocationConstraint>{result.get('LocationConstraint') or ''}</LocationConstraint>"
    return to_xml(shape, result, shape.serialization.get("name", f"{operation.name}Result"))


# -- values


def _time(value, form):
    """Write a time in one of AWS's three forms."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    moment = value if isinstance(value, datetime) else parse_timestamp(value)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if form == "unixtimestamp":
        return moment.timestamp()
    if form == "rfc822":
        return format_datetime(moment, usegmt=True)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _base64(value):
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()
