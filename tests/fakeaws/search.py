"""SageMaker's Search: whole documents a hundred at a time, as its index has them.

A record is the resource's description less the members that the record's shape lacks, with its
tags. ``_record`` adds what only a record has, ``_indexed`` says what an index that lags still
believes, ``_unindexed`` that it does not know the resource yet. Source: botocore's SearchRecord.
"""

from __future__ import annotations

import re
from datetime import timedelta

from tests.fakeaws.document import Error
from tests.fakeaws.select import Mapped, Test, moment, select
from tests.fakeaws.service import service

DEPTH = 10_000  # what comes after so many results of one query is not given, without a word
# What Search calls what others call otherwise.
_NOUNS = {"ExperimentTrial": "Trial", "ExperimentTrialComponent": "TrialComponent"}


def search(world, call):
    """Answer a Search; the resource types that have no record are refused aloud."""
    noun = _NOUNS.get(call.params["Resource"], call.params["Resource"])
    shape = service("sagemaker").model.shape_for("SearchRecord").members.get(noun)
    resources = world.declared(call, noun)
    if noun == "TrialComponent":
        resources = [*(resources or ()), *_components(world, call)]
    if shape is None or resources is None:
        raise Error("FakeNotModelled", f"{call} is not in the document", 501)
    tests = _tests(call, call.params.get("SearchExpression") or {})
    found = select(
        resources, [*tests, Test("_unindexed", "NotExists")] if isinstance(resources, list)
        else tests,
        call.params.get("SortBy", "LastModifiedTime"),
        call.params.get("SortOrder", "Descending") == "Descending",
    )
    results = Mapped(found, lambda resource: {noun: record(shape, resource)})
    return {
        "Results": results.first(DEPTH),
        "TotalHits": {"Value": len(found), "Relation": "EqualTo"},
    }


def _components(world, call):
    """Yield the trial components that SageMaker itself makes of processing and transform jobs."""
    detail = service("sagemaker").model.shape_for("TrialComponentSourceDetail")
    for noun in ("ProcessingJob", "TransformJob"):
        for job in world.declared(call, noun) or ():
            name, arn = job[f"{noun}Name"], job[f"{noun}Arn"]
            source = {"SourceArn": arn, "SourceType": f"SageMaker{noun}"}
            kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", noun).lower()
            yield {
                "TrialComponentName": f"{name}-aws-{kind}", "Source": source,
                "TrialComponentArn": arn.replace(f":{kind}/", ":experiment-trial-component/")
                + f"-aws-{kind}",
                "CreationTime": moment(job["CreationTime"]) + timedelta(seconds=2),
                "LastModifiedTime": moment(job["CreationTime"]) + timedelta(seconds=2),
                "_record": {"SourceDetail": {
                    "SourceArn": arn, noun: record(detail.members[noun], job)}},
                **({"_unindexed": True} if "_unindexed" in job else {}),
            }


def record(shape, resource):
    """Return the record of a resource."""
    tags = [{"Key": k, "Value": v} for k, v in resource.get("_tags", {}).items()]
    known = {**resource, "Tags": tags, **resource.get("_indexed", {})}
    if shape.name == "ModelDashboardModel":
        known = {"Model": known}
    return _projected(shape, known) | resource.get("_record", {})


def _projected(shape, value):
    """Return a value without the members that a shape lacks."""
    match shape.type_name:
        case "structure":
            return {
                k: _projected(m, value[k]) for k, m in shape.members.items()
                if value.get(k) is not None
            }
        case "list":
            return [_projected(shape.member, v) for v in value]
        case _:
            return value


def _tests(call, expression):
    if expression.get("NestedFilters") or expression.get("SubExpressions") or (
        expression.get("Operator") == "Or"
    ):
        raise Error("FakeNotModelled", f"{call} asks for more than all of some filters", 501)
    return [
        Test(f["Name"], f.get("Operator", "Equals"), f.get("Value"))
        for f in expression.get("Filters") or ()
    ]
