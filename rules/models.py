"""Models: the network their containers get, where images come from, and what they are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import ENDPOINT_CONFIG, MODEL, bucket_of
from auditor.rule import Other, Sample, rule
from auditor.shapes.sagemaker import DescribeEndpointConfigOutput as EndpointConfig
from auditor.shapes.sagemaker import DescribeModelOutput as Model
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import ATLAS, AVAILABILITY, LENS, NETWORK, NIST, OWASP
from ._models import Container, containers, networked_elsewhere, replace
from ._orphans import fail, fail_model
from ._registries import TRUSTED, distrusted

_SUPPLY = {
    NIST: ["SR-3", "SR-4", "SI-7"], LENS: ["MLSEC05-BP01"], ATLAS: ["AML.T0010"], OWASP: ["ML06"],
}
_IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/serving:v1"
_ONE = {"ModelName": "fraud", "PrimaryContainer": {"Image": _IMAGE}}
_PRIVATE = {"Image": "registry.example.com/serving:v1",
            "ImageConfig": {"RepositoryAccessMode": "Vpc"}}
_PLATFORM = {"Image": _IMAGE, "ImageConfig": {"RepositoryAccessMode": "Platform"}}


# -- network


@rule(
    "sagemaker-model-in-vpc",
    "The model runs in your VPC",
    on=MODEL,
    severity=Severity.MEDIUM,
    controls=NETWORK | {"AWS Config": ["sagemaker-model-in-vpc"]},
    fix=replace('.VpcConfig = {Subnets: ["SUBNET"], SecurityGroupIds: ["SG"]}'),
    good=_ONE | {"VpcConfig": {"Subnets": ["subnet-0a1b2c3d"],
                               "SecurityGroupIds": ["sg-0a1b2c3d"]}},
    bad=_ONE,
)
def in_vpc(model: Resource[Model]) -> Verdict:
    """Without a VPC the containers run in a network of SageMaker's, from which they reach the
    internet past your firewalls and flow logs. A model file or a package in the image that carries
    code can then send away what customers ask, and fetch more.
    """
    vpc = model.data.VpcConfig
    if vpc and any(vpc.Subnets or ()):
        return Pass()
    return networked_elsewhere(model) or fail_model(
        model, "VpcConfig names no subnet: the containers run in SageMaker's network, with internet"
    )


@rule(
    "sagemaker-model-network-isolation",
    "The model's containers have no network",
    on=MODEL,
    severity=Severity.MEDIUM,
    controls=NETWORK | {
        "AWS FSBP": ["SageMaker.5"], "AWS Config": ["sagemaker-model-isolation-enabled"],
    },
    fix=replace(".EnableNetworkIsolation = true", " A model that fetches something when it starts"
                " must carry it in its artifact or image instead."),
    good=_ONE | {"EnableNetworkIsolation": True},
    bad=[_ONE, _ONE | {"EnableNetworkIsolation": False}],
)
def network_isolated(model: Resource[Model]) -> Verdict:
    """Isolated containers find neither a network nor the role's credentials; SageMaker brings the
    artifact in and the answers out. So code in a model file or a package has nowhere to go. A VPC
    beside it is not redundant: it is the way that SageMaker itself takes to the data.
    """
    isolated = model.data.EnableNetworkIsolation
    if isolated:
        return Pass()
    return networked_elsewhere(model) or fail_model(
        model, "EnableNetworkIsolation is"
        f" {'not set' if isolated is None else 'false'}: the containers can call out"
    )


# -- images


def _through_vpc(model: Resource[Model], found: list[Container]) -> Verdict:
    """Judge whether each container's image comes from a registry in the VPC.

    A container made from a model package names no image: the package does.
    """
    imaged = [(where, one) for where, one in found if one.Image]
    if not imaged:
        return NotApplicable("its image is that of a model package")
    modes = [
        (where, one.ImageConfig.RepositoryAccessMode if one.ImageConfig else None)
        for where, one in imaged
    ]
    wrong = [f"{where}.ImageConfig.RepositoryAccessMode is {mode or 'not set'}"
             for where, mode in modes if mode != "Vpc"]
    if wrong:
        return Fail(f"{'; '.join(wrong)}: the image comes from Amazon ECR, past your own registry")
    return Pass()


@rule(
    "sagemaker-model-private-registry-single",
    "The model's image comes from a registry in your VPC",
    on=MODEL,
    severity=Severity.INFO,
    controls=NETWORK | {
        "AWS FSBP": ["SageMaker.16"], "AWS Config": ["sagemaker-model-private-registry-required"],
    },
    fix=replace('.PrimaryContainer |= (.Image = "HOST/NAME@DIGEST" | .ImageConfig ='
                ' {RepositoryAccessMode: "Vpc"})'),
    good={"ModelName": "fraud", "PrimaryContainer": _PRIVATE},
    bad=[_ONE, {"ModelName": "fraud", "PrimaryContainer": _PLATFORM}],
    default=False,
)
def image_through_vpc(model: Resource[Model]) -> Verdict:
    """Some teams must take every image from a registry that they run themselves, inside their VPC.
    The mode Platform means Amazon ECR, private repositories included, and is what most models
    rightly have; so this rule judges only where it is selected.
    """
    found = containers(model)
    if model.data.Containers:
        return NotApplicable("its Containers are judged by sagemaker-model-private-registry-multi")
    return _through_vpc(model, found)


@rule(
    "sagemaker-model-private-registry-multi",
    "Each container's image comes from a registry in your VPC",
    on=MODEL,
    severity=Severity.INFO,
    controls=NETWORK | {
        "AWS FSBP": ["SageMaker.19"],
        "AWS Config": ["sagemaker-model-multicontainer-private-registry"],
    },
    fix=replace('.Containers[] |= (.Image = "HOST/NAME@DIGEST" | .ImageConfig ='
                ' {RepositoryAccessMode: "Vpc"})'),
    good={"ModelName": "fraud", "Containers": [_PRIVATE, _PRIVATE]},
    bad={"ModelName": "fraud", "Containers": [_PRIVATE, _PLATFORM]},
    default=False,
)
def images_through_vpc(model: Resource[Model]) -> Verdict:
    """A pipeline is as closed as its most open container: one image from elsewhere brings code
    from elsewhere into all of it. The mode Platform means Amazon ECR, private repositories
    included, and is what most models rightly have; so this rule judges only where it is selected.
    """
    found = containers(model)
    if not model.data.Containers:
        return NotApplicable("it has one container, judged by"
                             " sagemaker-model-private-registry-single")
    return _through_vpc(model, found)


@rule(
    "sagemaker-model-image-source-trusted",
    "The model's images come from ECR, ours, AWS's or a trusted account's",
    on=MODEL,
    severity=Severity.MEDIUM,
    controls=_SUPPLY,
    fix="Copy the image into a repository of your own: `aws ecr create-repository --region {region}"
    " --repository-name NAME --image-tag-mutability IMMUTABLE`, `docker pull IMAGE`, `docker tag"
    " IMAGE {account}.dkr.ecr.{region}.amazonaws.com/NAME:TAG`, `docker push"
    " {account}.dkr.ecr.{region}.amazonaws.com/NAME:TAG`. " + replace(
        '.PrimaryContainer.Image = "NEW_IMAGE"',
        " In a pipeline it is an item of .Containers. Or, if that registry is meant, put it into"
        " trusted_registries under [rules.sagemaker-model-image-source-trusted] of auditor.toml.",
    ),
    settings=(TRUSTED,),
    good=[
        _ONE,
        {"ModelName": "fraud", "PrimaryContainer": {
            "Image": "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.1-cpu"}},
        Sample(
            {"ModelName": "fraud", "PrimaryContainer": {
                "Image": "444455556666.dkr.ecr.eu-west-1.amazonaws.com/serving:v1"}},
            settings={"trusted_registries": ("444455556666",)},
        ),
    ],
    bad=[
        {"ModelName": "fraud", "PrimaryContainer": {
            "Image": "444455556666.dkr.ecr.eu-west-1.amazonaws.com/serving:v1"}},
        {"ModelName": "fraud", "PrimaryContainer": _PRIVATE},
    ],
)
def image_is_trusted(model: Resource[Model], trusted_registries: Iterable[str]) -> Verdict:
    """Whoever owns the repository of an image decides what code runs with the model's role. An
    image of an account that nobody vouches for, or of a public registry, can be another one
    tomorrow under the same tag. Accounts in which AWS keeps its own images are known.
    """
    imaged = [(where, one.Image) for where, one in containers(model) if one.Image]
    if not imaged:
        return NotApplicable("its image is that of a model package")
    patterns = tuple(trusted_registries)
    wrong = [
        f"{where}.Image comes from {whose}" for where, image in imaged
        if (whose := distrusted(image, model.account, patterns))
    ]
    return fail_model(model, "; ".join(wrong)) if wrong else Pass()


# -- artifacts

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")
_POINT = re.compile(r"arn:[a-z-]+:s3:[a-z0-9-]*:\d{12}:accesspoint[/:][A-Za-z0-9.-]+")


def _malformed(uri: str, whole: bool) -> str:
    """Return what is wrong with an artifact's address, "" where it is well formed.

    ``whole`` is whether a bucket by itself may be named: a prefix under which several models lie.
    """
    if uri.startswith("s3://"):
        rest = uri[5:]
        point = _POINT.match(rest)
        bucket, _, key = rest.partition("/")
        if point:
            bucket, key = point[0], rest[point.end():].lstrip("/")
        elif not _BUCKET.fullmatch(bucket):
            return f"{uri} names no bucket that S3 can have"
    elif uri.startswith("https://"):
        host, _, key = uri[8:].partition("/")
        if not re.search(r"(^|\.)s3[.-].*amazonaws\.com(\.cn)?$", host):
            return f"{uri} is no address of S3's"
        if host.startswith(("s3.", "s3-")):
            key = key.partition("/")[2]
        if not _BUCKET.fullmatch(bucket_of(uri)):
            return f"{uri} names no bucket that S3 can have"
    else:
        return f"{uri} is no address of S3's"
    return "" if key or whole else f"{uri} names a bucket and no object in it"


@rule(
    "sagemaker-model-data-url-valid",
    "The model's artifact is named by a well-formed S3 address",
    on=MODEL,
    severity=Severity.MEDIUM,
    controls=_SUPPLY,
    fix=replace('.PrimaryContainer.ModelDataUrl = "s3://BUCKET/KEY/model.tar.gz"'),
    good=[
        {"ModelName": "fraud", "PrimaryContainer": {
            "Image": _IMAGE, "ModelDataUrl": "s3://models/fraud/model.tar.gz"}},
        {"ModelName": "fraud", "PrimaryContainer": {
            "Image": _IMAGE, "ModelDataSource": {"S3DataSource": {
                "S3Uri": "s3://models/fraud/", "S3DataType": "S3Prefix",
                "CompressionType": "None"}}}},
    ],
    bad={"ModelName": "fraud", "PrimaryContainer": {
        "Image": _IMAGE, "ModelDataUrl": "https://example.com/fraud/model.tar.gz"}},
)
def artifact_is_addressed(model: Resource[Model]) -> Verdict:
    """An address that S3 cannot resolve shows at the worst time: when an endpoint scales out or is
    replaced and the new instance finds no model. One that is not in S3 at all has no owner, no
    policy and no log that this account knows of.
    """
    addresses = []
    for where, one in containers(model):
        if one.ModelDataUrl:
            addresses.append((f"{where}.ModelDataUrl", one.ModelDataUrl, one.Mode == "MultiModel"))
        sources = [(f"{where}.ModelDataSource", one.ModelDataSource)] if one.ModelDataSource else []
        listed = one.AdditionalModelDataSources or ()
        found = [(at, each.S3DataSource) for at, each in sources]
        found += [(f"{where}.AdditionalModelDataSources", each.S3DataSource) for each in listed]
        addresses += [
            (f"{at}.S3DataSource.S3Uri", s3.S3Uri, s3.S3DataType == "S3Prefix")
            for at, s3 in found if s3 and s3.S3Uri
        ]
    if not addresses:
        return NotApplicable("it names no artifact: what it serves lies in the image or the model"
                             " package")
    wrong = [
        f"{where}: {why}" for where, uri, whole in addresses if (why := _malformed(uri, whole))
    ]
    return fail_model(model, "; ".join(wrong)) if wrong else Pass()


# -- configurations without their model

_VARIANT = {"VariantName": "main", "ModelName": "fraud", "InstanceType": "ml.m5.xlarge",
            "InitialInstanceCount": 2}


@rule(
    "sagemaker-model-ghost-reference",
    "The models that an endpoint configuration names exist",
    on=ENDPOINT_CONFIG,
    severity=Severity.HIGH,
    controls=AVAILABILITY | {NIST: ["CM-8", "CP-10", "SI-7"]},
    fix="Make the model anew under the same name, from what is known to be right (`aws sagemaker"
    " create-model --region {region} --model-name MODEL --cli-input-json file://model.json`), or"
    " move each endpoint that uses this configuration to another one: `aws sagemaker"
    " update-endpoint --region {region} --endpoint-name ENDPOINT --endpoint-config-name OTHER`,"
    " then `aws sagemaker delete-endpoint-config --endpoint-config-name {name} --region {region}`.",
    good=Sample(
        {"EndpointConfigName": "fraud", "ProductionVariants": [_VARIANT]},
        (Other(MODEL, {"ModelName": "fraud"}),),
    ),
    bad={"EndpointConfigName": "fraud", "ProductionVariants": [_VARIANT]},
)
def models_exist(config: Resource[EndpointConfig]) -> Verdict:
    """An endpoint whose model was deleted goes on answering until it must replace an instance or
    scale out; then it fails. And a name without a model is a place that whoever may create models
    can fill with another one, which the next deployment of this configuration serves.
    """
    if not config.data.ProductionVariants:
        raise Unseen("AWS names no ProductionVariants of the configuration")
    variants = [*config.data.ProductionVariants, *(config.data.ShadowProductionVariants or ())]
    pools = [pool for variant in variants for pool in variant.InstancePools or ()]
    if not any(v.ModelName for v in variants) and not any(p.ModelNameOverride for p in pools):
        return NotApplicable("its variants serve inference components, not models of their own")
    edges = config.edges(MODEL)
    gone = sorted({edge.value for edge in edges if edge.state == "missing"})
    if gone:
        return fail(config, f"the model {', '.join(gone)} does not exist")
    for edge in edges:
        if edge.state == "unseen":
            raise Unseen(f"the model {edge.value} was not seen: {edge.gap or 'not listed'}",
                         edge.gap)
    return Pass()
