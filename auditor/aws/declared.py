"""Whether an answer in JSON is of the types that botocore's model declares.

botocore does not look: a list where a text should be reaches whoever reads it. An SDK in a typed
language would refuse such an answer, and so does this one. Members that the model does not know
are let by, and so is null for any member: who needs it says that it is missing.
"""

from __future__ import annotations

import threading
from typing import Any, TypedDict

import msgspec

from auditor.aws.models import model

_PLAIN: dict[str, Any] = {
    "string": str, "character": str, "blob": str, "boolean": bool,
    "integer": int | float, "long": int | float, "float": int | float, "double": int | float,
    "timestamp": int | float | str,
}


def mistyped(service: str, operation: str, answer: Any) -> str:
    """Say what in an answer is of a wrong type, and where; return "" where nothing is."""
    try:
        msgspec.convert(answer, _answer(service, operation))
    except msgspec.ValidationError as error:
        return str(error)
    return ""


_known: dict[tuple[str, str], Any] = {}
_making = threading.Lock()


def _answer(service: str, operation: str) -> Any:
    """Return the type of an operation's answers.

    msgspec takes a type apart when it first meets it, and two threads that do so at once end the
    process: here the first is alone.
    """
    found = _known.get((service, operation))
    if found is None:
        with _making:
            output = model(service).operation_model(operation).output_shape
            payload = output.serialization.get("payload")
            found = _Types().of(output.members[payload] if payload else output)
            msgspec.convert({}, found)
            _known[service, operation] = found
    return found


class _Types:
    """The types of structures; one that holds itself is looked at once."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def of(self, shape: Any) -> Any:
        """Return the type of the values of a shape, as msgspec knows types."""
        match shape.type_name:
            case "structure":
                return self._structure(shape)
            case "list":
                return list[self.of(shape.member)]  # type: ignore[misc]
            case "map":
                return dict[str, self.of(shape.value) | None]  # type: ignore[misc]
            case name:
                return _PLAIN[name]

    def _structure(self, shape: Any) -> Any:
        if shape.is_document_type:
            return Any
        if shape.name not in self._made:
            self._made[shape.name] = dict[str, Any]  # what it holds inside itself
            members = {
                member.serialization.get("name", name): self.of(member) | None
                for name, member in shape.members.items()
            }
            self._made[shape.name] = TypedDict(  # type: ignore[operator]
                shape.name, members, total=False
            )
        return self._made[shape.name]
