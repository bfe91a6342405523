"""Macie: whether somebody looks for sensitive data where ML data lies."""

from __future__ import annotations

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import BUCKET, MACIE, MACIE_BUCKET, ML, MODEL, Bucket, Macie
from auditor.rule import Other, Sample, rule
from auditor.shapes.macie2 import BucketMetadata
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import LENS, MONITORING, NIST
from ._s3 import USERS, region_of, user_of

_NIST = ["CA-7", "CA-9(1)", "RA-5", "SA-8(19)", "SI-4"]
_LENS = ["MLSEC02-BP01", *MONITORING[LENS]]
_DATA = Other(BUCKET, {"Name": "ml-data"})
_ON = {"Session": {"status": "ENABLED"}}


def _without_data(macie: Resource[Macie]) -> NotApplicable | None:
    """Return why Macie has nothing to look at in its Region: no bucket, and no ML resource.

    One that was seen settles it; where there is none, what was refused raises
    :class:`Unseen`. Buckets come first, for they are few and jobs are many.
    """
    refused: Unseen | None = None
    try:
        buckets = macie.all(BUCKET)
    except Unseen as unseen:
        buckets, refused = [], unseen
    for bucket in buckets:
        try:
            if region_of(bucket) == macie.region:
                return None
        except Unseen as unseen:
            refused = refused or unseen
    for kind in ML:
        try:
            if macie.all(kind, macie.region):
                return None
        except Unseen as unseen:
            refused = refused or unseen
    if refused:
        raise refused
    return NotApplicable(f"no bucket and nothing of SageMaker lies in {macie.region}")


@rule(
    "macie-enabled",
    "Macie is on in each Region that holds ML data",
    on=MACIE,
    severity=Severity.MEDIUM,
    controls={
        NIST: _NIST,
        LENS: _LENS,
        "AWS FSBP": ["Macie.1"],
        "CIS AWS v3.0": ["2.1.3"],
        "CIS AWS v5.0": ["2.1.3"],
        "CIS AWS v6.0": ["3.1.3"],
        "CIS AWS v7.0": ["3.1.3"],
        "AWS Config": ["macie-status-check"],
    },
    fix="`aws macie2 enable-macie --region {region}`, or `aws macie2 update-macie-session --status"
    " ENABLED --region {region}` where it is paused.",
    good=_ON,
    bad=[
        Sample({}, others=(_DATA,)),
        Sample({"Session": {"status": "PAUSED"}}, others=(_DATA,)),
    ],
)
def macie_is_on(macie: Resource[Macie]) -> Verdict:
    """Training data is copied from where it was protected, and people's records come with it.

    Macie looks into the buckets of a Region for names, numbers and credentials, and tells when
    a bucket becomes public or shared. Where it is off, nobody knows what a model was trained
    on until the model repeats it.
    """
    session = macie.data.Session
    if session is not None and session.status == "ENABLED":
        return Pass()
    nothing = _without_data(macie)
    if nothing:
        return nothing
    if session is None:
        return Fail(f"Macie is off in {macie.region}, where buckets or ML resources lie")
    return Fail(f"Session.status is {session.status}: Macie looks at nothing")


@rule(
    "macie-automated-discovery",
    "Macie looks for sensitive data by itself",
    on=MACIE,
    severity=Severity.HIGH,
    controls={
        NIST: _NIST,
        LENS: _LENS,
        "AWS FSBP": ["Macie.2"],
        "AWS Config": ["macie-auto-sensitive-data-discovery-check"],
    },
    fix="`aws macie2 enable-macie --region {region}` where Macie is off, then `aws macie2"
    " update-automated-discovery-configuration --status ENABLED --region {region}`, in the Macie"
    " administrator account if the account belongs to an organization.",
    good=_ON | {"AutomatedDiscovery": {"status": "ENABLED"}},
    bad=[
        Sample(_ON | {"AutomatedDiscovery": {"status": "DISABLED"}}, others=(_DATA,)),
        Sample({}, others=(_DATA,)),
    ],
)
def macie_discovers(macie: Resource[Macie]) -> Verdict:
    """Macie that is on but not told to look only watches permissions.

    Automated discovery samples the objects of every bucket, so a data set with people's records
    shows even where nobody thought of a job for it. Only an administrator or a standalone
    account can be asked; a member account is refused the answer and shows as unknown.
    """
    session = macie.data.Session
    if session is None:
        # Neither a member nor an administrator: Macie would be on in both, so nothing discovers.
        return _without_data(macie) or Fail(
            f"Macie is off in {macie.region}, so nothing there is looked at, by this account or"
            " by an administrator's"
        )
    if session.status != "ENABLED":
        return _without_data(macie) or Fail(
            f"Session.status is {session.status}: discovery stands still"
        )
    discovery = macie.data.AutomatedDiscovery
    if discovery is not None and discovery.status == "ENABLED":
        return Pass()
    status = "absent" if discovery is None else discovery.status
    return _without_data(macie) or Fail(
        f"AutomatedDiscovery.status is {status}: objects are looked at only by jobs that somebody"
        " starts"
    )


