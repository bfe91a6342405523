"""Endpoint configurations: what endpoints run on, and what they keep."""

from __future__ import annotations

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import ENDPOINT_CONFIG, INSTANCE_TYPE, KEY
from auditor.rule import Other, Sample, rule
from auditor.shapes.sagemaker import DescribeEndpointConfigOutput as EndpointConfig
from auditor.shapes.sagemaker import ProductionVariant
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import AVAILABILITY, ENCRYPTION, MONITORING, NETWORK, NIST
from ._instances import storage
from ._keys import customer_managed, named
from ._orphans import fail

_TYPES = tuple(
    f"{variants}.{member}"
    for variants in ("ProductionVariants[]", "ShadowProductionVariants[]")
    for member in ("InstanceType", "InstancePools[].InstanceType")
)
_KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def _replace(change: str, note: str = "") -> str:
    """Return the fix for a configuration, which cannot be changed; ``change`` is jq's."""
    return (
        "An endpoint configuration cannot be changed; make another and let the endpoint move to it:"
        " `aws sagemaker describe-endpoint-config --endpoint-config-name {name} --region {region} |"
        " jq 'del(.EndpointConfigArn, .CreationTime) | .EndpointConfigName = \"NEW_NAME\" |"
        f" {change}' > config.json`, `aws sagemaker create-endpoint-config --region {{region}}"
        " --cli-input-json file://config.json`, for each endpoint that uses this one `aws sagemaker"
        " update-endpoint --region {region} --endpoint-name ENDPOINT --endpoint-config-name"
        " NEW_NAME`, and at last `aws sagemaker delete-endpoint-config --endpoint-config-name"
        f" {{name}} --region {{region}}`.{note}"
    )


def _production(config: Resource[EndpointConfig]) -> list[ProductionVariant]:
    """Return the production variants; a configuration always has one."""
    variants = config.data.ProductionVariants
    if not variants:
        raise Unseen("AWS names no ProductionVariants of the configuration")
    return variants


def _on_instances(variants: list[ProductionVariant]) -> list[ProductionVariant]:
    """Return the variants that run on instances: serverless ones have none to speak of."""
    return [variant for variant in variants if variant.ServerlessConfig is None]


_SERVERLESS = NotApplicable("every variant is serverless")


def _types(variant: ProductionVariant) -> list[str]:
    """Return the instance types of a variant: its one, or those of its pools."""
    pools = [pool.InstanceType for pool in variant.InstancePools or ()]
    types = [variant.InstanceType] if variant.InstanceType else pools
    if not types or not all(types):
        raise Unseen(f"AWS names no InstanceType of the variant {variant.VariantName}")
    return [kind for kind in types if kind]


# -- samples

_TWO = {"VariantName": "main", "ModelName": "fraud", "InstanceType": "ml.m5.xlarge",
        "InitialInstanceCount": 2, "InitialVariantWeight": 1.0}
_NEW = _TWO | {"VariantName": "new", "ModelName": "fraud-2"}
_M5 = Other(INSTANCE_TYPE, {"InstanceType": "m5.xlarge", "InstanceStorageSupported": False})
_COMPONENTS = {"VariantName": "main", "InstanceType": "ml.m5.xlarge", "InitialInstanceCount": 2}
_ROLE_ARN = "arn:aws:iam::111122223333:role/inference"
_CAPTURE = {"EnableCapture": True, "InitialSamplingPercentage": 100,
            "DestinationS3Uri": "s3://capture/fraud",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]}


# -- encryption and capture


@rule(
    "sagemaker-endpoint-config-volume-kms",
    "The endpoint's volumes name a KMS key",
    on=ENDPOINT_CONFIG,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION | {
        "AWS Config": ["sagemaker-endpoint-configuration-kms-key-configured",
                       "sagemaker-endpoint-config-kms-key-required"],
    },
    fix=_replace('.KmsKeyId = "KEY_ARN"'),
    good={"ProductionVariants": [_TWO], "KmsKeyId": _KEY_ARN},
    bad=Sample({"ProductionVariants": [_TWO]}, (_M5,)),
)
def volume_names_key(config: Resource[EndpointConfig]) -> Verdict:
    """The model and what it is asked lie on the volumes of the endpoint's instances. Without a key
    of yours they are encrypted with one that AWS holds, outside your key policies and your audit
    trail. Local NVMe storage is encrypted in hardware, and no key changes that.
    """
    variants = _production(config) + (config.data.ShadowProductionVariants or [])
    hosted = _on_instances(variants)
    if not hosted:
        return _SERVERLESS
    types = storage(config, _TYPES)
    verdict = named(config.data.KmsKeyId, "KmsKeyId", "the volumes of the endpoint")
    if isinstance(verdict, Pass):
        local = f"; it does not encrypt the local NVMe storage of {', '.join(types.local)}"
        return Pass(verdict.because + local) if types.local else verdict
    if config.data.KmsKeyId or types.volumes:
        return fail(config, verdict.because)
    for variant in hosted:
        _types(variant)  # one that AWS left out may well have a volume
    if types.unseen:
        raise types.unseen[0]
    return NotApplicable(f"{', '.join(types.local)} keep data on local NVMe storage, which is"
                         " encrypted in hardware and takes no key")


