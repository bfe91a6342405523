"""Acme's own rules."""

from auditor.inventory import Resource
from auditor.kinds import ENDPOINT_CONFIG, MODEL
from auditor.rule import Other, Sample, Setting, rule
from auditor.shapes.sagemaker import DescribeEndpointConfigOutput, DescribeModelOutput
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

_REGISTRY = "999988887777.dkr.ecr.eu-west-1.amazonaws.com/"
_MODEL = {"ModelName": "scorer", "PrimaryContainer": {"Image": f"{_REGISTRY}scorer:12"}}


@rule(
    "acme-model-registry",
    "Models run images of Acme's registry",
    on=MODEL,
    severity=Severity.HIGH,
    controls={"Acme ML policy": ["7.2"]},
    fix="Copy the image to Acme's registry, create the model again from there, and delete it: "
        "`aws sagemaker delete-model --model-name {name} --region {region}`.",
    good=_MODEL,
    bad={"PrimaryContainer": {"Image": "docker.io/somebody/scorer:latest"}},
    settings=(Setting("registry", _REGISTRY, "What the name of an approved image begins with."),),
)
def approved_registry(model: Resource[DescribeModelOutput], registry: str) -> Verdict:
    """An image from elsewhere was built and scanned by nobody at Acme, and runs with the model's
    role beside customers' data.
    """
    containers = [model.data.PrimaryContainer, *(model.data.Containers or [])]
    images = [c.Image for c in containers if c is not None and c.Image]
    if not images:
        return NotApplicable("the model names no image")
    for image in images:
        if not image.startswith(registry):
            return Fail(f"Image is {image}, not of {registry}")
    return Pass()


@rule(
    "acme-endpoint-config-isolated",
    "Endpoint configurations serve isolated models only",
    on=ENDPOINT_CONFIG,
    severity=Severity.MEDIUM,
    controls={"Acme ML policy": ["7.3"]},
    fix="Create the models again with EnableNetworkIsolation, then an endpoint configuration that "
        "names them, and move the endpoint to it with `aws sagemaker update-endpoint`.",
    good=Sample(
        {"ProductionVariants": [{"ModelName": "scorer", "VariantName": "a"}]},
        (Other(MODEL, {**_MODEL, "EnableNetworkIsolation": True}),),
    ),
    bad=Sample(
        {"ProductionVariants": [{"ModelName": "scorer", "VariantName": "a"}]},
        (Other(MODEL, {**_MODEL, "EnableNetworkIsolation": False}),),
    ),
)
def isolated_models(config: Resource[DescribeEndpointConfigOutput]) -> Verdict:
    """A container without network isolation can send what it is asked, and the credentials of
    its role, to anywhere the network lets it. `to` follows a link; what was not seen is unknown.
    """
    models = config.to(MODEL)
    if not models:
        return NotApplicable("its variants name no model")
    for model in models:
        if not model.data.EnableNetworkIsolation:
            return Fail(f"model {model.name} runs without network isolation")
    return Pass()
