"""What a trail records: of which Region, of management, and of the objects of one bucket."""

from __future__ import annotations

from functools import wraps
from typing import Any

from auditor.inventory import Resource
from auditor.kinds import Trail, account_of
from auditor.shapes.cloudtrail import AdvancedEventSelector, AdvancedFieldSelector
from auditor.verdict import NotApplicable, Verdict

from ._status import Check

NOTHING: frozenset[str] = frozenset()
READ = frozenset({"read"})
WRITE = frozenset({"write"})
BOTH = READ | WRITE
_BY_TYPE = {"All": BOTH, "ReadOnly": READ, "WriteOnly": WRITE}
# Sources that CloudTrail lets a trail leave out because they are loud: EventSelector,
# AdvancedFieldSelector, CloudTrail API Reference.
LOUD = {"kms.amazonaws.com", "rdsdata.amazonaws.com"}


def sample_trail(**more: Any) -> dict[str, Any]:
    """Return a trail as the samples have it."""
    return {
        "Name": "audit",
        "TrailARN": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit",
        "HomeRegion": "eu-west-1",
        "S3BucketName": "audit-logs",
        "IsMultiRegionTrail": True,
        "Status": {"IsLogging": True},
        **more,
    }


def ours(check: Check) -> Check:
    """Make a rule NotApplicable to a trail of another account.

    A member account sees its organization's trails but can neither change them nor look into
    their bucket; they are judged where they belong. Stands between ``@rule`` and the function.
    """

    @wraps(check)
    def judged(trail: Resource[Trail], **settings: Any) -> Verdict:
        owner = account_of(trail.arn)
        if owner and owner != trail.account:
            return NotApplicable(f"the trail belongs to account {owner} and is judged there")
        return check(trail, **settings)

    return judged


def is_logging(trail: Resource[Trail]) -> bool:
    """Tell whether a trail is switched on."""
    status = trail.data.Status
    return bool(status and status.IsLogging)


def reaches(trail: Resource[Trail], region: str) -> bool:
    """Tell whether a trail records what happens in a Region."""
    return bool(trail.data.IsMultiRegionTrail) or region in (trail.region, trail.data.HomeRegion)


def management(trail: Resource[Trail]) -> tuple[frozenset[str], list[str]]:
    """Return which management events a trail records, and the sources it leaves out."""
    selectors = trail.data.Selectors
    if selectors is None:
        return NOTHING, []
    found, without = NOTHING, set()
    for classic in selectors.EventSelectors or []:
        if classic.IncludeManagementEvents:
            found |= _BY_TYPE.get(classic.ReadWriteType or "", NOTHING)
            without |= set(classic.ExcludeManagementEventSources or [])
    for advanced in selectors.AdvancedEventSelectors or []:
        if _category(advanced) != "Management":
            continue
        rest = _fields(advanced, "eventCategory", "readOnly")
        left_out = {source for field in rest for source in field.NotEquals or []}
        if all(_only_not_equals(field, "eventSource") for field in rest) and left_out <= LOUD:
            found |= _directions(advanced)
            without |= left_out
    return found, sorted(without)


def objects(trail: Resource[Trail], bucket_arn: str) -> frozenset[str]:
    """Return which of reads and writes a trail records for every object of a bucket.

    A selector that covers part of a bucket (a prefix, a suffix, some event names) covers
    nothing here. Values are the beginnings of ARNs: ``arn:aws:s3`` and ``arn:aws:s3:::`` mean
    every bucket, ``arn:aws:s3:::name/`` means one.
    """
    selectors = trail.data.Selectors
    if selectors is None:
        return NOTHING
    everything = f"{bucket_arn}/"
    found = NOTHING
    for classic in selectors.EventSelectors or []:
        for resource in classic.DataResources or []:
            if resource.Type == "AWS::S3::Object" and any(
                value and everything.startswith(value) for value in resource.Values or []
            ):
                found |= _BY_TYPE.get(classic.ReadWriteType or "", NOTHING)
    for advanced in selectors.AdvancedEventSelectors or []:
        if _category(advanced) == "Data" and _whole(advanced, everything):
            found |= _directions(advanced)
    return found


def _fields(selector: AdvancedEventSelector, *without: str) -> list[AdvancedFieldSelector]:
    return [f for f in selector.FieldSelectors or [] if f.Field not in without]


def _named(selector: AdvancedEventSelector, field: str) -> list[AdvancedFieldSelector]:
    return [f for f in selector.FieldSelectors or [] if f.Field == field]


def _category(selector: AdvancedEventSelector) -> str:
    return next((v for f in _named(selector, "eventCategory") for v in f.Equals or []), "")


def _directions(selector: AdvancedEventSelector) -> frozenset[str]:
    """Return what the readOnly field leaves; both where there is none."""
    found = BOTH
    for field in _named(selector, "readOnly"):
        values = {value.lower() for value in field.Equals or []}
        found &= (READ if "true" in values else NOTHING) | (WRITE if "false" in values else NOTHING)
    return found


def _only_not_equals(field: AdvancedFieldSelector, name: str) -> bool:
    """Tell whether a field selector leaves out some values of the field ``name``, nothing more."""
    others = (
        field.Equals, field.StartsWith, field.EndsWith, field.NotStartsWith, field.NotEndsWith,
    )  # fmt: skip
    return field.Field == name and not any(others)


def _whole(selector: AdvancedEventSelector, everything: str) -> bool:
    """Tell whether a data selector lets every object event of one bucket through."""
    types = _named(selector, "resources.type")
    if not any("AWS::S3::Object" in (field.Equals or []) for field in types):
        return False
    narrowing = _fields(selector, "eventCategory", "readOnly", "resources.type")
    return all(_admits(field, everything) for field in narrowing)


def _admits(field: AdvancedFieldSelector, everything: str) -> bool:
    """Tell whether one field selector lets every object of a bucket through.

    ``Equals`` names single objects, and so does ``EndsWith`` some; what is left out must lie
    outside the bucket.
    """
    if field.Field == "eventSource":
        return field.Equals == ["s3.amazonaws.com"]
    if field.Field != "resources.ARN" or field.Equals or field.EndsWith or field.NotEndsWith:
        return False
    if field.StartsWith and not any(everything.startswith(value) for value in field.StartsWith):
        return False
    if any(value.startswith(everything) for value in field.NotEquals or []):
        return False
    return not any(
        everything.startswith(value) or value.startswith(everything)
        for value in field.NotStartsWith or []
    )