@rule(
    "sagemaker-endpoint-config-data-capture",
    "The endpoint captures what it is asked and answers",
    on=ENDPOINT_CONFIG,
    severity=Severity.LOW,
    controls=MONITORING,
    fix=_replace(
        '.DataCaptureConfig = {EnableCapture: true, InitialSamplingPercentage: 100,'
        ' DestinationS3Uri: "s3://BUCKET/PREFIX", KmsKeyId: "KEY_ARN", CaptureOptions:'
        ' [{CaptureMode: "Input"}, {CaptureMode: "Output"}]}'
    ),
    good={"ProductionVariants": [_TWO], "DataCaptureConfig": _CAPTURE},
    bad=[
        {"ProductionVariants": [_TWO]},
        {"ProductionVariants": [_TWO], "DataCaptureConfig": _CAPTURE | {"EnableCapture": False}},
    ],
)
def captures(config: Resource[EndpointConfig]) -> Verdict:
    """CloudTrail says that an endpoint was called, not with what. Only captured requests and
    answers show drift, and show afterwards whether somebody was extracting the model or feeding it
    adversarial input. Serverless endpoints cannot capture.
    """
    if not _on_instances(_production(config)):
        return _SERVERLESS
    capture = config.data.DataCaptureConfig
    if capture is None:
        return fail(config, "DataCaptureConfig is not set: no request or answer is kept")
    if capture.EnableCapture is False:
        return fail(config, "DataCaptureConfig.EnableCapture is false: nothing is kept")
    if capture.EnableCapture is None or capture.InitialSamplingPercentage is None:
        raise Unseen("AWS does not say whether DataCaptureConfig is on, and for how many requests")
    if capture.InitialSamplingPercentage <= 0:
        return fail(config, "DataCaptureConfig.InitialSamplingPercentage is 0: capture is on, but"
                            " no request or answer is kept")
    return Pass(f"{capture.InitialSamplingPercentage} % of the requests")


@rule(
    "sagemaker-endpoint-config-data-capture-cmk",
    "Captured requests are encrypted with a key of the customer's",
    on=ENDPOINT_CONFIG,
    severity=Severity.HIGH,
    controls=ENCRYPTION,
    fix=_replace('.DataCaptureConfig.KmsKeyId = "KEY_ARN"',
                 " Objects captured before keep their old key until they are copied onto"
                 " themselves."),
    good=Sample(
        {"ProductionVariants": [_TWO], "DataCaptureConfig": _CAPTURE | {"KmsKeyId": _KEY_ARN}},
        (Other(KEY, {"KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab", "Arn": _KEY_ARN,
                     "KeyManager": "CUSTOMER", "KeyState": "Enabled"}),),
    ),
    bad={"ProductionVariants": [_TWO], "DataCaptureConfig": _CAPTURE},
)
def capture_key_is_ours(config: Resource[EndpointConfig]) -> Verdict:
    """Capture copies what customers send to the model, often personal data, into a bucket. A key of
    yours keeps it from those who can read the bucket but have no business with the data, and every
    use of the key is in CloudTrail.
    """
    capture = config.data.DataCaptureConfig
    if capture is None or capture.EnableCapture is False:
        return NotApplicable("data capture is off")
    if not _on_instances(_production(config)):
        return _SERVERLESS
    if capture.EnableCapture is None:
        raise Unseen("AWS does not say whether DataCaptureConfig is on")
    verdict: Pass | Fail = named(
        capture.KmsKeyId, "DataCaptureConfig.KmsKeyId", "captured requests and answers"
    )
    if isinstance(verdict, Pass):
        verdict = customer_managed(config, "DataCaptureConfig.KmsKeyId", "captured data")
    return verdict if isinstance(verdict, Pass) else fail(config, verdict.because)


# -- network of inference components


def _serves_components(config: Resource[EndpointConfig]) -> bool:
    """Tell whether the endpoint serves inference components, not models of its own.

    Then, and only then, role, isolation and VPC are the configuration's; else they are the
    models' (CreateEndpointConfig).
    """
    return bool(config.data.ExecutionRoleArn) or any(
        not variant.ModelName and not any(p.ModelNameOverride for p in variant.InstancePools or ())
        for variant in _production(config)
    )


