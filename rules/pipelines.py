"""Pipelines: what their steps write."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import PIPELINE
from auditor.rule import rule
from auditor.shapes.sagemaker import DescribePipelineResponse as Pipeline
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._buckets import express
from ._controls import ENCRYPTION
from ._pipelines import Step, definition_of, listed, living, structure, text_of

# Steps whose call has no output of SageMaker's; the SDK's StepTypeEnum has the types.
_WITHOUT_OUTPUT = {
    "Condition", "Fail", "Model", "RegisterModel", "Lambda", "Callback", "EMR", "EMRServerless",
}
_SHOWN = 5


def _definition(*steps: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pipeline of these steps, for the samples."""
    return {"PipelineDefinition": json.dumps({"Version": "2020-12-01", "Steps": steps})}


def _training(**output: str) -> dict[str, Any]:
    """Return a step that trains, for the samples."""
    return {"Name": "train", "Type": "Training", "Arguments": {
        "OutputDataConfig": {"S3OutputPath": "s3://models/fraud", **output}}}


_KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def _outputs(step: Step) -> Iterator[tuple[str, Mapping[str, Any], list[Any]]]:
    """Yield each output of a step: its member, what it says, and where in S3 it goes."""
    arguments = step.arguments
    match step.type:
        case "Training" | "AutoML":
            yield _one(arguments, "OutputDataConfig")
        case "Transform":
            yield _one(arguments, "TransformOutput")
        case "Tuning":
            one = arguments.get("TrainingJobDefinition")
            several = listed(arguments.get("TrainingJobDefinitions"), "TrainingJobDefinitions")
            for definition in several if one is None else [one, *several]:
                yield _one(structure(definition, "a training job definition"), "OutputDataConfig")
            if one is None and not several:
                raise Unseen("the definition names no TrainingJobDefinition")
        case "Processing" | "QualityCheck" | "ClarifyCheck":
            config = structure(
                arguments.get("ProcessingOutputConfig") or {}, "ProcessingOutputConfig"
            )
            places = [structure(one, "an output").get("S3Output")
                      for one in listed(config.get("Outputs"), "Outputs")]
            uris = [structure(one, "S3Output").get("S3Uri") for one in places if one is not None]
            if uris:
                yield "ProcessingOutputConfig", config, uris
        case kind if kind not in _WITHOUT_OUTPUT:
            raise Unseen(f"the step {step.name} is of the type {kind}, whose output this rule does"
                         " not know")


def _one(arguments: Mapping[str, Any], member: str) -> tuple[str, Mapping[str, Any], list[Any]]:
    output = arguments.get(member)
    if output is None:
        raise Unseen(f"the definition names no {member} where one is required")
    config = structure(output, member)
    return member, config, [config.get("S3OutputPath")]


@rule(
    "sagemaker-pipeline-encryption",
    "Steps of the pipeline that write output name a KMS key",
    on=PIPELINE,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION,
    fix="Give each step that the finding names a key where the pipeline is built (`output_kms_key`"
        " of the estimator, processor or transformer in the SDK) and update it, or edit its"
        " definition: `aws sagemaker describe-pipeline --pipeline-name {name} --region {region}"
        " --query PipelineDefinition --output text > definition.json`, set KmsKeyId beside the"
        " output of each step, `aws sagemaker update-pipeline --pipeline-name {name} --region"
        " {region} --pipeline-definition file://definition.json`.",
    good=_definition(_training(KmsKeyId=_KEY_ARN)),
    bad=[_definition(_training()), _definition(_training(KmsKeyId=""))],
)
@living
def outputs_name_keys(pipeline: Resource[Pipeline]) -> Verdict:
    """A pipeline makes the same mistake at every run: what its definition leaves out, no job of its
    has. Without a key of yours features, models and predictions are written with the account's
    default key for S3, which every principal with access to the bucket can use.
    """
    definition = definition_of(pipeline)
    without: list[str] = []
    unseen: Unseen | None = None
    sound = 0
    for step in definition.steps:
        try:
            for member, config, uris in _outputs(step):
                if all(isinstance(uri, str) and express(uri) for uri in uris):
                    continue  # directory buckets take no key
                if text_of(config.get("KmsKeyId"), definition.parameters):
                    sound += 1
                else:
                    without.append(f"{step.name} ({member}.KmsKeyId)")
        except Unseen as why:
            unseen = Unseen(f"the step {step.name} is undecided: {why}")  # another may fail
    if without:
        more = f" and {len(without) - _SHOWN} more" if len(without) > _SHOWN else ""
        return Fail("no customer-managed key is named for the output of "
                    + ", ".join(without[:_SHOWN]) + more)
    if unseen:
        raise unseen
    if not sound:
        return NotApplicable("no step has an output of SageMaker's that takes a key")
    return Pass()
