"""Transform, tuning, AutoML, compilation and human review: the keys and the traffic of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import (
    AUTOML_JOB,
    COMPILATION_JOB,
    FLOW_DEFINITION,
    INSTANCE_TYPE,
    TRANSFORM_JOB,
    TUNING_JOB,
    bucket_of,
)
from auditor.rule import Other, Sample, rule
from auditor.shapes.sagemaker import DescribeAutoMLJobV2Response as AutoMLJob
from auditor.shapes.sagemaker import DescribeCompilationJobResponse as CompilationJob
from auditor.shapes.sagemaker import DescribeFlowDefinitionResponse as FlowDefinition
from auditor.shapes.sagemaker import DescribeHyperParameterTuningJobResponse as TuningJob
from auditor.shapes.sagemaker import DescribeTransformJobResponse as TransformJob
from auditor.shapes.sagemaker import HyperParameterTrainingJobDefinition as Definition
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._buckets import express
from ._controls import ENCRYPTION, TRAFFIC
from ._jobs import replacing
from ._keys import named
from ._status import unless
from ._volumes import training_types, volume_key

_KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_M5 = Other(INSTANCE_TYPE, {"InstanceType": "m5.xlarge", "InstanceStorageSupported": False})
_ON_M5 = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1}


# -- volumes


@rule(
    "sagemaker-transform-volume-kms",
    "The transform job's volumes name a KMS key, where the type takes one",
    on=TRANSFORM_JOB,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION,
    fix=replacing("transform", "transform-job", deletable=False)(
        "set `--transform-resources VolumeKmsKeyId=KEY_ARN,…`"
    ),
    good={"TransformResources": _ON_M5 | {"VolumeKmsKeyId": _KEY_ARN}},
    bad=Sample({"TransformResources": _ON_M5}, (_M5,)),
)
def transform_volume(job: Resource[TransformJob]) -> Verdict:
    """The model and the records that it is run over lie on these volumes. Without a key of yours
    they are encrypted with one that AWS holds, outside your key policies and your audit trail.
    Instance types that keep data on local NVMe encrypt it in hardware and take no key.
    """
    resources = job.data.TransformResources
    if resources is None:
        raise Unseen("AWS names no TransformResources of the job")
    member = "TransformResources.VolumeKmsKeyId"
    return volume_key(job, resources.VolumeKmsKeyId, member, [resources.InstanceType])


def _definitions(job: Resource[TuningJob]) -> list[tuple[str, Definition]]:
    """Return the definitions of the training that a tuning job starts, each with its path."""
    found = [] if job.data.TrainingJobDefinition is None else [
        ("TrainingJobDefinition", job.data.TrainingJobDefinition)
    ]
    found += [
        (f"TrainingJobDefinitions[{i}]", one)
        for i, one in enumerate(job.data.TrainingJobDefinitions or ())
    ]
    if not found:
        raise Unseen("AWS names no TrainingJobDefinition of the job")
    return found


def _clusters(at: str, one: Definition) -> Iterator[tuple[str, str | None, list[str | None]]]:
    """Yield each cluster of a definition: the member with its key, the key, its instance types."""
    if one.ResourceConfig is not None:
        config = one.ResourceConfig
        yield f"{at}.ResourceConfig.VolumeKmsKeyId", config.VolumeKmsKeyId, training_types(config)
    if one.HyperParameterTuningResourceConfig is not None:
        tuned = one.HyperParameterTuningResourceConfig
        types: list[str | None] = [each.InstanceType for each in tuned.InstanceConfigs or ()]
        if tuned.InstanceType:
            types = [tuned.InstanceType]
        member = f"{at}.HyperParameterTuningResourceConfig.VolumeKmsKeyId"
        yield member, tuned.VolumeKmsKeyId, types


@rule(
    "sagemaker-tuning-volume-kms",
    "All training of a tuning job names a KMS key for its volumes",
    on=TUNING_JOB,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION,
    fix=replacing("hyperparameter tuning", "hyper-parameter-tuning-job")(
        "set VolumeKmsKeyId in the ResourceConfig (or HyperParameterTuningResourceConfig) of every"
        " training job definition"
    ),
    good=[
        {"TrainingJobDefinition": {"ResourceConfig": _ON_M5 | {"VolumeKmsKeyId": _KEY_ARN}}},
        {"TrainingJobDefinitions": [
            {"HyperParameterTuningResourceConfig": _ON_M5 | {"VolumeKmsKeyId": _KEY_ARN}}]},
    ],
    bad=[
        Sample({"TrainingJobDefinition": {"ResourceConfig": _ON_M5}}, (_M5,)),
        Sample({"TrainingJobDefinitions": [
            {"HyperParameterTuningResourceConfig": _ON_M5 | {"VolumeKmsKeyId": _KEY_ARN}},
            {"HyperParameterTuningResourceConfig": _ON_M5},
        ]}, (_M5,)),
    ],
)
@unless("HyperParameterTuningJobStatus", "Deleting")
def tuning_volumes(job: Resource[TuningJob]) -> Verdict:
    """A tuning job starts training by the hundred, each with a copy of the data on its volumes and
    with the settings of its definition, not with those of any training job that was checked before.
    Instance types that keep data on local NVMe encrypt it in hardware and take no key.
    """
    verdicts: list[Verdict] = []
    unseen: Unseen | None = None
    for at, one in _definitions(job):
        clusters = list(_clusters(at, one))
        if not clusters:
            unseen = Unseen(f"AWS names no resources of {at}")
        for member, key, types in clusters:
            try:
                verdicts.append(volume_key(job, key, member, types))
            except Unseen as why:
                unseen = why  # another definition may fail for certain
    failed = [verdict.because for verdict in verdicts if isinstance(verdict, Fail)]
    if failed:
        return Fail("; ".join(failed))
    if unseen:
        raise unseen
    return next((verdict for verdict in verdicts if isinstance(verdict, Pass)), verdicts[0])


# -- output


def _output(key: str | None, uri: str | None, member: str, noun: str) -> Verdict:
    """Judge the key of an output in S3; directory buckets take none."""
    if uri and express(uri):
        return NotApplicable(f"{bucket_of(uri)} is in S3 Express One Zone, for which no key can be"
                             " named")
    return named(key, member, noun)


@rule(
    "sagemaker-compilation-output-kms",
    "The compiled model names a KMS key",
    on=COMPILATION_JOB,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION,
    fix=replacing("compilation", "compilation-job")(
        "set `--output-config KmsKeyId=KEY_ARN,S3OutputLocation=s3://BUCKET/PREFIX,…`"
    ),
    good={"OutputConfig": {"S3OutputLocation": "s3://models/edge", "TargetDevice": "ml_c5",
                           "KmsKeyId": _KEY_ARN}},
    bad=[{"OutputConfig": {"S3OutputLocation": "s3://models/edge", "TargetDevice": "ml_c5"}},
         {"OutputConfig": {"S3OutputLocation": "s3://models/edge", "KmsKeyId": ""}}],
)
def compilation_output(job: Resource[CompilationJob]) -> Verdict:
    """The compiled model is the trained one in another form, worth as much to whoever copies it.
    Without a key of yours it is written with the account's default key for S3, which every
    principal with access to the bucket can use.
    """
    output = job.data.OutputConfig
    if output is None:
        raise Unseen("AWS names no OutputConfig of the job")
    return _output(output.KmsKeyId, output.S3OutputLocation, "OutputConfig.KmsKeyId",
                   "the compiled model")


@rule(
    "sagemaker-flow-definition-output-kms",
    "What human reviewers say is written with a named KMS key",
    on=FLOW_DEFINITION,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION,
    fix="A flow definition cannot be changed. Make another with `aws sagemaker"
        " create-flow-definition --region {region} --flow-definition-name NEW_NAME --output-config"
        " S3OutputPath=s3://BUCKET/PREFIX,KmsKeyId=KEY_ARN …` (`aws sagemaker"
        " describe-flow-definition --flow-definition-name {name} --region {region}` tells the"
        " rest), let the application start its human loops with it, and delete this one: `aws"
        " sagemaker delete-flow-definition --flow-definition-name {name} --region {region}`.",
    good={"OutputConfig": {"S3OutputPath": "s3://reviews/out", "KmsKeyId": _KEY_ARN}},
    bad=[{"OutputConfig": {"S3OutputPath": "s3://reviews/out"}},
         {"OutputConfig": {"S3OutputPath": "s3://reviews/out", "KmsKeyId": ""}}],
)
@unless("FlowDefinitionStatus", "Deleting", "Failed")
def review_output(flow: Resource[FlowDefinition]) -> Verdict:
    """What people are asked to look at again is what the model was least sure of: identity cards,
    medical letters, reported pictures. Question and answer are stored together; a key of yours
    keeps them from those who can read the bucket but have no business with them.
    """
    output = flow.data.OutputConfig
    if output is None:
        raise Unseen("AWS names no OutputConfig of the flow definition")
    return _output(output.KmsKeyId, output.S3OutputPath, "OutputConfig.KmsKeyId",
                   "the results of human review")


# -- traffic between instances


def _automl(security: dict[str, Any]) -> dict[str, Any]:
    """Return an AutoML job, for the samples."""
    return {"AutoMLProblemTypeConfigName": "Tabular", "SecurityConfig": security}


@rule(
    "sagemaker-automl-intercontainer-encryption",
    "Instances of an AutoML job encrypt what they tell each other",
    on=AUTOML_JOB,
    severity=Severity.MEDIUM,
    controls=TRAFFIC,
    fix=replacing("AutoML", "auto-ml-job", create="create-auto-ml-job-v2", deletable=False)(
        "set `--security-config EnableInterContainerTrafficEncryption=true,…`"
    ),
    good=_automl({"EnableInterContainerTrafficEncryption": True}),
    bad=[_automl({"EnableInterContainerTrafficEncryption": False}), _automl({}), {}],
)
def automl_traffic(job: Resource[AutoMLJob]) -> Verdict:
    """AutoML tries many models and decides by itself on how many instances; where there are
    several, they exchange training data in the clear unless the job says otherwise. Unlike with
    training jobs nobody can tell beforehand that there will be only one.
    """
    security = job.data.SecurityConfig
    encrypted = security.EnableInterContainerTrafficEncryption if security else None
    if encrypted:
        return Pass()
    word = "not set" if encrypted is None else "false"
    return Fail(f"SecurityConfig.EnableInterContainerTrafficEncryption is {word}: where AutoML"
                " takes several instances, they exchange training data in the clear")
