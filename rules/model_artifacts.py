"""Where models lie: the buckets of their artifacts, and SageMaker's own default bucket."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Edge, Resource
from auditor.kinds import (
    ACCOUNT,
    BUCKET,
    DEFAULT_BUCKET,
    MODEL,
    MODEL_PACKAGE,
    Account,
    bucket_of,
)
from auditor.rule import Other, Sample, rule
from auditor.shapes.sagemaker import DescribeModelOutput as Model
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._buckets import TRUSTED, bucket_behind, trusted
from ._controls import ATLAS, LENS, NETWORK, NIST, OWASP
from ._edges import target
from ._models import containers
from ._s3 import SETTINGS, not_public

_FOUR = ",".join(f"{setting}=true" for setting in SETTINGS)
# Where AWS keeps the models of JumpStart, in each region: its own to publish. Source: "JumpStart"
# in the SageMaker developer guide and the SDK's jumpstart constants.
_OF_AWS = ("jumpstart-cache-prod-{region}", "jumpstart-private-cache-prod-{region}")


def _artifacts(model: Resource[Model]) -> Iterator[Edge | Unseen]:
    """Yield the links to the buckets of a model's artifacts, also those in its model packages.

    Of a package that was not seen comes the reason instead.
    """
    for where in dict.fromkeys(at.partition("[")[0] for at, _ in containers(model)):
        head = "Containers[]" if where == "Containers" else where
        for path in ("ModelDataUrl", "ModelDataSource.S3DataSource.S3Uri",
                     "AdditionalModelDataSources[].S3DataSource.S3Uri"):
            yield from model.edges(BUCKET, f"{head}.{path}")
        for edge in model.edges(MODEL_PACKAGE, f"{head}.ModelPackageName"):
            try:
                package = target(edge, "model package")
                inner = "InferenceSpecification.Containers[]"
                for path in ("ModelDataUrl", "ModelDataSource.S3DataSource.S3Uri",
                             "AdditionalModelDataSources[].S3DataSource.S3Uri"):
                    yield from package.edges(BUCKET, f"{inner}.{path}")
            except Unseen as why:
                yield why


def _model(bucket: str) -> dict[str, Any]:
    return {"ModelName": "fraud", "PrimaryContainer": {
        "Image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/serving:v1",
        "ModelDataUrl": f"s3://{bucket}/fraud/model.tar.gz"}}


def _bucket(principal: str = "") -> tuple[Other, ...]:
    """Return the bucket of the samples, which somebody may read."""
    data: dict[str, Any] = {"Name": "models", "Acl": {"Grants": []}}
    if principal:
        data["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::models/*"}]})
        data["PolicyStatus"] = {"IsPublic": True}
    return (Other(BUCKET, data),)


@rule(
    "sagemaker-model-artifact-bucket-public",
    "The bucket with the model's artifact is not public",
    on=MODEL,
    severity=Severity.CRITICAL,
    controls=NETWORK | {ATLAS: ["AML.T0035", "AML.T0010", "AML.T0018"], OWASP: ["ML05", "ML10"]},
    fix=f"`aws s3api put-public-access-block --bucket BUCKET --public-access-block-configuration"
    f" {_FOUR}`, BUCKET being its name in the finding. Whoever outside must still read the model"
    " gets a statement of the bucket policy that names its account before that.",
    settings=(TRUSTED,),
    good=Sample(_model("models"), _bucket()),
    bad=Sample(_model("models"), _bucket("*")),
)
def artifact_is_private(model: Resource[Model], trusted_buckets: Iterable[str]) -> Verdict:
    """Who can read the artifact has the model: months of work, and whatever it remembers of the
    people it was trained on. Who can write it runs code wherever the model is loaded. Policy, ACL,
    ownership and both levels of block public access are weighed together, as S3 does.
    """
    known = (*trusted_buckets, *(name.format(region=model.region) for name in _OF_AWS))
    unseen: Unseen | None = None
    sound: dict[str, None] = {}
    gone: dict[str, None] = {}
    others: dict[str, None] = {}
    for edge in _artifacts(model):
        if isinstance(edge, Unseen):
            unseen = edge
            continue
        name = bucket_of(edge.value)
        if name in sound or name in gone:
            continue
        if trusted(edge.value, known):
            others[name] = None
            continue
        try:
            bucket = bucket_behind(edge)
            if bucket is None:
                gone[name] = None
                continue
            for write in (False, True):
                verdict = not_public(bucket, write=write)
                if isinstance(verdict, Fail):
                    return Fail(f"the bucket {name}: {verdict.because}")
        except Unseen as why:
            unseen = why  # another bucket may be public for certain
            continue
        sound[name] = None
    if unseen:
        raise unseen
    if sound:
        return Pass(f"{', '.join(sound)} {'is' if len(sound) == 1 else 'are'} not public")
    if gone:
        return NotApplicable(f"the bucket {', '.join(gone)} does not exist")
    if others:
        return NotApplicable(f"the bucket {', '.join(others)} is AWS's or trusted")
    return NotApplicable("it names no artifact: what it serves lies in the image")


_NAME = "sagemaker-eu-west-1-111122223333"


@rule(
    "sagemaker-default-bucket-squatting",
    "SageMaker's default bucket is ours, or nobody has it yet",
    on=ACCOUNT,
    severity=Severity.HIGH,
    controls={NIST: ["AC-4", "SI-7"], LENS: ["MLSEC03-BP02"], ATLAS: ["AML.T0010", "AML.T0025"],
              OWASP: ["ML06"]},
    fix="Name a bucket of your own everywhere (`default_bucket` of the SDK's Session,"
    " `DefaultBucket` in its config.yaml, the artifact location of Studio and Canvas), look in"
    " CloudTrail for what was already sent, and tell AWS about the foreign bucket. In regions in"
    " which nobody has it yet, take the name first: `aws s3api create-bucket --bucket"
    " sagemaker-REGION-{account} --region REGION --create-bucket-configuration"
    " LocationConstraint=REGION` (without the configuration in us-east-1).",
    good=[
        Sample({}, (Other(DEFAULT_BUCKET, {"BucketName": _NAME}), Other(BUCKET, {"Name": _NAME}))),
        Sample({}, (Other(DEFAULT_BUCKET, {"BucketName": _NAME}),)),
    ],
    bad=Sample({}, (
        Other(DEFAULT_BUCKET, {"BucketName": _NAME}),
        Other(BUCKET, {"Name": _NAME}, (_NAME,), owner="444455556666"),
    )),
)
def default_bucket_is_ours(account: Resource[Account]) -> Verdict:
    """Where nobody names a bucket, SageMaker's SDK and Studio take sagemaker-REGION-ACCOUNT, and
    everybody who knows the account's number knows that name. Somebody else may have made it first:
    then training data, code and models go to their bucket, and what they put there is loaded and
    run here. Each region in which machine learning is used is looked at.
    """
    if "" in account.unseen:
        raise Unseen(f"the account was not seen: {account.unseen['']}", account.unseen[""])
    unseen: Unseen | None = None
    foreign: list[str] = []
    ours: list[str] = []
    free: list[str] = []
    for place in account.all(DEFAULT_BUCKET):
        name = place.data.BucketName
        for edge in place.edges(BUCKET, "BucketName"):
            if edge.state == "unseen":
                unseen = Unseen(f"the bucket {name} was not seen: {edge.gap}", edge.gap)
            elif edge.state == "foreign":
                foreign.append(str(name))
            else:
                (ours if edge.state == "here" else free).append(str(name))
    if foreign:
        return Fail(f"another account owns {', '.join(foreign)}: what uses SageMaker's default"
                    " bucket there sends its data to strangers and loads what they put in it")
    if unseen:
        raise unseen
    if not ours and not free:
        return NotApplicable("machine learning is used in no region")
    told = [f"{', '.join(ours)} {'is' if len(ours) == 1 else 'are'} ours"] if ours else []
    told += [f"nobody has {', '.join(free)}"] if free else []
    return Pass("; ".join(told))
