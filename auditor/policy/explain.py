"""What was found, in one plain sentence: who, what, on what, by which statement, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from .answer import Answer
from .concrete import Caller
from .decide import Found
from .keys import SAYS_WHO, provider, row
from .model import Condition, Policy, Statement
from .worlds import ANYONE, FRESH_ACCOUNTS


def who(found: Found) -> str:
    """Return who calls, in words."""
    world, name = found.world, found.request.caller.name
    match world.kind:
        case "anonymous":
            return "anyone on the internet"
        case "service":
            return f"{world.name or 'an AWS service'} acting for any account"
        case "federated":
            return f"any user of {provider(world.name)}"
        case "canonical":
            return f"the account with the canonical id {world.name}"
        case "arn":
            return world.name
    if found.request.caller.session:
        return found.request.caller.session
    parts = name.split(":", 5)
    account = parts[4] if len(parts) == 6 else ""
    if account in FRESH_ACCOUNTS:
        return "any AWS account"
    if any(p.value == name for s in found.statements for p in s.principals or ()):
        return name
    return f"account {account}"


def allowed(found: Found, policy: Policy) -> Answer:
    """Return the yes to "may someone do something", with its witness."""
    statement = found.statements[0]
    deny = ""
    if any(not one.allow for one in policy.statements):
        deny = "; no Deny covers this request"
    because = (
        f"{who(found)} may {found.request.action} on {_resource(found, policy)}: "
        f"{statement.place} grants {_grantee(statement, found.request.caller)}"
        f"{_conditions(statement, found.request.keys)}{deny}"
    )
    return Answer(True, because, statement.label, witness(found))


def witness(found: Found) -> Mapping[str, str]:
    """Return a request as its parts: caller, action, resource, and each key it must have."""
    request = found.request
    caller = request.caller.session or request.caller.name or who(found)
    return {
        "caller": caller, "action": request.action, "resource": request.resource, **request.keys
    }


def _resource(found: Found, policy: Policy) -> str:
    """Return the resource as the statement writes it, or the very one where a Deny may matter."""
    statement = found.statements[0]
    written = statement.resources or ()
    if statement.not_resource or any(not one.allow for one in policy.statements):
        return found.request.resource
    exact = found.request.resource
    fits = (one for one in written if one in ("*", exact) or _example(one) == exact)
    return next(fits, exact)


def _example(text: str) -> str:
    return text.replace("*", "x").replace("?", "x")


def _grantee(statement: Statement, caller: Caller) -> str:
    if statement.principals is None:
        if statement.not_principals is None:
            return "it"
        return "everyone but its NotPrincipal"
    for one in statement.principals:
        if one.kind == "everyone":
            return "Principal *"
        if one.kind == "wildcard":
            return f"Principal {one.value} (a pattern, read as everyone)"
    # An account's principals are meant by its number.
    parts = caller.name.split(":", 5)
    names = (caller.name, caller.session, parts[4] if len(parts) == 6 else "")
    found = [one.value for one in statement.principals if one.value in names]
    return f"Principal {(found or [statement.principals[0].value])[0]}"


def _conditions(statement: Statement, keys: Mapping[str, str]) -> str:
    told = [_why(one, keys) for one in statement.conditions]
    faults = [f for f in statement.faults if not any(f in one for one in told)]
    text = ""
    if told:
        noun = "condition" if len(told) == 1 else "conditions"
        verb = "does" if len(told) == 1 else "do"
        text = f" and its {noun} {', '.join(told)} {verb} not keep this caller out"
        if len(told) == 1 and "(" in told[0]:
            name, _, why = told[0].partition(" (")
            text = f" and its condition {name} does not restrict ({why}"
    if faults:
        text += f"; it is malformed ({'; '.join(faults)}) and read as not restricting"
    return text


def _why(condition: Condition, keys: Mapping[str, str]) -> str:
    """Say why a condition of the Allow lets this caller through."""
    if condition.fault:
        return f"{condition.name} ({condition.fault}, so it is read as not restricting)"
    value = keys.get(condition.key)
    if value is None:
        if condition.if_exists:
            why = "IfExists holds for a request without the key"
        elif condition.quantifier == "all":
            why = "ForAllValues holds for a request without the key"
        else:
            why = "it holds for a request without the key"
    elif condition.operator.negated:
        why = "it keeps out only what it names"
    elif row(condition.key).note != SAYS_WHO:
        why = row(condition.key).note
    else:
        why = f"it lets in {value}"
    return f"{condition.name} ({why})"


def nobody(policy: Policy, aim: str, alone: Callable[[Statement], bool | None]) -> str:
    """Say why no request was found: what each Allow for everyone is held back by.

    ``alone`` says whether a statement by itself would answer yes; None: that was too long to tell.
    """
    wide = [
        one for one in policy.statements
        if one.allow and (one.not_principals is not None or any(
            p.kind in ("everyone", "wildcard") for p in one.principals or ()
        ))
    ]
    if not any(one.allow for one in policy.statements):
        return f"no statement can {aim}: none is an Allow"
    if not wide:
        return f"no statement can {aim}: each grants only the principals it names"
    told = []
    for one in wide[:3]:
        keys = ", ".join(condition.name for condition in one.conditions)
        by_itself = alone(one)
        if by_itself is None:
            told.append(f"{one.place} gives them nothing")
        elif by_itself:
            told.append(f"what {one.place} grants is denied to them")
        elif keys and alone(replace(one, conditions=())):
            told.append(f"{one.place} is held by its condition on {keys}")
        else:
            told.append(f"{one.place} grants nothing of the kind")
    return f"no statement can {aim}: {'; '.join(told)}"


def gap(found: Found, policy: Policy, what: str) -> str:
    """Say which request no Deny stops."""
    request = found.request
    denies = [one for one in policy.statements if not one.allow]
    by = "anyone" if found.world.kind == ANYONE else who(found)
    text = f"{request.action} on {request.resource} {what} by {by} is not denied"
    if not denies:
        return f"{text}: the policy has no Deny"
    return f"{text} by {_listed(denies)}"


def _listed(statements: Sequence[Statement]) -> str:
    places = [one.place for one in statements[:3]]
    more = f" and {len(statements) - 3} more" if len(statements) > 3 else ""
    return ", ".join(places) + more

