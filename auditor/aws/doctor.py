"""What stands in the way of a scan, before it begins: who, where, and what is not allowed.

A scan does not depend on any of this.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import botocore.exceptions

from auditor.aws.crew import abreast
from auditor.aws.pace import Pace, Refused
from auditor.aws.parts import filled
from auditor.aws.plan import RESOURCES, Call, calls, operation, plan
from auditor.aws.session import Caller, Session
from auditor.errors import AuditorError
from auditor.kind import Kind

SIMULATE = Call("iam", "SimulatePrincipalPolicy")
SEARCH = Call("sagemaker", "Search")
GET_ROLE = Call("iam", "GetRole")
CHEAP = Call("sagemaker", "ListNotebookInstances")
DENIED = {
    "AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException",
    "UnauthorizedOperation", "UnauthorizedException", "UnauthorizedAccess",
}
CLOSED = {"UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure", "InvalidToken"}
AT_ONCE = 50  # actions in one simulation
SKEW = 300  # seconds: AWS refuses signatures that are older. Source: IAM User Guide, SigV4

# Source for both: IAM User Guide, "Testing IAM policies with the IAM policy simulator".
SIMULATION_SEES = (
    "IAM's simulation counts the policies of the identity, its permissions boundary and the"
    " organization's service control policies; not a session policy, the policy of a resource or"
    " of a VPC endpoint, nor conditions on where a request comes from. A scan may still be denied."
)
TRIAL_SEES = (
    "IAM did not simulate it (iam:SimulatePrincipalPolicy was not allowed, or its answer was not"
    " whole), so each operation that needs no resource was called once; the rest is undecided."
)


@dataclass(frozen=True, slots=True)
class Place:
    """A region: ``open``, ``disabled`` for the account, ``denied``, or ``silent``."""

    region: str
    state: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class Permission:
    """An IAM action that a scan needs: ``allowed``, ``denied`` or ``untried``."""

    action: str
    state: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that was found out. ``skew`` is how many seconds our clock is ahead of AWS's."""

    caller: Caller
    endpoint: str  # "" = AWS itself
    skew: float | None
    regions: list[Place]
    permissions: list[Permission]
    simulated: bool
    notes: list[str] = field(default_factory=list)

    @property
    def missing(self) -> list[Permission]:
        """Return the actions that are not allowed."""
        return [p for p in self.permissions if p.state == "denied"]

    @property
    def undecided(self) -> list[Permission]:
        """Return the actions of which nobody knows whether they are allowed."""
        return [p for p in self.permissions if p.state == "untried"]

    @property
    def shut(self) -> list[Place]:
        """Return the regions that a scan could not look into."""
        return [p for p in self.regions if p.state != "open"]

    @property
    def sound(self) -> bool:
        """Tell whether everything was tried and nothing stands in the way."""
        off = self.skew is not None and abs(self.skew) >= SKEW
        return not (self.missing or self.undecided or self.shut or off)


def examine(
    session: Session, kinds: Iterable[Kind[Any]], regions: Sequence[str] = (), *,
    patience: float, share: float,
) -> Diagnosis:
    """Find out what a scan of these kinds and regions may meet.

    Raises :class:`AuditorError` where there are no usable credentials, or no such region.
    """
    kinds = list(kinds)
    caller = session.caller(regions[0] if regions else None)
    pace = Pace(session, caller.account, patience=patience, share=share)
    notes = []
    try:
        places = session.regions(caller.partition, regions)
    except AuditorError as error:
        if regions:
            raise
        notes.append(f"{error}; every region that has SageMaker was tried")
        places = session.regions_of("sagemaker", caller.partition)
    main = session.main_region(caller.partition)
    looks = abreast(lambda region: _place(pace, region), places)
    home = next((look.region for look in looks if look.state == "open"), main)
    permissions = _simulated(pace, caller, kinds, home)
    simulated = permissions is not None
    if permissions is None:
        permissions = _tried(pace, caller, kinds, [home, *places])
    notes.append(SIMULATION_SEES if simulated else TRIAL_SEES)
    client = session.client(CHEAP.service, home)
    return Diagnosis(
        caller, str(client.meta.endpoint_url) if session.custom_endpoint(client) else "",
        _skew(session, home), looks, permissions, simulated, notes,
    )


def _skew(session: Session, region: str) -> float | None:
    """Return how far our clock is ahead of AWS's, from the date of an answer; in whole seconds."""
    try:
        answer = session.client("sts", region)._make_api_call("GetCallerIdentity", {})
        told = answer["ResponseMetadata"]["HTTPHeaders"]["date"]
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, KeyError):
        return None
    return round((datetime.now(UTC) - parsedate_to_datetime(told)).total_seconds())


def _place(pace: Pace, region: str) -> Place:
    """Tell whether a region answers us at all."""
    try:
        pace.call(CHEAP, region, {})
    except Refused as refused:
        if refused.code in CLOSED:
            return Place(region, "disabled", f"not enabled for this account ({refused.code})")
        if "service control policy" in refused.message:
            return Place(region, "denied", "a service control policy denies it")
        if refused.code not in DENIED:
            return Place(region, "silent", refused.code)
    return Place(region, "open")  # a denial of the operation is told with the permissions


# -- by simulation

