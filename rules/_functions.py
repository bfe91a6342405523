"""Lambda functions in front of models: which those are, and what the samples are made of.

A function stands in front of a model where its role lets it call an endpoint, or where a variable
that is called after endpoints or models names one that is there. Nothing else says so: what its
code does is not for the API to tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import ENDPOINT, ROLE, Function
from auditor.policy import Answer, Identity, may
from auditor.rule import Other, Sample
from auditor.verdict import NotApplicable, Verdict

from ._edges import target
from ._roles import identity

Check = Callable[..., Verdict]
ROLE_ARN = "arn:aws:iam::111122223333:role/score"
_CALLS = (
    "sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointAsync",
    "sagemaker:InvokeEndpointWithResponseStream",
)
_CALLED_SO = re.compile(r"(?i)endpoint|sagemaker|model|predict|inference|scor(er|ing)")
# The name in "arn:aws:sagemaker:REGION:ACCOUNT:endpoint/NAME" and in the address to call it at,
# ".../endpoints/NAME/invocations".
_NAMED = re.compile(r"(?:^|endpoints?/)([A-Za-z0-9][A-Za-z0-9-]{0,62})(?:/[a-z-]*invocations\S*)?$")


def caller(*statements: dict[str, Any]) -> Other:
    """Return the role of the samples: it may call an endpoint, and what ``statements`` add."""
    invoke = {
        "Effect": "Allow", "Action": "sagemaker:InvokeEndpoint",
        "Resource": "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/churn",
    }  # fmt: skip
    document = {"Version": "2012-10-17", "Statement": [invoke, *statements]}
    return Other(ROLE, {
        "RoleName": "score", "Arn": ROLE_ARN, "AttachedManagedPolicies": [],
        "RolePolicyList": [{"PolicyName": "work", "PolicyDocument": document}],
    })


def function(*others: Other, **members: Any) -> Sample:
    """Return a function in front of an endpoint, with its role, as the samples have it."""
    document = {
        "FunctionName": "score", "PackageType": "Zip", "Role": ROLE_ARN,
        "FunctionArn": "arn:aws:lambda:eu-west-1:111122223333:function:score", **members,
    }  # fmt: skip
    return Sample(document, (caller(), *others))


def before_models(check: Check) -> Check:
    """Make a rule NotApplicable to functions that are not seen to stand in front of a model.

    Stands between ``@rule`` and the function.
    """

    @wraps(check)
    def judged(function: Resource[Function], **settings: Any) -> Verdict:
        if not calls_models(function):
            return NotApplicable("its role may not call an endpoint, and no variable names one")
        return check(function, **settings)

    return judged


def calls_models(function: Resource[Function]) -> bool:
    """Tell whether a function stands in front of a model.

    Raises :class:`Unseen` where its role was not seen or not decided and no variable says it.
    """
    doubt: Unseen | None = None
    if not function.data.Role:
        doubt = Unseen(f"AWS names no Role of the function {function.name}")
    for edge in function.edges(ROLE, "Role"):
        if edge.state == "missing":
            continue  # a role that was deleted grants nothing
        try:
            answer = _invokes(identity(target(edge, "role")))
        except Unseen as why:
            doubt = why
            continue
        if answer.answer:
            return True
        if answer.answer is None:
            doubt = Unseen(f"the role of {function.name} is undecided: {answer.because}")
    if _names_an_endpoint(function):
        return True
    if doubt:
        raise doubt
    return False


@lru_cache(maxsize=512)
def _invokes(who: Identity) -> Answer:
    """Ask once for each set of policies: functions share roles, and many rules ask."""
    return may(who, *_CALLS)


def _names_an_endpoint(function: Resource[Function]) -> bool:
    for name, value in variables(function).items():
        named = _NAMED.search(value) if _CALLED_SO.search(name) else None
        if named and function.named(ENDPOINT, named[1]) is not None:
            return True
    return False


def variables(function: Resource[Function]) -> dict[str, str]:
    """Return a function's environment, none where it has none.

    Raises :class:`Unseen` where Lambda may not show it to us: it says so inside its answer.
    """
    environment = function.data.Environment
    if environment is None:
        return {}
    if environment.Error is not None:
        why = environment.Error.ErrorCode
        raise Unseen(f"Lambda does not show the environment of {function.name}: {why}")
    return environment.Variables or {}
