"""An answer -> one page of it, by the operation's own tokens."""

from __future__ import annotations

import base64

from tests.fakeaws.document import Error

TOKENS = ("NextToken", "nextToken", "Marker")
LIMITS = ("MaxResults", "maxResults", "MaxItems", "limit")


def pages(of, operation):
    """Return how an operation pages: token in, token out, limit, lists, flag; None if it does not.

    botocore has no paginator for some operations whose members show that they page.
    """
    model = of.paginators.get(operation.name)
    if model is None:
        given = operation.input_shape.members if operation.input_shape else {}
        answered = operation.output_shape.members if operation.output_shape else {}
        token = next((t for t in TOKENS if t in given and t in answered), None)
        lists = [n for n, m in answered.items() if m.type_name == "list"]
        if token is None or not lists:
            return None
        limit = next((n for n in LIMITS if n in given), None)
        flag = "IsTruncated" if "IsTruncated" in answered else None
        return token, token, limit, lists, flag
    if isinstance(model["input_token"], list):
        return None  # S3's versions and Route 53, which nobody here asks for
    lists = model["result_key"] if isinstance(model["result_key"], list) else [model["result_key"]]
    token_out = model["output_token"].split(" || ")[0]
    return model["input_token"], token_out, model.get("limit_key"), lists, model.get("more_results")


def page(of, operation, params, whole, most, fault=""):
    """Return the page of ``whole`` that the parameters ask for, of ``most`` items at most.

    ``fault`` may be ``EmptyPage`` (the first page is empty and goes on), ``TokenLoop`` (every
    page names the same next one) or ``EmptyToken`` (the last page carries the token "").
    """
    way = pages(of, operation)
    if way is None:
        return whole
    token_in, token_out, limit, lists, flag = way
    asked = params.get(limit) if limit else None
    if (of.name, operation.name) == ("s3", "ListBuckets") and asked is None:
        return whole  # S3 pages buckets only for those who ask for it
    if of.protocol == "ec2" and any(
        isinstance(value, list) and name != "Filters" for name, value in params.items()
    ):
        return whole  # EC2 does not page what was named by id
    if asked is not None:
        allowed = operation.input_shape.members[limit].metadata.get("max")
        if allowed and int(asked) > allowed:
            raise Error("ValidationException", f"{limit} must be at most {allowed}", 400)
        most = min(most, int(asked))
    start = _start(operation.name, params.get(token_in))
    several = len([n for n in lists if whole.get(n)]) > 1
    items = [(name, item) for name in lists for item in whole.get(name) or ()] if several else (
        next((whole[n] for n in lists if whole.get(n)), ())
    )
    first_and_empty = fault == "EmptyPage" and not params.get(token_in)
    end = start if first_and_empty else start + most
    made = {k: v for k, v in whole.items() if k not in lists}
    for name in lists:
        if name in whole:
            made[name] = (
                [item for its, item in items[start:end] if its == name] if several
                else list(whole[name][start:end])
            )
    goes_on = end < len(items) or first_and_empty or fault == "TokenLoop"
    if goes_on:
        made[token_out] = _token(operation.name, 0 if fault == "TokenLoop" else end)
    elif fault == "EmptyToken":
        made[token_out] = ""
    if flag:
        made[flag] = goes_on
    return made


def _token(name, start):
    return base64.urlsafe_b64encode(f"{name}:{start}".encode()).decode()


def _start(name, token):
    if not token:
        return 0
    try:
        whose, _, start = base64.urlsafe_b64decode(token).decode().partition(":")
        if whose != name:
            raise ValueError(token)
        return int(start)
    except ValueError:
        raise Error("ValidationException", "the pagination token is invalid", 400) from None
