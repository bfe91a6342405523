"""Whether anybody asks if the models are fair, and why they decide as they do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Kind, Resource
from auditor.kinds import (
    ACCOUNT,
    AUTOML_JOB,
    ENDPOINT,
    MODEL,
    MODEL_BIAS_DEFINITION,
    MODEL_EXPLAINABILITY_DEFINITION,
    PROCESSING_JOB,
    TRAINING_JOB,
    Account,
)
from auditor.rule import Other, Sample, rule
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import LENS, NIST, RMF

_MODELS = (MODEL, ENDPOINT, TRAINING_JOB, AUTOML_JOB)
# The repository of AWS's image for Clarify, in an account of AWS's own in each region ("Prebuilt
# SageMaker Clarify Containers" in the developer guide), or copied into one of yours.
_REPOSITORY = "sagemaker-clarify-processing"


def _clarify(image: str | None) -> bool:
    """Tell whether an image is Clarify's."""
    repository = (image or "").partition("@")[0].rpartition("/")[2].partition(":")[0]
    return repository == _REPOSITORY


def _any(account: Resource[Account], kinds: Iterable[Kind[Any]]) -> Resource[Any] | None:
    """Return one resource of these kinds; what was refused matters only where there is none."""
    refused: Unseen | None = None
    for kind in kinds:
        try:
            found = account.all(kind)
        except Unseen as why:
            refused = why
            continue
        if found:
            return found[0]
    if refused:
        raise refused
    return None


def _analysis(account: Resource[Account]) -> str:
    """Return what analyses models for bias or explains them, in words; "" where nothing does."""
    refused: Unseen | None = None
    try:
        monitor = _any(account, (MODEL_BIAS_DEFINITION, MODEL_EXPLAINABILITY_DEFINITION))
        if monitor:
            return f"the monitor {monitor.name}"
    except Unseen as why:
        refused = why
    for job in account.all(PROCESSING_JOB):
        try:
            application = job.data.AppSpecification
            if application and _clarify(application.ImageUri):
                return f"the processing job {job.name}"
        except Unseen as why:
            refused = why
    if refused:
        raise refused
    return ""


@rule(
    "sagemaker-processing-clarify-exists",
    "Models are analysed for bias, or explained",
    on=ACCOUNT,
    severity=Severity.LOW,
    controls={
        RMF: ["MEASURE 2.9", "MEASURE 2.11"], NIST: ["RA-3", "SA-11"], LENS: ["MLSEC03-BP04"],
    },
    fix="Where a model decides about people, run SageMaker Clarify on it: `aws sagemaker"
        " create-processing-job` with the image sagemaker-clarify-processing of the region and an"
        " analysis_config.json that names the columns to be looked at, or a ClarifyCheck step in"
        " the pipeline that registers the model. If another tool does that work, waive it.",
    good=Sample({}, (
        Other(PROCESSING_JOB, {"ProcessingJobName": "clarify-fraud", "AppSpecification": {
            "ImageUri": "131013547314.dkr.ecr.eu-west-1.amazonaws.com/"
                        "sagemaker-clarify-processing:1.0"}}),
    )),
    bad=Sample({}, (Other(MODEL, {"ModelName": "fraud"}),)),
)
def models_explained(account: Resource[Account]) -> Verdict:
    """A model that was never asked whether it treats groups of people alike may well not, and one
    that cannot be explained cannot be defended before a regulator. SageMaker Clarify does both as
    processing jobs and monitors. Not to use it is a decision and no fault, so that this is for
    information only; what other tools do is not seen here.
    """
    if "" in account.unseen:
        raise Unseen(f"the account was not seen: {account.unseen['']}", account.unseen[""])
    analysis = _analysis(account)
    if analysis:
        return Pass(f"{analysis} does")
    model = _any(account, _MODELS)
    if model is None:
        return NotApplicable("there is neither model nor training in the account")
    made = model.data.CreationTime
    since = f", made {made:%Y-%m-%d}," if made else ""
    return Fail("no bias or explainability monitor is defined, and no processing job that SageMaker"
                f" still lists runs Clarify; {model.name}{since} is there", Severity.INFO)
