"""HyperPod clusters and code repositories: where large jobs run, and where code comes from."""

from __future__ import annotations

import re

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import CLUSTER, CODE_REPOSITORY
from auditor.rule import rule
from auditor.shapes.sagemaker import DescribeClusterResponse as Cluster
from auditor.shapes.sagemaker import DescribeCodeRepositoryOutput as CodeRepository
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import NETWORK, SECRETS
from ._secrets import secrets_in
from ._status import unless

_VPC = {"Subnets": ["subnet-0a1b2c3d"], "SecurityGroupIds": ["sg-0a1b2c3d"]}
_WORKERS = {"InstanceGroupName": "workers", "InstanceType": "ml.p5.48xlarge", "CurrentCount": 4}


@rule(
    "sagemaker-cluster-in-vpc",
    "The cluster's instances are in your VPC",
    on=CLUSTER,
    severity=Severity.HIGH,
    controls=NETWORK,
    fix="The network of a cluster and of its groups is settled when they are made. Add groups in"
    " your VPC with `aws sagemaker update-cluster --region {region} --cluster-name {name}"
    " --instance-groups file://groups.json` (`OverrideVpcConfig` in each) and drop the others with"
    " `--instance-groups-to-delete GROUP`; or make another cluster, `aws sagemaker create-cluster"
    " --region {region} --vpc-config Subnets=SUBNET,SecurityGroupIds=SG --cli-input-json"
    " file://cluster.json`, and `aws sagemaker delete-cluster --cluster-name {name} --region"
    " {region}`.",
    good=[
        {"ClusterName": "pod", "VpcConfig": _VPC, "InstanceGroups": [_WORKERS]},
        {"ClusterName": "pod", "InstanceGroups": [_WORKERS | {"OverrideVpcConfig": _VPC}]},
    ],
    bad={"ClusterName": "pod", "InstanceGroups": [_WORKERS]},
)
@unless("ClusterStatus", "Deleting", "Failed")
def cluster_in_vpc(cluster: Resource[Cluster]) -> Verdict:
    """A cluster is the largest and longest-lived thing that machine learning runs, and people log
    in to it. Outside your VPC its instances reach the internet past your firewalls and flow logs,
    with the training data mounted. A group may have a VPC of its own instead of the cluster's.
    """
    vpc = cluster.data.VpcConfig
    if vpc and any(vpc.Subnets or ()):
        return Pass()
    groups = [
        *(cluster.data.InstanceGroups or ()), *(cluster.data.RestrictedInstanceGroups or ()),
    ]
    if not groups:
        return NotApplicable("the cluster has no instance groups")
    outside = [
        str(group.InstanceGroupName) for group in groups
        if not (group.OverrideVpcConfig and any(group.OverrideVpcConfig.Subnets or ()))
    ]
    if outside:
        return Fail("VpcConfig names no subnet, nor does OverrideVpcConfig of"
                    f" {', '.join(outside)}: they run in a network of SageMaker's")
    return Pass("each instance group has a VPC of its own")


# CodeCommit is entered with the role's own rights ("Setting up for AWS CodeCommit").
_CODECOMMIT = re.compile(r"https://git-codecommit(-fips)?\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/")


@rule(
    "sagemaker-code-repository-secret",
    "The code repository's credentials lie in Secrets Manager",
    on=CODE_REPOSITORY,
    severity=Severity.MEDIUM,
    controls=SECRETS,
    fix="Put the credentials into a secret, `aws secretsmanager create-secret --region {region}"
    " --name AmazonSageMaker-NAME --secret-string file://credentials.json` (username and password),"
    " and name it: `aws sagemaker update-code-repository --region {region} --code-repository-name"
    " {name} --git-config SecretArn=SECRET_ARN`. If the address held credentials, make the"
    " repository anew without them and revoke them where they were issued.",
    good={"CodeRepositoryName": "work", "GitConfig": {
        "RepositoryUrl": "https://github.com/example/work.git",
        "SecretArn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:AmazonSageMaker-x"}},
    bad={"CodeRepositoryName": "work", "GitConfig": {
        "RepositoryUrl": "https://github.com/example/work.git"}},
)
def credentials_are_kept(repository: Resource[CodeRepository]) -> Verdict:
    """Without a secret, people who need a private repository put a token into the address, the
    notebook or a script, where everyone who opens it reads it and nobody replaces it. A public
    repository needs no credentials, and then runs whatever its owners push. CodeCommit is entered
    with the role's rights.
    """
    git = repository.data.GitConfig
    if git is None:
        raise Unseen(f"AWS names no GitConfig of {repository.name}")
    address = git.RepositoryUrl
    if not address:
        raise Unseen(f"AWS names no GitConfig.RepositoryUrl of {repository.name}")
    held = secrets_in(address)
    if held:
        return Fail(f"GitConfig.RepositoryUrl holds credentials ({held})")
    if git.SecretArn:
        return Pass("GitConfig.SecretArn is set")
    if _CODECOMMIT.match(address):
        return NotApplicable("it is in CodeCommit, which is entered with the role's rights")
    return Fail("GitConfig.SecretArn is not set: the repository is public, or its credentials lie"
                " elsewhere")
