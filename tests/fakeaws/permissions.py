"""What the caller may do: the denial of what it may not, and IAM's own word on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.fakeaws.actions import action
from tests.fakeaws.document import Error

FREE = ("sts:GetCallerIdentity",)  # what IAM lets everyone do


@dataclass(frozen=True)
class Permissions:
    """The actions that are allowed and those that a service control policy denies, as globs."""

    allowed: Iterable[str] = ("*",)
    denied: Iterable[str] = ()

    def decide(self, action: str) -> str:
        """Return IAM's decision: ``allowed``, ``implicitDeny`` or ``explicitDeny``."""
        def among(globs):
            return any(fnmatchcase(action.lower(), g.lower()) for g in globs)

        if action in FREE:
            return "allowed"
        if among(self.denied):
            return "explicitDeny"
        return "allowed" if among(self.allowed) else "implicitDeny"

    def of(self, call) -> str:
        """Return the decision on a call."""
        if (*self.allowed, *self.denied) == ("*",):
            return "allowed"  # whatever it is called
        return self.decide(action(call.service, call.operation))


def simulate(world, call):
    """Answer SimulatePrincipalPolicy; like IAM it knows users and roles, but no sessions."""
    source = call.params["PolicySourceArn"]
    if not any(f":{kind}/" in source for kind in ("user", "role", "group")):
        raise Error("InvalidInput", f"Invalid Entity Arn: {source} does not clearly define entity"
                    " type and name.", 400)
    return {
        "EvaluationResults": [
            {"EvalActionName": action, "EvalResourceName": "*",
             "EvalDecision": world.permissions.decide(action)}
            for action in call.params["ActionNames"]
        ]
    }
