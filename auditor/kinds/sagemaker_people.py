"""Who looks at data: workforces and work teams, and the work that is given to them."""

from __future__ import annotations

from auditor.kind import Kind
from auditor.shapes import sagemaker

from .identity import ROLE
from .network import SECURITY_GROUP, SUBNET
from .pointing import buckets, keys, owner_of, to, vpc
from .sagemaker_serving import MODEL

# The lists of both carry whole documents: the describing calls answer the same structures.
WORKFORCE = Kind(
    "AWS::SageMaker::Workforce", sagemaker.Workforce, describes="", created="CreateDate",
    links=(
        *to(SUBNET, "WorkforceVpcConfig.Subnets[]"),
        *to(SECURITY_GROUP, "WorkforceVpcConfig.SecurityGroupIds[]"),
    ),
    secrets=("OidcConfig.AuthenticationRequestExtraParams",),
)
WORKTEAM = Kind(
    "AWS::SageMaker::Workteam", sagemaker.Workteam, describes="", created="CreateDate",
    foreign=owner_of,  # the public crowd and vendors' teams belong to accounts of AWS's
    links=to(WORKFORCE, "WorkforceArn"),
)
FLOW_DEFINITION = Kind(
    "AWS::SageMaker::FlowDefinition", sagemaker.DescribeFlowDefinitionResponse,
    settled="FlowDefinitionStatus == 'Active'",
    links=(
        *to(ROLE, "RoleArn"), *to(WORKTEAM, "HumanLoopConfig.WorkteamArn"),
        *keys("OutputConfig.KmsKeyId"), *buckets("OutputConfig.S3OutputPath"),
    ),
)
_ENDED = "contains(['Completed', 'Failed', 'Stopped'], LabelingJobStatus)"
_RESOURCES = "LabelingJobAlgorithmsConfig.LabelingJobResourceConfig."
LABELING_JOB = Kind(
    "AWS::SageMaker::LabelingJob", sagemaker.DescribeLabelingJobResponse,
    ended=f"{_ENDED} && LastModifiedTime || `null`", settled=_ENDED,
    links=(
        *to(ROLE, "RoleArn"), *to(WORKTEAM, "HumanTaskConfig.WorkteamArn"),
        *to(MODEL, "LabelingJobAlgorithmsConfig.InitialActiveLearningModelArn",
            "LabelingJobOutput.FinalActiveLearningModelArn"),
        *vpc(_RESOURCES), *keys("OutputConfig.KmsKeyId", f"{_RESOURCES}VolumeKmsKeyId"),
        *buckets("InputConfig.DataSource.S3DataSource.ManifestS3Uri",
                 "OutputConfig.S3OutputPath", "LabelCategoryConfigS3Uri",
                 "HumanTaskConfig.UiConfig.UiTemplateS3Uri"),
    ),
)
