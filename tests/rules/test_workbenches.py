"""Edges of the rules on HyperPod clusters and code repositories."""

import pytest

from auditor.masks import Masker
from auditor.testing import judge

DENIED = "AccessDeniedException"
VPC = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}


def group(name="workers", **more):
    return {"InstanceGroupName": name, "InstanceType": "ml.p5.48xlarge", **more}


def cluster(*groups, **more):
    return {"ClusterName": "pod", "ClusterStatus": "InService", "InstanceGroups": list(groups),
            **more}


CLUSTERS = [
    ("vpc", cluster(group(), VpcConfig=VPC), "pass", ""),
    ("none", cluster(group(), group("head")), "fail", "workers, head"),
    ("empty", cluster(group(), VpcConfig={"Subnets": []}), "fail", "workers"),
    ("blank", cluster(group(), VpcConfig={"Subnets": [""]}), "fail", "workers"),
    ("each_group", cluster(group(OverrideVpcConfig=VPC)), "pass", "of its own"),
    ("one_group_not", cluster(group(OverrideVpcConfig=VPC), group("head")), "fail", "head"),
    ("override_blank", cluster(group(OverrideVpcConfig={"Subnets": [""]})), "fail", "workers"),
    ("override_empty", cluster(group(OverrideVpcConfig={})), "fail", "workers"),
    ("restricted", cluster(RestrictedInstanceGroups=[group("nova")]), "fail", "nova"),
    ("restricted_vpc",
     cluster(RestrictedInstanceGroups=[group("nova", OverrideVpcConfig=VPC)]), "pass", ""),
    ("no_groups", cluster(), "not_applicable", "no instance groups"),
    ("no_groups_vpc", cluster(VpcConfig=VPC), "pass", ""),
    ("pitfall_31_deleting", cluster(group(), ClusterStatus="Deleting"), "not_applicable", ""),
    ("pitfall_31_failed", cluster(group(), ClusterStatus="Failed"), "not_applicable", ""),
    ("updating", cluster(group(), ClusterStatus="Updating"), "fail", ""),
]


@pytest.mark.parametrize(("case", "data", "status", "words"), CLUSTERS,
                         ids=[c[0] for c in CLUSTERS])
def test_cluster_in_vpc(case, data, status, words):
    finding = judge("sagemaker-cluster-in-vpc", data)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message


SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:git-x"
CODECOMMIT = "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/work"


def repository(url="https://github.com/example/work.git", secret=None):
    git = {"RepositoryUrl": url} | ({"SecretArn": secret} if secret is not None else {})
    return {"CodeRepositoryName": "work", "GitConfig": git}


def masked(url):
    return Masker(b"salt").tokens(url)


REPOSITORIES = [
    ("secret", repository(secret=SECRET), "pass", ""),
    ("none", repository(), "fail", "SecretArn is not set"),
    ("blank", repository(secret=""), "fail", "SecretArn is not set"),
    ("codecommit", repository(CODECOMMIT), "not_applicable", "CodeCommit"),
    ("codecommit_fips", repository(CODECOMMIT.replace("commit.", "commit-fips.")),
     "not_applicable", ""),
    ("codecommit_china", repository(CODECOMMIT.replace(".com/", ".com.cn/")), "not_applicable",
     ""),
    ("look_alike", repository(CODECOMMIT.replace(".com/", ".com.example.org/")), "fail", ""),
    ("codecommit_secret", repository(CODECOMMIT, SECRET), "pass", ""),
    ("in_the_address", repository(masked("https://bot:hunter2hunter2@git.example.com/w.git")),
     "fail", "holds credentials"),
    ("in_the_address_too",
     repository(masked("https://bot:hunter2hunter2@git.example.com/w.git"), SECRET), "fail",
     "holds credentials"),
    ("absent", {"CodeRepositoryName": "work"}, "unknown", "GitConfig"),
    ("no_address", repository("", SECRET), "unknown", "RepositoryUrl"),
]


@pytest.mark.parametrize(("case", "data", "status", "words"), REPOSITORIES,
                         ids=[r[0] for r in REPOSITORIES])
def test_code_repository(case, data, status, words):
    finding = judge("sagemaker-code-repository-secret", data)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message
    assert "hunter2" not in finding.message


@pytest.mark.parametrize(("rule", "data", "member"), [
    ("cluster-in-vpc", cluster(group(), VpcConfig=VPC), "VpcConfig"),
    ("cluster-in-vpc", cluster(group(OverrideVpcConfig=VPC)), "InstanceGroups"),
    ("cluster-in-vpc", cluster(group(OverrideVpcConfig=VPC)), "RestrictedInstanceGroups"),
    ("code-repository-secret", repository(secret=SECRET), "GitConfig"),
])
def test_what_was_refused_is_unknown(rule, data, member):
    for refused in (member, ""):
        finding = judge(f"sagemaker-{rule}", data, unseen={refused: DENIED})
        assert finding.status == "unknown" and DENIED in finding.message
