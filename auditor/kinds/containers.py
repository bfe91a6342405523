"""Where container images come from: repositories, the registry, and the images in use."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from auditor.kind import IN_USE, Kind, Link, Part
from auditor.shape import Shape
from auditor.shapes import ecr

from .storage import KEY

# Source: "Private registry authentication" in the ECR user guide; FIPS hosts are dkr-fips-ecr
# and dkr.ecr-fips, dual-stack hosts end in on.aws.
_HOST = re.compile(
    r"(?P<account>\d{12})[.-]dkr[.-](?:fips[.-])?ecr(?:-fips)?[.-](?P<region>[a-z0-9-]+)\.[a-z0-9.-]+"
)


def _split(uri: str) -> tuple[str, str, str]:
    """Return the host, the repository and the tag or digest of an image's address."""
    host, slash, path = uri.removeprefix("https://").partition("/")
    if not slash or not ("." in host or ":" in host):
        host, path = "docker.io", uri  # what names no host is Docker's
    if "@" in path:
        name, _, version = path.partition("@")
        return host, name.partition(":")[0], version
    name, _, version = path.partition(":")
    return host, name, version


def repository_of(uri: str) -> str:
    """Return an image's address without its tag or digest."""
    host, name, _ = _split(uri)
    return f"{host}/{name}"


def registry_of(uri: str) -> str:
    """Return the account whose ECR registry an image lies in, or which other registry it is."""
    host, _, _ = _split(uri)
    found = _HOST.fullmatch(host)
    return found["account"] if found else f"the registry {host}"


def region_of(uri: str) -> str:
    """Return the region of an image's ECR registry, or "" where it is none."""
    found = _HOST.fullmatch(_split(uri)[0])
    return found["region"] if found else ""


def _which_repository(uri: str) -> dict[str, Any]:
    return {"repositoryNames": [_split(uri)[1]]}


def _which_image(uri: str) -> dict[str, Any]:
    _, name, version = _split(uri)
    by_digest = version.startswith("sha256:")
    wanted = {"imageDigest": version} if by_digest else {"imageTag": version or "latest"}
    return {"repositoryName": name, "imageIds": [wanted]}


class Repository(ecr.Repository):
    """A repository as DescribeRepositories has it, its two policies, and how it is scanned.

    Either policy is None where ECR answers that there is none. ``ScanningConfiguration`` is what
    the registry's scanning rules and the repository's own setting come to.
    """

    Policy: str | None
    LifecyclePolicy: str | None
    ScanningConfiguration: ecr.RepositoryScanningConfiguration | None


REPOSITORY: Kind[Repository] = Kind(
    "AWS::ECR::Repository", Repository, service="ecr", lists="", describes="DescribeRepositories",
    key="repositoryNames", answer="repositories[0]", id="repositoryName", arn="repositoryArn",
    gone=("RepositoryNotFoundException",), canon=repository_of,
    foreign=registry_of, place=region_of, asks=_which_repository,
    parts=(
        Part("Policy", "ecr.GetRepositoryPolicy", "policyText",
             ("RepositoryPolicyNotFoundException",), {"repositoryName": "{name}"}),
        Part("LifecyclePolicy", "ecr.GetLifecyclePolicy", "lifecyclePolicyText",
             ("LifecyclePolicyNotFoundException",), {"repositoryName": "{name}"}),
        Part("ScanningConfiguration", "ecr.BatchGetRepositoryScanningConfiguration",
             "scanningConfigurations[0]", given={"repositoryNames": ["{name}"]}, always=True),
    ),
    links=(Link("encryptionConfiguration.kmsKey", KEY),),
)


class ScanFindings(Shape):
    """What a scan found, in numbers; the findings themselves are not kept."""

    findingSeverityCounts: dict[str, int] | None
    imageScanCompletedAt: datetime | None
    vulnerabilitySourceUpdatedAt: datetime | None


class ScanResult(Shape):
    """The newest scan of an image."""

    imageScanStatus: ecr.ImageScanStatus | None
    imageScanFindings: ScanFindings | None


class Image(ecr.ImageDetail):
    """An image that something here runs; ``Scan`` is None where it was never scanned."""

    Scan: ScanResult | None


IMAGE: Kind[Image] = Kind(
    "AWS::ECR::Image", Image, service="ecr", lists="", describes="DescribeImages",
    key="repositoryName", answer="imageDetails[0]", id="{repositoryName}/{imageDigest}",
    arn="arn:{partition}:ecr:{region}:{account}:repository/{name}",
    gone=("RepositoryNotFoundException", "ImageNotFoundException"),
    foreign=registry_of, place=region_of, asks=_which_image,
    parts=(
        # one finding is the least a page holds; the numbers stand on every page
        Part("Scan", "ecr.DescribeImageScanFindings", "", ("ScanNotFoundException",),
             {"repositoryName": "{repositoryName}", "imageId": {"imageDigest": "{imageDigest}"},
              "maxResults": 1}, pages=False),
    ),
)


class Registry(Shape):
    """The account's registry in a region; ``Policy`` is None where there is none."""

    Policy: str | None
    ScanningConfiguration: ecr.RegistryScanningConfiguration | None


REGISTRY: Kind[Registry] = Kind(
    "AWS::ECR::Registry", Registry, service="ecr", lists="", describes="", single=True,
    arn="arn:{partition}:ecr:{region}:{account}:registry", on_demand=IN_USE,
    parts=(
        Part("Policy", "ecr.GetRegistryPolicy", "policyText",
             ("RegistryPolicyNotFoundException",)),
        Part("ScanningConfiguration", "ecr.GetRegistryScanningConfiguration",
             "scanningConfiguration", always=True),
    ),
)
