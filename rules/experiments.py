"""Inference experiments: shadow tests of a model on what customers ask another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import INFERENCE_EXPERIMENT, INSTANCE_TYPE, bucket_of
from auditor.rule import Other, Sample, rule
from auditor.shapes.sagemaker import DescribeInferenceExperimentResponse as Experiment
from auditor.verdict import NotApplicable, Pass, Severity, Verdict

from ._buckets import express
from ._controls import ENCRYPTION
from ._instances import storage_of
from ._keys import named
from ._tags import FIX, REQUIRED, TAGGED, tagged

_KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_STORAGE = {"Destination": "s3://shadow/fraud"}
_M5 = Other(INSTANCE_TYPE, {"InstanceType": "m5.xlarge", "InstanceStorageSupported": False})


def _variant(name: str, instance_type: str) -> dict[str, Any]:
    """Return a variant, for the samples."""
    return {
        "ModelName": name, "VariantName": name, "Status": "InService",
        "InfrastructureConfig": {
            "InfrastructureType": "RealTimeInference",
            "RealTimeInferenceConfig": {"InstanceType": instance_type, "InstanceCount": 1},
        },
    }


_VARIANTS = {"ModelVariants": [_variant("live", "ml.m5.xlarge"), _variant("new", "ml.m5.xlarge")]}


@rule(
    "sagemaker-inference-experiment-data-kms",
    "What an inference experiment captures is encrypted with a named KMS key",
    on=INFERENCE_EXPERIMENT,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION | {
        "AWS FSBP": ["SageMaker.24"],
        "AWS Config": ["sagemaker-inf-experiment-data-storage-kms-encrypted"],
    },
    fix="While it is Created or Running: `aws sagemaker update-inference-experiment --name {name}"
        " --region {region} --data-storage-config Destination=s3://BUCKET/PREFIX,KmsKey=KEY_ARN`;"
        " objects captured before keep their old key until they are copied onto themselves. One"
        " that has ended is deleted, `aws sagemaker delete-inference-experiment --name {name}"
        " --region {region}`, and the next begins with the key.",
    good={"DataStorageConfig": _STORAGE | {"KmsKey": _KEY_ARN}},
    bad=[{"DataStorageConfig": _STORAGE}, {"DataStorageConfig": _STORAGE | {"KmsKey": ""}}],
)
def data_key_named(experiment: Resource[Experiment]) -> Verdict:
    """A shadow test copies real requests, and two models' answers to them, into a bucket. A key of
    yours keeps them from those who can read the bucket but have no business with the data, and
    every use of the key is in CloudTrail.
    """
    config = experiment.data.DataStorageConfig
    if config is None:
        return NotApplicable("the experiment captures no data")
    if config.Destination and express(config.Destination):
        return NotApplicable(f"{bucket_of(config.Destination)} is in S3 Express One Zone, for"
                             " which no key can be named")
    return named(config.KmsKey, "DataStorageConfig.KmsKey", "captured requests and answers")


@rule(
    "sagemaker-inference-experiment-instance-kms",
    "The volumes of an inference experiment's instances name a KMS key",
    on=INFERENCE_EXPERIMENT,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION | {
        "AWS FSBP": ["SageMaker.23"],
        "AWS Config": ["sagemaker-inf-experiment-instance-storage-kms-encrypted"],
    },
    fix="The key is settled when the experiment is made. Stop it, `aws sagemaker"
        " stop-inference-experiment --name {name} --region {region} --model-variant-actions"
        " VARIANT=Retain,SHADOW=Remove`, make another with `aws sagemaker"
        " create-inference-experiment --region {region} --name NEW_NAME --kms-key KEY_ARN …`, and"
        " delete this one: `aws sagemaker delete-inference-experiment --name {name} --region"
        " {region}`.",
    good=_VARIANTS | {"KmsKey": _KEY_ARN},
    bad=[Sample(_VARIANTS, (_M5,)), Sample(_VARIANTS | {"KmsKey": ""}, (_M5,))],
)
def instance_key_named(experiment: Resource[Experiment]) -> Verdict:
    """Both models, and what they are asked, lie on the volumes of the instances that host the test.
    Without a key of yours they are encrypted with one that AWS holds, outside your key policies and
    your audit trail. Local NVMe storage is encrypted in hardware, and no key changes that.
    """
    variants = experiment.data.ModelVariants
    if not variants:
        raise Unseen("AWS names no ModelVariants of the experiment")
    hosted = [
        one.InfrastructureConfig and one.InfrastructureConfig.RealTimeInferenceConfig
        for one in variants
    ]
    types = storage_of(experiment, [one.InstanceType if one else None for one in hosted])
    verdict = named(experiment.data.KmsKey, "KmsKey", "the volumes of the experiment's instances")
    if isinstance(verdict, Pass):
        local = f"; it does not encrypt the local NVMe storage of {', '.join(types.local)}"
        return Pass(verdict.because + local) if types.local else verdict
    if types.volumes:
        return verdict
    if types.unseen:
        raise types.unseen[0]
    return NotApplicable(f"{', '.join(types.local)} keep data on local NVMe storage, which is"
                         " encrypted in hardware and takes no key")


@rule(
    "sagemaker-inference-experiment-tagged",
    "The inference experiment carries tags",
    on=INFERENCE_EXPERIMENT,
    severity=Severity.LOW,
    controls=TAGGED | {"AWS Config": ["sagemaker-inferenceexperiment-tagged"]},
    fix=FIX,
    settings=(REQUIRED,),
    good=Sample({"Name": "shadow"}, tags={"team": "fraud"}),
    bad=Sample({"Name": "shadow"}, tags={"aws:cloudformation:stack-name": "ml"}),
)
def experiment_tagged(experiment: Resource[Experiment], required: Iterable[str]) -> Verdict:
    """An experiment keeps a second fleet of instances running beside the first. A tag tells whose
    it is and who pays, and whom to ask whether it may end; access rules by tag need one too. Tags
    that AWS sets by itself say none of that.
    """
    return tagged(experiment, required)
