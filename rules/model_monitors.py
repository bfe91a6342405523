"""Monitors of models themselves: the definitions of quality, bias and explainability jobs."""

from __future__ import annotations

from auditor.inventory import Resource
from auditor.kinds import (
    MODEL_BIAS_DEFINITION,
    MODEL_EXPLAINABILITY_DEFINITION,
    MODEL_QUALITY_DEFINITION,
)
from auditor.rule import rule
from auditor.shapes.sagemaker import DescribeModelBiasJobDefinitionResponse as Bias
from auditor.shapes.sagemaker import (
    DescribeModelExplainabilityJobDefinitionResponse as Explainability,
)
from auditor.shapes.sagemaker import DescribeModelQualityJobDefinitionResponse as Quality
from auditor.verdict import Severity, Verdict

from ._controls import NETWORK, TRAFFIC
from ._monitors import ONE, TWO, Run, encrypted, isolated, redefine

_ENCRYPT = ".NetworkConfig.EnableInterContainerTrafficEncryption = true"
_ISOLATE = ".NetworkConfig.EnableNetworkIsolation = true"
_ENCRYPTED = {"NetworkConfig": {"EnableInterContainerTrafficEncryption": True},
              "JobResources": TWO}
_PLAIN = [
    {"NetworkConfig": {"EnableInterContainerTrafficEncryption": False}, "JobResources": TWO},
    {"JobResources": TWO},
]
_ISOLATED = {"NetworkConfig": {"EnableNetworkIsolation": True}, "JobResources": ONE}
_OPEN = [
    {"NetworkConfig": {"EnableNetworkIsolation": False}, "JobResources": ONE},
    {"JobResources": ONE},
]


def _run(definition: Resource[Bias] | Resource[Explainability] | Resource[Quality]) -> Run:
    return Run(definition.data.NetworkConfig, definition.data.JobResources)


# -- traffic between instances


@rule(
    "sagemaker-model-quality-intercontainer-encryption",
    "Instances of a model quality monitor encrypt what they tell each other",
    on=MODEL_QUALITY_DEFINITION,
    severity=Severity.MEDIUM,
    controls=TRAFFIC | {
        "AWS FSBP": ["SageMaker.13"],
        "AWS Config": ["sagemaker-model-quality-job-encrypt-in-transit"],
    },
    fix=redefine("model-quality", _ENCRYPT),
    good=_ENCRYPTED,
    bad=_PLAIN,
)
def quality_traffic(definition: Resource[Quality]) -> Verdict:
    """The monitor joins the model's answers with what turned out to be true, and its instances
    exchange both in the clear unless told otherwise. With one instance there is nobody to talk to
    and nothing to encrypt.
    """
    return encrypted(_run(definition))


@rule(
    "sagemaker-model-bias-intercontainer-encryption",
    "Instances of a bias monitor encrypt what they tell each other",
    on=MODEL_BIAS_DEFINITION,
    severity=Severity.MEDIUM,
    controls=TRAFFIC | {
        "AWS FSBP": ["SageMaker.15"],
        "AWS Config": ["sagemaker-model-bias-job-encrypt-in-transit"],
    },
    fix=redefine("model-bias", _ENCRYPT),
    good=_ENCRYPTED,
    bad=_PLAIN,
)
def bias_traffic(definition: Resource[Bias]) -> Verdict:
    """To look for bias is to look at people's sex, age and origin beside what the model decided
    about them. Instances exchange these records in the clear unless told otherwise. With one
    instance there is nobody to talk to and nothing to encrypt.
    """
    return encrypted(_run(definition))


@rule(
    "sagemaker-model-explainability-intercontainer-encryption",
    "Instances of an explainability monitor encrypt what they tell each other",
    on=MODEL_EXPLAINABILITY_DEFINITION,
    severity=Severity.MEDIUM,
    controls=TRAFFIC | {
        "AWS FSBP": ["SageMaker.10"],
        "AWS Config": ["sagemaker-model-explainability-job-encrypt-in-transit"],
    },
    fix=redefine("model-explainability", _ENCRYPT),
    good=_ENCRYPTED,
    bad=_PLAIN,
)
def explainability_traffic(definition: Resource[Explainability]) -> Verdict:
    """To explain a model the monitor asks it the same question in a thousand variants and spreads
    records and answers over its instances, in the clear unless told otherwise. With one instance
    there is nobody to talk to and nothing to encrypt.
    """
    return encrypted(_run(definition))


# -- isolation


@rule(
    "sagemaker-model-quality-network-isolation",
    "The model quality monitor has no network",
    on=MODEL_QUALITY_DEFINITION,
    severity=Severity.HIGH,
    controls=NETWORK | {
        "AWS FSBP": ["SageMaker.25"],
        "AWS Config": ["sagemaker-model-quality-job-definition-isolation"],
    },
    fix=redefine("model-quality", _ISOLATE),
    good=_ISOLATED,
    bad=_OPEN,
)
def quality_isolated(definition: Resource[Quality]) -> Verdict:
    """The monitor's container, and the scripts that run before and after the analysis, see the
    model's answers and the truth beside each other. In an isolated container they find neither a
    network nor the role's credentials; SageMaker moves the data for them.
    """
    return isolated(_run(definition))


@rule(
    "sagemaker-model-bias-network-isolation",
    "The bias monitor has no network",
    on=MODEL_BIAS_DEFINITION,
    severity=Severity.MEDIUM,
    controls=NETWORK | {
        "AWS FSBP": ["SageMaker.12"],
        "AWS Config": ["sagemaker-model-bias-job-isolation"],
    },
    fix=redefine("model-bias", _ISOLATE),
    good=_ISOLATED,
    bad=_OPEN,
)
def bias_isolated(definition: Resource[Bias]) -> Verdict:
    """A bias monitor works on the most sensitive columns that there are. In an isolated container
    its code finds neither a network nor the role's credentials to send them away with; SageMaker
    moves the data for it.
    """
    return isolated(_run(definition))


@rule(
    "sagemaker-model-explainability-network-isolation",
    "The explainability monitor has no network",
    on=MODEL_EXPLAINABILITY_DEFINITION,
    severity=Severity.HIGH,
    controls=NETWORK | {
        "AWS FSBP": ["SageMaker.20"],
        "AWS Config": ["sagemaker-model-explainability-job-network-isolation"],
    },
    fix=redefine("model-explainability", _ISOLATE),
    good=_ISOLATED,
    bad=_OPEN,
)
def explainability_isolated(definition: Resource[Explainability]) -> Verdict:
    """What explains a model can also copy it: the container holds records, answers and the weight
    of each feature. Isolated, it finds neither a network nor the role's credentials; SageMaker
    moves the data for it.
    """
    return isolated(_run(definition))