_MODELS = NotApplicable("the network settings are those of the models that the variants name")


@rule(
    "sagemaker-endpoint-config-in-vpc",
    "An endpoint of inference components is in your VPC",
    on=ENDPOINT_CONFIG,
    severity=Severity.HIGH,
    controls=NETWORK,
    fix=_replace('.VpcConfig = {Subnets: ["SUBNET"], SecurityGroupIds: ["SG"]}'),
    good={"ProductionVariants": [_COMPONENTS], "ExecutionRoleArn": _ROLE_ARN,
          "VpcConfig": {"Subnets": ["subnet-0a1b2c3d"], "SecurityGroupIds": ["sg-0a1b2c3d"]}},
    bad={"ProductionVariants": [_COMPONENTS], "ExecutionRoleArn": _ROLE_ARN},
)
def in_vpc(config: Resource[EndpointConfig]) -> Verdict:
    """Containers of inference components take their network from the endpoint configuration.
    Without a VPC there they run in SageMaker's network with a way to the internet that no security
    group, flow log or endpoint policy of yours governs.
    """
    if not _serves_components(config):
        return _MODELS
    vpc = config.data.VpcConfig
    if vpc and vpc.Subnets:
        return Pass()
    return fail(config, "VpcConfig names no subnet: the inference components run in SageMaker's"
                        " network, with internet")


@rule(
    "sagemaker-endpoint-config-network-isolation",
    "An endpoint of inference components has no network",
    on=ENDPOINT_CONFIG,
    severity=Severity.HIGH,
    controls=NETWORK,
    fix=_replace(".EnableNetworkIsolation = true"),
    good={"ProductionVariants": [_COMPONENTS], "ExecutionRoleArn": _ROLE_ARN,
          "EnableNetworkIsolation": True},
    bad=[
        {"ProductionVariants": [_COMPONENTS], "ExecutionRoleArn": _ROLE_ARN},
        {"ProductionVariants": [_COMPONENTS], "ExecutionRoleArn": _ROLE_ARN,
         "EnableNetworkIsolation": False},
    ],
)
def network_isolated(config: Resource[EndpointConfig]) -> Verdict:
    """A model file can carry code, and inference containers carry many packages. Isolated, they
    find neither a network nor the role's credentials, so nothing that they are asked can be sent
    on. For inference components the endpoint configuration decides it, not the model.
    """
    if not _serves_components(config):
        return _MODELS
    isolated = config.data.EnableNetworkIsolation
    if isolated:
        return Pass()
    return fail(config, "EnableNetworkIsolation is"
                        f" {'not set' if isolated is None else 'false'}: the containers can call"
                        " out")


# -- capacity and rollout


@rule(
    "sagemaker-endpoint-config-instance-count",
    "Every production variant starts with two instances or more",
    on=ENDPOINT_CONFIG,
    severity=Severity.MEDIUM,
    controls=AVAILABILITY | {
        "AWS FSBP": ["SageMaker.4"],
        "AWS Config": ["sagemaker-endpoint-config-prod-instance-count"],
    },
    fix=_replace("(.ProductionVariants[] | select(has(\"ServerlessConfig\") | not) |"
                 " .InitialInstanceCount) |= ([., 2] | max)",
                 " Let the minimum of auto scaling be 2 as well."),
    good={"ProductionVariants": [_TWO]},
    bad={"ProductionVariants": [_TWO | {"InitialInstanceCount": 1}]},
)
def two_instances(config: Resource[EndpointConfig]) -> Verdict:
    """SageMaker spreads the instances of a variant over Availability Zones, which takes two. With
    one, the endpoint is down whenever that instance or its zone fails, and while it is replaced.
    """
    hosted = _on_instances(_production(config))
    if not hosted:
        return _SERVERLESS
    counts = {variant.VariantName: _least(variant) for variant in hosted}
    few = [f"{name} ({count})" for name, count in counts.items() if count is not None and count < 2]
    if few:
        return fail(config, "production variants that start with fewer than two instances:"
                            f" {', '.join(few)}")
    unknown = [str(name) for name, count in counts.items() if count is None]
    if unknown:
        raise Unseen(f"AWS names no InitialInstanceCount of the variant {', '.join(unknown)}")
    return Pass()


