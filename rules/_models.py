"""What the rules on models share: a model's containers, what uses it, and how one is replaced."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import ENDPOINT_CONFIG, INFERENCE_COMPONENT, TRANSFORM_JOB
from auditor.shapes.sagemaker import ContainerDefinition
from auditor.shapes.sagemaker import DescribeModelOutput as Model
from auditor.verdict import NotApplicable

Container = tuple[str, ContainerDefinition]


def replace(change: str, note: str = "") -> str:
    """Return the fix for a model, which cannot be changed; ``change`` is jq's."""
    return (
        "A model cannot be changed; make another: `aws sagemaker describe-model --model-name {name}"
        " --region {region} | jq 'del(.ModelArn, .CreationTime, .DeploymentRecommendation) |"
        f" .ModelName = \"NEW_NAME\" | {change}' > model.json`, `aws sagemaker create-model"
        " --region {region} --cli-input-json file://model.json`, let endpoints move to it with a"
        " new endpoint configuration, and then `aws sagemaker delete-model --model-name {name}"
        f" --region {{region}}`.{note}"
    )


def containers(model: Resource[Model]) -> list[Container]:
    """Return a model's containers, each with where it stands: one, or those of a pipeline.

    Raises :class:`Unseen` where AWS names none, or one with neither image nor model package: a
    model has one container or several, and each of them one or the other.
    """
    found = list(_containers(model))
    if not found:
        raise Unseen(f"AWS names no container of {model.name}")
    for where, one in found:
        if not (one.Image or one.ModelPackageName):
            raise Unseen(f"AWS names neither Image nor ModelPackageName of {where}")
    return found


def _containers(model: Resource[Model]) -> Iterator[Container]:
    one = model.data.PrimaryContainer
    if one is not None and (one.Image or one.ModelPackageName):
        yield "PrimaryContainer", one
    for number, each in enumerate(model.data.Containers or ()):
        yield f"Containers[{number}]", each


def networked_elsewhere(model: Resource[Model]) -> NotApplicable | None:
    """Return why a model's own network settings do not count, where they do not.

    Endpoints of inference components take isolation and VPC from their configuration
    (CreateEndpointConfig). Serverless inference has neither ("Serverless Inference", "Feature
    exclusions" in the SageMaker developer guide). Where what uses the model was not all seen, its
    own settings count.
    """
    try:
        if model.used_by(TRANSFORM_JOB):
            return None
        configs = model.used_by(ENDPOINT_CONFIG)
        components = model.used_by(INFERENCE_COMPONENT)
    except Unseen:
        return None
    if components and not configs:
        return NotApplicable("only inference components run it, whose network is that of the"
                             " endpoint configuration")
    variants = [
        variant for config in configs
        for variant in (*(config.data.ProductionVariants or ()),
                        *(config.data.ShadowProductionVariants or ()))
        if variant.ModelName == model.name
    ]
    if variants and not components and all(one.ServerlessConfig for one in variants):
        return NotApplicable("only serverless endpoints run it, which have neither a VPC nor"
                             " network isolation")
    return None
