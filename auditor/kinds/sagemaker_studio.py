"""Studio and notebooks: where people work, under which settings, on which images."""

from __future__ import annotations

from auditor.kind import Kind, Link
from auditor.shapes import sagemaker

from .containers import REPOSITORY
from .files import FILE_SYSTEM, SECRET
from .identity import ROLE
from .network import SECURITY_GROUP, SUBNET, VPC
from .pointing import buckets, keys, owner_of, to

NOTEBOOK_LIFECYCLE = Kind(
    "AWS::SageMaker::NotebookInstanceLifecycleConfig",
    sagemaker.DescribeNotebookInstanceLifecycleConfigOutput,
    secrets=("OnCreate[].Content", "OnStart[].Content"),
)
# The lists of code repositories and app image configs carry whole documents.
CODE_REPOSITORY = Kind(
    "AWS::SageMaker::CodeRepository", sagemaker.DescribeCodeRepositoryOutput,
    lists="ListCodeRepositories", describes="", links=to(SECRET, "GitConfig.SecretArn"),
    secrets=("GitConfig.RepositoryUrl",),
)
NOTEBOOK = Kind(
    "AWS::SageMaker::NotebookInstance", sagemaker.DescribeNotebookInstanceOutput,
    links=(
        *to(ROLE, "RoleArn"), *keys("KmsKeyId"), *to(SUBNET, "SubnetId"),
        *to(SECURITY_GROUP, "SecurityGroups[]"),
        *to(NOTEBOOK_LIFECYCLE, "NotebookInstanceLifecycleConfigName"),
        # either may be the address of a repository instead of the name of ours
        *to(CODE_REPOSITORY, "[DefaultCodeRepository][?@ && !contains(@, '://')]",
            "AdditionalCodeRepositories[?!contains(@, '://')]"),
    ),
    secrets=("DefaultCodeRepository", "AdditionalCodeRepositories"),
)
STUDIO_LIFECYCLE = Kind(
    "AWS::SageMaker::StudioLifecycleConfig", sagemaker.DescribeStudioLifecycleConfigResponse,
    settled="StudioLifecycleConfigName",  # AWS has no call that changes one
    secrets=("StudioLifecycleConfigContent",),
)
STUDIO_IMAGE = Kind(
    "AWS::SageMaker::Image", sagemaker.DescribeImageResponse, foreign=owner_of,
    links=to(ROLE, "RoleArn"),
)
# The image in a version never changes; UpdateImageVersion changes what is said about it. Both the
# list and the description tell when that was last, so by that time a version is known again.
STUDIO_IMAGE_VERSION = Kind(
    "AWS::SageMaker::ImageVersion", sagemaker.DescribeImageVersionResponse, parent=STUDIO_IMAGE,
    foreign=owner_of, id="ImageVersionArn", takes={"Version": "Version"},
    created="LastModifiedTime",
    settled="contains(['CREATED', 'CREATE_FAILED'], ImageVersionStatus)",
    links=(*to(STUDIO_IMAGE, "ImageArn"), *to(REPOSITORY, "BaseImage", "ContainerImage")),
)
APP_IMAGE_CONFIG = Kind(
    "AWS::SageMaker::AppImageConfig", sagemaker.DescribeAppImageConfigResponse, describes="",
    secrets=(
        "JupyterLabAppImageConfig.ContainerConfig.ContainerArguments",
        "JupyterLabAppImageConfig.ContainerConfig.ContainerEntrypoint",
        "JupyterLabAppImageConfig.ContainerConfig.ContainerEnvironmentVariables",
        "CodeEditorAppImageConfig.ContainerConfig.ContainerArguments",
        "CodeEditorAppImageConfig.ContainerConfig.ContainerEntrypoint",
        "CodeEditorAppImageConfig.ContainerConfig.ContainerEnvironmentVariables",
    ),
)


def _spec(at: str) -> tuple[Link, ...]:
    """Return the links of what an app starts from."""
    return (
        *to(STUDIO_IMAGE, f"{at}.SageMakerImageArn"),
        *to(STUDIO_IMAGE_VERSION, f"{at}.SageMakerImageVersionArn"),
        *to(STUDIO_LIFECYCLE, f"{at}.LifecycleConfigArn"),
    )


def _apps(at: str, *apps: str) -> tuple[Link, ...]:
    """Return the links of the settings of several apps, of the members that each has."""
    found: list[Link] = []
    for app in apps:
        here = f"{at}.{app}AppSettings"
        found += _spec(f"{here}.DefaultResourceSpec")
        if app in ("JupyterServer", "KernelGateway", "JupyterLab", "CodeEditor"):
            found += to(STUDIO_LIFECYCLE, f"{here}.LifecycleConfigArns[]")
        if app in ("KernelGateway", "JupyterLab", "CodeEditor", "RSession"):
            found += to(STUDIO_IMAGE, f"{here}.CustomImages[].ImageName")
            found += to(APP_IMAGE_CONFIG, f"{here}.CustomImages[].AppImageConfigName")
        if app in ("JupyterLab", "CodeEditor"):
            found += to(STUDIO_LIFECYCLE, f"{here}.BuiltInLifecycleConfigArn")
        if app == "JupyterLab":
            found += to(ROLE, f"{here}.EmrSettings.AssumableRoleArns[]",
                        f"{here}.EmrSettings.ExecutionRoleArns[]")
    return tuple(found)


