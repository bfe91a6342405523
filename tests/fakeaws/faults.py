"""What goes wrong on request: denials, throttling, broken connections, broken bodies."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from tests.fakeaws.document import Error

# Each fault's error in the words of each protocol: the code and the HTTP status.
_ERRORS = {
    "AccessDenied": {
        "query": ("AccessDenied", 403), "ec2": ("UnauthorizedOperation", 403),
        "rest-xml": ("AccessDenied", 403), "json": ("AccessDeniedException", 400),
        "rest-json": ("AccessDeniedException", 403),
    },
    "ExplicitDeny": {
        "query": ("AccessDenied", 403), "ec2": ("UnauthorizedOperation", 403),
        "rest-xml": ("AccessDenied", 403), "json": ("AccessDeniedException", 400),
        "rest-json": ("AccessDeniedException", 403),
    },
    "Throttle": {
        "query": ("Throttling", 400), "ec2": ("RequestLimitExceeded", 503),
        "rest-xml": ("SlowDown", 503), "json": ("ThrottlingException", 400),
        "rest-json": ("TooManyRequestsException", 429),
    },
    "RegionDisabled": {
        "query": ("InvalidClientTokenId", 403), "ec2": ("AuthFailure", 401),
        "rest-xml": ("InvalidToken", 400), "json": ("UnrecognizedClientException", 400),
        "rest-json": ("UnrecognizedClientException", 403),
    },
    "ExpiredToken": {
        "query": ("ExpiredToken", 403), "ec2": ("RequestExpired", 400),
        "rest-xml": ("ExpiredToken", 400), "json": ("ExpiredTokenException", 400),
        "rest-json": ("ExpiredTokenException", 403),
    },
    "ServerError": dict.fromkeys(
        ("query", "ec2", "rest-xml", "json", "rest-json"), ("InternalFailure", 500)
    ),
}
_WORDS = {
    "Throttle": "Rate exceeded",
    "RegionDisabled": "The security token included in the request is invalid.",
    "ExpiredToken": "The security token included in the request is expired",
    "ServerError": "We encountered an internal error. Please try again.",
}
_WHY = {
    "AccessDenied": "because no identity-based policy allows it",
    "ExplicitDeny": "with an explicit deny in a service control policy",
}
_NOT_FOUND = {
    "sagemaker": ("ResourceNotFound", "Requested resource not found.", 400),
    "s3": ("NoSuchBucket", "The specified bucket does not exist", 404),
    "kms": ("NotFoundException", "Invalid keyId", 400),
    "iam": ("NoSuchEntity", "cannot be found.", 404),
    "cloudtrail": ("TrailNotFoundException", "Unknown trail", 400),
}
PAGES = ("EmptyPage", "TokenLoop", "EmptyToken")
BODIES = ("Truncate", "Garbage")
CONNECTIONS = ("Reset", "Hang")
KINDS = (*_ERRORS, "Gone", "DropMember", *PAGES, *BODIES, *CONNECTIONS)


@dataclass
class Fault:
    """One thing that goes wrong, where service, operation, region and parameters match.

    The first ``after`` matching calls are let through; then it happens ``times`` times (for ever
    if None). ``member`` is what DropMember takes away. Names are globs.
    """

    kind: str
    service: str = "*"
    operation: str = "*"
    region: str = "*"
    params: Mapping[str, str] = field(default_factory=dict)
    after: int = 0
    times: int | None = None
    member: str = ""

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"no fault {self.kind}")
        self._seen = 0
        self._lock = threading.Lock()

    def strikes(self, call):
        """Tell whether it happens to this call; counts those that match."""
        if not (
            fnmatchcase(call.service, self.service)
            and fnmatchcase(call.operation, self.operation)
            and fnmatchcase(call.region, self.region)
            and all(fnmatchcase(str(call.params.get(k)), v) for k, v in self.params.items())
        ):
            return False
        with self._lock:
            self._seen += 1
            return self.after < self._seen and (
                self.times is None or self._seen <= self.after + self.times
            )

    def error(self, of, call):
        """Return the error it answers instead, or None where it lets AWS answer first."""
        if self.kind == "Gone":
            return not_found(call)
        if self.kind not in _ERRORS:
            return None
        code, status = _ERRORS[self.kind][of.protocol]
        words = _WORDS.get(self.kind) or (
            f"User: arn:aws:sts::{call.account}:assumed-role/auditor/session is not authorized to"
            f" perform: {of.signs_as}:{call.operation} {_WHY[self.kind]}"
        )
        return Error(code, words, status)


def not_found(call):
    """Return the service's error for a resource that is not there."""
    code, words, status = _NOT_FOUND.get(
        call.service, ("ResourceNotFoundException", "The resource does not exist.", 404)
    )
    return Error(code, words, status)


def region_disabled(of, call):
    """Return the error of a region that is not enabled for the account."""
    return Fault("RegionDisabled").error(of, call)