def _least(variant: ProductionVariant) -> int | None:
    """Return how many instances a variant starts with; None where AWS does not say.

    Managed scaling never goes below its own minimum, and may stand in for the initial count.
    """
    scaling = variant.ManagedInstanceScaling
    managed = scaling.MinInstanceCount if scaling and scaling.Status == "ENABLED" else None
    known = [n for n in (variant.InitialInstanceCount, managed) if n is not None]
    return max(known) if known else None


@rule(
    "sagemaker-endpoint-config-instance-type-consistent",
    "Variants of one endpoint run on the same instance type",
    on=ENDPOINT_CONFIG,
    severity=Severity.LOW,
    controls=AVAILABILITY,
    fix=_replace('.ProductionVariants[].InstanceType = "TYPE"'),
    good={"ProductionVariants": [_TWO, _NEW]},
    bad={"ProductionVariants": [_TWO, _NEW | {"InstanceType": "ml.m5.4xlarge"}]},
)
def same_type(config: Resource[EndpointConfig]) -> Verdict:
    """Variants beside each other are there to be compared or to stand in for each other. On
    different hardware latency and errors differ for reasons that are not the model's, and the
    smaller one may not carry the traffic when it is shifted there.
    """
    hosted = _on_instances(_production(config))
    if len(hosted) < 2:
        return NotApplicable("there are no two production variants on instances")
    kinds = {variant.VariantName: ", ".join(sorted(set(_types(variant)))) for variant in hosted}
    if len(set(kinds.values())) == 1:
        return Pass()
    said = "; ".join(f"{name} on {types}" for name, types in kinds.items())
    return fail(config, f"the production variants run on different instance types: {said}")


@rule(
    "sagemaker-endpoint-config-variant-weights",
    "Every production variant gets traffic",
    on=ENDPOINT_CONFIG,
    severity=Severity.LOW,
    controls=AVAILABILITY,
    fix=_replace(
        '.ProductionVariants |= map(select(.InitialVariantWeight > 0))',
        " Keep a variant that is to get traffic and give it a weight instead; one that is only to"
        " be watched belongs into ShadowProductionVariants. The running endpoint's weights change"
        " with `aws sagemaker update-endpoint-weights-and-capacities`."
    ),
    good={"ProductionVariants": [_TWO, _NEW | {"InitialVariantWeight": 0.1}]},
    bad={"ProductionVariants": [_TWO, _NEW | {"InitialVariantWeight": 0.0}]},
)
def every_variant_weighs(config: Resource[EndpointConfig]) -> Verdict:
    """A variant of weight 0 beside others gets no request unless a caller names it: it costs its
    instances, its monitoring shows nothing, and people believe that a model is in use or being
    tried which is not.
    """
    variants = _production(config)
    if len(variants) < 2:
        return NotApplicable("there is one production variant, which gets all traffic")
    idle = [str(v.VariantName) for v in variants if v.InitialVariantWeight == 0]
    if idle:
        return fail(config, f"InitialVariantWeight of {', '.join(idle)} is 0: no traffic goes"
                            " there")
    unknown = [str(v.VariantName) for v in variants if v.InitialVariantWeight is None]
    if unknown:
        raise Unseen(f"AWS names no InitialVariantWeight of {', '.join(unknown)}")
    return Pass()


@rule(
    "sagemaker-endpoint-config-safe-rollout",
    "A new model is tried beside the old one",
    on=ENDPOINT_CONFIG,
    severity=Severity.INFO,
    controls={NIST: ["CM-3", "SA-11"], "NIST AI RMF": ["MEASURE 2.5"]},
    fix=_replace(
        '.ShadowProductionVariants = [.ProductionVariants[0] | .VariantName = "shadow" |'
        ' .ModelName = "NEW_MODEL"]',
        " This is for the next change of the model: requests are copied to the shadow, whose"
        " answers nobody gets."
    ),
    good=[
        {"ProductionVariants": [_TWO], "ShadowProductionVariants": [_NEW]},
        {"ProductionVariants": [_TWO, _NEW]},
    ],
    bad={"ProductionVariants": [_TWO]},
)
def tried_beside(config: Resource[EndpointConfig]) -> Verdict:
    """With one variant a new model takes all traffic at once, and is judged by the customers it
    fails. A second production variant takes a share of it, a shadow variant only copies. How the
    endpoint is updated (blue/green, rolling) is decided with each update and is not seen here.
    """
    variants = _production(config)
    if not _on_instances(variants):
        return _SERVERLESS
    if _serves_components(config):
        return NotApplicable("models come and go as inference components, not as variants")
    if len(variants) > 1 or config.data.ShadowProductionVariants:
        return Pass()
    return fail(config, f"{variants[0].VariantName} is the only variant and there is no shadow"
                        " variant: a new model would take all traffic at once")