_MODEL = Other(MODEL, {"ModelName": "scorer", "PrimaryContainer": {
    "ModelDataUrl": "s3://ml-data/scorer/model.tar.gz"}})
_SESSION = Other(MACIE, _ON)


def _watched(**more: str) -> Other:
    """Return what Macie says of the bucket ``ml-data``, for the samples."""
    return Other(MACIE_BUCKET, {"bucketName": "ml-data", **more})


@rule(
    "s3-bucket-macie-coverage",
    "Macie looks at the objects of a bucket with ML data",
    on=BUCKET,
    severity=Severity.MEDIUM,
    controls={NIST: _NIST, LENS: _LENS},
    fix="Take the bucket off the exclusions of automated discovery: `aws macie2"
    " list-classification-scopes` and `aws macie2 update-classification-scope --id SCOPE_ID --s3"
    " '{\"excludes\": {\"bucketNames\": [\"{name}\"], \"operation\": \"REMOVE\"}}'`, in the Region"
    " {region} and in the Macie administrator account; or start a job that repeats: `aws macie2"
    " create-classification-job --job-type SCHEDULED --region {region} …` that names {name}.",
    good=[
        Sample({"Name": "ml-data"}, (
            _MODEL, _SESSION, _watched(automatedDiscoveryMonitoringStatus="MONITORED"))),
    ],
    bad=[
        Sample({"Name": "ml-data"}, (
            _MODEL, _SESSION, _watched(automatedDiscoveryMonitoringStatus="NOT_MONITORED"))),
        Sample({"Name": "ml-data"}, (_MODEL, Other(MACIE, {}))),
    ],
)  # fmt: skip
def bucket_is_looked_at(bucket: Resource[Bucket]) -> Verdict:
    """That Macie is on says nothing of one bucket: it may be excluded from automated discovery, and
    no job may name it. For the buckets that jobs and models use this is the question whether
    somebody knows which people's records a model is made of.
    """
    used = user_of(bucket, USERS)
    if used is None:
        return NotApplicable("nothing of SageMaker that was seen uses the bucket")
    region = region_of(bucket)
    sessions = bucket.all(MACIE, region)
    if not sessions:
        return NotApplicable(f"the bucket lies in {region}, which was left out of the scan or where"
                             " AWS does not offer Macie")
    if sessions[0].data.Session is None:
        return Fail(f"Macie is off in {region}, though {used.kind.noun} {used.name} uses the"
                    " bucket")
    for told in bucket.used_by(MACIE_BUCKET):
        how = _coverage(told.data)
        if how:
            return Pass(how)
        status = told.data.automatedDiscoveryMonitoringStatus
        return Fail(f"automatedDiscoveryMonitoringStatus is {status} and no job runs on the"
                    f" bucket, though {used.kind.noun} {used.name} uses it")
    raise Unseen(f"Macie says nothing of {bucket.name}")


def _coverage(told: BucketMetadata) -> str:
    """Return how Macie looks at a bucket, "" where it does not."""
    if told.automatedDiscoveryMonitoringStatus == "MONITORED":
        return "automated discovery looks at the bucket"
    jobs = told.jobDetails
    if jobs and (jobs.isMonitoredByJob == "TRUE" or jobs.isDefinedInJob == "TRUE"):
        return "a classification job looks at the bucket"
    return ""
