"""IAM Access Analyzer: whether somebody is told when something is shared with outsiders."""

from __future__ import annotations

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import ACCESS_ANALYZER, AccessAnalyzer
from auditor.rule import Sample, rule
from auditor.verdict import Fail, Pass, Severity, Verdict

from ._controls import ACCESS, NIST
from ._use import A_NOTEBOOK, unused

# The zones of trust of external access; analyzers of unused and of internal access have others.
_EXTERNAL = ("ACCOUNT", "ORGANIZATION")
_ARN = "arn:aws:access-analyzer:eu-west-1:111122223333:analyzer/outside"


def _analyzer(kind: str, status: str = "ACTIVE") -> dict[str, object]:
    """Return Access Analyzer of a Region with one analyzer, for the samples."""
    return {"Analyzers": [{"arn": _ARN, "name": "outside", "type": kind, "status": status}]}


@rule(
    "accessanalyzer-external-enabled",
    "An analyzer of external access is on in each Region where ML is used",
    on=ACCESS_ANALYZER,
    severity=Severity.HIGH,
    controls=ACCESS | {
        NIST: ["AC-3", "AC-4", "AC-6", "CA-7", "RA-5"],
        "AWS FSBP": ["IAM.28"],
        "CIS AWS v3.0": ["1.20"],
        "CIS AWS v5.0": ["1.19"],
        "CIS AWS v6.0": ["2.19"],
        "CIS AWS v7.0": ["2.18"],
        "AWS Config": ["iam-external-access-analyzer-enabled"],
    },
    fix="`aws accessanalyzer create-analyzer --analyzer-name outside --type ACCOUNT --region"
    " {region}`. It costs nothing; only analyzers of unused and of internal access do.",
    good=Sample(_analyzer("ACCOUNT"), (A_NOTEBOOK,)),
    bad=[
        Sample({"Analyzers": []}, (A_NOTEBOOK,)),
        Sample(_analyzer("ACCOUNT_UNUSED_ACCESS"), (A_NOTEBOOK,)),
        Sample(_analyzer("ACCOUNT", "DISABLED"), (A_NOTEBOOK,)),
    ],
)
def analyzer_is_on(region: Resource[AccessAnalyzer]) -> Verdict:
    """The analyzer reads the policies of buckets, keys, roles, repositories and functions as they
    change and tells which let in somebody from outside. Without it a data set or a model registry
    that is shared by mistake is found by others first. Analyzers of the organization are told in
    its management or administrator account only; this looks at the account's own.
    """
    nothing = unused(region, region.region)
    if nothing:
        return nothing
    analyzers = region.data.Analyzers
    if analyzers is None:
        raise Unseen(f"the analyzers in {region.region} were not seen")
    external = [one for one in analyzers if one.type in _EXTERNAL]
    if any(one.status == "ACTIVE" for one in external):
        return Pass()
    if external:
        states = ", ".join(f"{one.name} is {one.status}" for one in external)
        return Fail(f"no analyzer of external access is ACTIVE: {states}")
    if any(not one.type for one in analyzers):
        raise Unseen(f"Access Analyzer does not say of what type its analyzers in {region.region}"
                     " are")  # fmt: skip
    others = ", ".join(sorted({one.type or "" for one in analyzers}))
    return Fail("there is no analyzer of external access"
                + (f", only of other types: {others}" if others else ""))  # fmt: skip