def _common(at: str) -> tuple[Link, ...]:
    """Return the links of the settings that users and spaces share."""
    return (
        *to(ROLE, f"{at}.ExecutionRole"), *to(SECURITY_GROUP, f"{at}.SecurityGroups[]"),
        *to(FILE_SYSTEM, f"{at}.CustomFileSystemConfigs[].EFSFileSystemConfig.FileSystemId"),
        *buckets(f"{at}.CustomFileSystemConfigs[].S3FileSystemConfig.S3Uri"),
    )


def _user(at: str) -> tuple[Link, ...]:
    """Return the links of a user's settings."""
    canvas = f"{at}.CanvasAppSettings"
    return (
        *_common(at),
        *_apps(at, "JupyterServer", "KernelGateway", "TensorBoard", "RSession", "JupyterLab",
               "CodeEditor"),
        *buckets(f"{at}.SharingSettings.S3OutputPath",
                 f"{canvas}.WorkspaceSettings.S3ArtifactPath"),
        *keys(f"{at}.SharingSettings.S3KmsKeyId", f"{canvas}.WorkspaceSettings.S3KmsKeyId"),
        *to(SECRET, f"{canvas}.IdentityProviderOAuthSettings[].SecretArn"),
        *to(ROLE, f"{canvas}.TimeSeriesForecastingSettings.AmazonForecastRoleArn",
            f"{canvas}.ModelRegisterSettings.CrossAccountModelRegisterRoleArn",
            f"{canvas}.GenerativeAiSettings.AmazonBedrockRoleArn",
            f"{canvas}.EmrServerlessSettings.ExecutionRoleArn"),
    )


def _urls(at: str) -> tuple[str, ...]:
    """Return the paths to repositories' addresses, which may hold a password."""
    return (f"{at}.JupyterServerAppSettings.CodeRepositories[].RepositoryUrl",
            f"{at}.JupyterLabAppSettings.CodeRepositories[].RepositoryUrl")


_RSTUDIO = "DomainSettings.RStudioServerProDomainSettings"
DOMAIN = Kind(
    "AWS::SageMaker::Domain", sagemaker.DescribeDomainResponse, id="DomainId",
    links=(
        *to(VPC, "VpcId"), *to(SUBNET, "SubnetIds[]"),
        *to(SECURITY_GROUP, "SecurityGroupIdForDomainBoundary",
            "DomainSettings.SecurityGroupIds[]"),
        *keys("KmsKeyId", "HomeEfsFileSystemKmsKeyId"), *to(FILE_SYSTEM, "HomeEfsFileSystemId"),
        *to(ROLE, f"{_RSTUDIO}.DomainExecutionRoleArn"),
        *_spec(f"{_RSTUDIO}.DefaultResourceSpec"),
        *buckets("DomainSettings.UnifiedStudioSettings.ProjectS3Path"),
        *_user("DefaultUserSettings"), *_common("DefaultSpaceSettings"),
        *_apps("DefaultSpaceSettings", "JupyterServer", "KernelGateway", "JupyterLab"),
    ),
    secrets=(*_urls("DefaultUserSettings"), *_urls("DefaultSpaceSettings")),
)


# A name is one domain's own, so these three are called by the domain's id as well.
def _profile(member: str) -> str:
    """Return the path to a user profile's full name, where a document has such a member."""
    return f"DomainId && {member} && join('/', [DomainId, {member}])"


USER_PROFILE = Kind(
    "AWS::SageMaker::UserProfile", sagemaker.DescribeUserProfileResponse,
    id="{DomainId}/{UserProfileName}", links=(*to(DOMAIN, "DomainId"), *_user("UserSettings")),
    secrets=_urls("UserSettings"),
)
SPACE = Kind(
    "AWS::SageMaker::Space", sagemaker.DescribeSpaceResponse, id="{DomainId}/{SpaceName}",
    links=(
        *to(DOMAIN, "DomainId"),
        *to(USER_PROFILE, _profile("OwnershipSettings.OwnerUserProfileName")),
        *_apps("SpaceSettings", "JupyterServer", "KernelGateway"),
        *_spec("SpaceSettings.JupyterLabAppSettings.DefaultResourceSpec"),
        *_spec("SpaceSettings.CodeEditorAppSettings.DefaultResourceSpec"),
        *to(FILE_SYSTEM, "SpaceSettings.CustomFileSystems[].EFSFileSystem.FileSystemId"),
        *buckets("SpaceSettings.CustomFileSystems[].S3FileSystem.S3Uri"),
    ),
    secrets=_urls("SpaceSettings"),
)
# An app is a user's or a space's; for a day after its end it is still listed, as Deleted.
APP = Kind(
    "AWS::SageMaker::App", sagemaker.DescribeAppResponse, keep="Status != 'Deleted'",
    id="{DomainId}/{UserProfileName}{SpaceName}/{AppType}/{AppName}",
    takes={"UserProfileName": "UserProfileName", "SpaceName": "SpaceName"},
    links=(
        *to(DOMAIN, "DomainId"), *to(USER_PROFILE, _profile("UserProfileName")),
        *to(SPACE, _profile("SpaceName")), *_spec("ResourceSpec"),
        *to(STUDIO_LIFECYCLE, "BuiltInLifecycleConfigArn"),
    ),
)