def _simulated(
    pace: Pace, caller: Caller, kinds: Iterable[Kind[Any]], home: str
) -> list[Permission] | None:
    """Return what IAM says of each action, or None where it does not say."""
    actions = sorted({call.action for call in calls(kinds)})
    try:
        source = _principal(pace, caller, home)
        if not source:
            return None
        told: dict[str, tuple[str, str]] = {}
        plain = [action for action in actions if action not in RESOURCES]
        for first in range(0, len(plain), AT_ONCE):
            told |= _ask(pace, home, source, plain[first:first + AT_ONCE], [])
        for action in actions:
            if action in RESOURCES:
                resources = [
                    arn.replace("arn:*", f"arn:{caller.partition}").replace(":*:", f":{home}:")
                    for arn in RESOURCES[action]
                ]
                told |= _ask(pace, home, source, [action], resources)
    except (Refused, KeyError):  # or an answer without what it must have
        return None
    return [
        Permission(action, *told.get(action, ("untried", "IAM's simulation left it out")))
        for action in actions
    ]


def _principal(pace: Pace, caller: Caller, home: str) -> str:
    """Return the ARN that IAM knows us by, "" where it simulates nothing of the kind.

    A session's ARN names the role without its path, which IAM wants.
    """
    session = re.fullmatch(r"arn:[^:]+:sts::\d+:assumed-role/([^/]+)/.+", caller.arn)
    if session is None:
        return caller.arn if ":user/" in caller.arn else ""
    try:
        answer = pace.call(GET_ROLE, home, {"RoleName": session[1]})
        return str(answer["Role"]["Arn"])
    except (Refused, KeyError):
        return f"arn:{caller.partition}:iam::{caller.account}:role/{session[1]}"


def _ask(
    pace: Pace, home: str, source: str, actions: list[str], resources: list[str]
) -> dict[str, tuple[str, str]]:
    """Return IAM's decision on each action: allowed only where it is on every resource.

    Raises KeyError where an answer has not what it must have.
    """
    given: dict[str, Any] = {"PolicySourceArn": source, "ActionNames": actions}
    if resources:
        given["ResourceArns"] = resources
    told: dict[str, tuple[str, str]] = {}
    while True:
        answer = pace.call(SIMULATE, home, given)
        for result in answer["EvaluationResults"]:
            action = str(result["EvalActionName"])
            if told.get(action, ("allowed",))[0] == "allowed":
                told[action] = _decision(result)
        if not answer.get("IsTruncated"):
            return told
        if answer["Marker"] == given.get("Marker"):
            raise KeyError("Marker")  # the same page again, for ever
        given["Marker"] = answer["Marker"]


def _decision(result: dict[str, Any]) -> tuple[str, str]:
    if result["EvalDecision"] == "allowed":
        return "allowed", ""
    if result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations") is False:
        return "denied", "a service control policy does not allow it"
    boundary = result.get("PermissionsBoundaryDecisionDetail", {})
    if boundary.get("AllowedByPermissionsBoundary") is False:
        return "denied", "the permissions boundary does not allow it"
    if result["EvalDecision"] == "explicitDeny":
        return "denied", "a policy denies it"
    return "denied", "no policy allows it"


# -- by trial

def _tried(
    pace: Pace, caller: Caller, kinds: list[Kind[Any]], places: list[str]
) -> list[Permission]:
    """Call each operation once that needs no resource, and tell what came of each action."""
    given, absent = _calls_without_resource(kinds, caller)
    needed = calls(kinds)

    def one(call: Call) -> tuple[str, str]:
        if call not in given:
            return "untried", "it can only be tried on a resource"
        offered = pace.session.regions_of(call.service, caller.partition)
        region = next((p for p in places if not offered or p in offered), "")
        if not region:
            return "untried", "AWS does not offer it in these regions"
        try:
            pace.call(call, region, given[call])
        except Refused as refused:
            # Macie says so of itself with the code of a denial
            off = refused.means(absent.get(call, ())) or "is not enabled" in refused.message
            if refused.code in DENIED and not off:
                closed = "service control policy" in refused.message
                return "denied", "a service control policy denies it" if closed else refused.code
            if off or _from_the_service(refused):
                return "allowed", ""
            return "untried", refused.code
        return "allowed", ""

    outcomes = zip(needed, abreast(one, needed), strict=True)
    found: dict[str, tuple[str, str]] = {}
    rank = {"untried": 0, "allowed": 1, "denied": 2}
    for call, outcome in outcomes:
        known = found.get(call.action)
        if known is None or rank[outcome[0]] > rank[known[0]]:
            found[call.action] = outcome
    return [Permission(action, *found[action]) for action in sorted(found)]


def _from_the_service(refused: Refused) -> bool:
    """Tell whether the service looked at the request itself, so that IAM had let it through."""
    return refused.code.startswith(("NoSuch", "ResourceNotFound", "NotFound")) or (
        refused.code.endswith(("NotFound", "NotFoundException", "NotFoundError"))
    )


def _calls_without_resource(
    kinds: Iterable[Kind[Any]], caller: Caller,
) -> tuple[dict[Call, dict[str, Any]], dict[Call, tuple[str, ...]]]:
    """Return what to give to each call that needs no resource, and what means "there is none"."""
    kinds = list(kinds)
    offers: list[tuple[Call, Mapping[str, Any]]] = [(call, {}) for call in calls(kinds)]
    absent: dict[Call, tuple[str, ...]] = {}
    for kind in kinds:
        way = plan(kind)
        if way.listing is not None and kind.parent is None:
            offers.append((way.listing.call, way.lists[0]))
        for part in kind.parts:
            service, _, name = part.call.partition(".")
            absent[Call(service, name)] = part.absent
            offers.append((Call(service, name), part.given))
    offers.append((SEARCH, {"Resource": "TrainingJob", "MaxResults": 1}))
    given = {}
    for call, offered in offers:
        shape = operation(call.service, call.operation).input_shape
        try:
            params = filled(offered, {"account": caller.account})
        except KeyError:
            continue  # it is about a resource
        if shape is None or set(shape.required_members) <= set(params):
            given[call] = params
    return given, absent
