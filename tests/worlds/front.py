"""The functions, repositories and Multi-Region Access Points of the account of ``ml``.

``FAILS`` says what is true of them.
"""

from __future__ import annotations

import json

from tests.fakeaws import EMPTY, By, Chosen, Error
from tests.worlds.make import ACCOUNT, ALL_ON, EU, OTHER, SECRET, ago, arn, key_arn, role_arn

HOST = f"{ACCOUNT}.dkr.ecr.{EU}.amazonaws.com"
SOUND, FLAWED = (f"{HOST}/serving-{how}@sha256:{digit * 64}" for how, digit in
                 (("sound", "a"), ("flawed", "b")))
SIGNING = arn("lambda", "code-signing-config:csc-0123456789abcdef0")
_ABSENT = Error("ResourceNotFoundException", "there is none", 404)


def _policy(principal, action, **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": principal, "Action": action, **more}]})


def deployed(variants, image):
    """Return the variants of an endpoint with the image that they run."""
    return [{**one, "DeployedImages": [{"SpecifiedImage": image, "ResolvedImage": image}]}
            for one in variants]


def _function(name, role, **members):
    return {"FunctionName": name, "FunctionArn": arn("lambda", f"function:{name}"),
            "PackageType": "Zip", "Role": role_arn(role), **members}


def _url(auth):
    return {"FunctionUrlConfigs": [{
        "FunctionUrl": f"https://{auth.lower()}.lambda-url.{EU}.on.aws/", "AuthType": auth,
        "FunctionArn": arn("lambda", "function:x"), "CreationTime": "2026-01-01T00:00:00Z",
        "LastModifiedTime": "2026-01-01T00:00:00Z"}]}


LAMBDA = {
    "ListFunctions": {"Functions": [
        _function(  # its role may not call an endpoint by itself, but a variable names one
            "fn-sound", "sound", Runtime="python3.13", TracingConfig={"Mode": "Active"},
            Environment={"Variables": {"ENDPOINT": "e-sound"}}, KMSKeyArn=key_arn("cmk-1"),
            VpcConfig={"VpcId": "vpc-own", "SubnetIds": ["subnet-own", "subnet-own-b"],
                       "SecurityGroupIds": []}),
        _function(
            "fn-flawed", "admin", Runtime="python3.8", TracingConfig={"Mode": "PassThrough"},
            Environment={"Variables": {"PASSWORD": SECRET}}),
        _function(
            "fn-one-zone", "admin", Runtime="python3.13", TracingConfig={"Mode": "Active"},
            VpcConfig={"VpcId": "vpc-own", "SubnetIds": ["subnet-own"], "SecurityGroupIds": []}),
        _function("fn-other", "sound", Runtime="python2.7")]},  # nothing to do with models
    "GetPolicy": By("FunctionName", {
        "fn-flawed": {"Policy": _policy("*", "lambda:InvokeFunctionUrl", Condition={
            "StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}, Resource="*")}}, _ABSENT),
    "ListFunctionUrlConfigs": By("FunctionName", {
        "fn-sound": _url("AWS_IAM"), "fn-flawed": _url("NONE")}, {"FunctionUrlConfigs": []}),
    "GetFunctionConcurrency": By("FunctionName", {
        "fn-flawed": {}}, {"ReservedConcurrentExecutions": 20}),
    "GetFunctionCodeSigningConfig": By("FunctionName", {
        "fn-flawed": Error("CodeSigningConfigNotFoundException", "there is none", 404)}, {
        "FunctionName": "fn-sound", "CodeSigningConfigArn": SIGNING}),
    "GetCodeSigningConfig": {"CodeSigningConfig": {
        "CodeSigningConfigId": "csc-0123456789abcdef0", "CodeSigningConfigArn": SIGNING,
        "AllowedPublishers": {"SigningProfileVersionArns": [
            arn("signer", "/signing-profiles/ml/a1b2c3d4e5")]},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Enforce"},
        "LastModified": "2026-01-01T00:00:00Z"}},
}


def _repository(name, tags, encryption):
    return {"repositoryName": name, "repositoryArn": arn("ecr", f"repository/{name}"),
            "registryId": ACCOUNT, "repositoryUri": f"{HOST}/{name}", "createdAt": ago(300),
            "imageTagMutability": tags, "encryptionConfiguration": encryption}


def _of(name, frequency):
    return {"failures": [], "scanningConfigurations": [{
        "repositoryName": name, "repositoryArn": arn("ecr", f"repository/{name}"),
        "scanOnPush": frequency != "MANUAL", "scanFrequency": frequency}]}


def _image(name, address):
    return {"imageDetails": [{"registryId": ACCOUNT, "repositoryName": name,
                              "imageDigest": address.partition("@")[2], "imagePushedAt": ago(9)}]}


def _scan(name, address, **counts):
    return {"registryId": ACCOUNT, "repositoryName": name,
            "imageId": {"imageDigest": address.partition("@")[2]},
            "imageScanStatus": {"status": "COMPLETE"},
            "imageScanFindings": {"imageScanCompletedAt": ago(1), "findingSeverityCounts": counts}}


_BOTH = ("serving-sound", "serving-flawed")
ECR = {
    "DescribeRepositories": Chosen("repositories", "repositoryNames", "repositoryName", [
        _repository("serving-sound", "IMMUTABLE", {
            "encryptionType": "KMS", "kmsKey": key_arn("cmk-1")}),
        _repository("serving-flawed", "MUTABLE", {"encryptionType": "AES256"}),
    ], Error("RepositoryNotFoundException", "there is none")),
    "GetRepositoryPolicy": By("repositoryName", {
        "serving-flawed": {"policyText": _policy(
            {"AWS": f"arn:aws:iam::{OTHER}:root"}, "ecr:PutImage")},
    }, Error("RepositoryPolicyNotFoundException", "no policy")),
    "GetLifecyclePolicy": By("repositoryName", {
        "serving-sound": {"lifecyclePolicyText": '{"rules": [{"rulePriority": 1}]}'},
    }, Error("LifecyclePolicyNotFoundException", "no lifecycle policy")),
    "BatchGetRepositoryScanningConfiguration": By("repositoryNames", {
        "['serving-sound']": _of("serving-sound", "CONTINUOUS_SCAN"),
        "['serving-flawed']": _of("serving-flawed", "MANUAL")}),
    "DescribeImages": By("repositoryName", {
        name: _image(name, image) for name, image in zip(_BOTH, (SOUND, FLAWED), strict=True)}),
    "DescribeImageScanFindings": By("repositoryName", {
        "serving-sound": _scan("serving-sound", SOUND, LOW=2),
        "serving-flawed": _scan("serving-flawed", FLAWED, HIGH=1)}),
    "*": EMPTY,
}
POINTS = [
    {"Name": name, "Alias": f"{name}.mrap", "CreatedAt": ago(40), "Status": "READY",
     "PublicAccessBlock": block, "Regions": [
         {"Bucket": "ml-data", "Region": EU, "BucketAccountId": ACCOUNT}]}
    for name, block in (("everywhere", ALL_ON), ("open", ALL_ON | {"BlockPublicPolicy": False}))
]
SERVICES = {"lambda": LAMBDA, "ecr": ECR}

FAILS = {
    **{f"lambda-{what}": {"fn-flawed"} for what in (
        "code-signing", "concurrency", "environment-cmk", "environment-secrets", "in-vpc",
        "public-policy", "runtime-supported", "url-auth", "xray")},
    "lambda-multi-az": {"fn-one-zone"},
    "lambda-role-admin": {"fn-flawed", "fn-one-zone"},
    **{f"ecr-{what}": {"serving-flawed"} for what in (
        "cmk-encryption", "image-scanning", "lifecycle-policy", "public-policy",
        "tag-immutability")},
    "ecr-image-vulnerabilities": {"serving-flawed/sha256:" + "b" * 64},
    "s3-multi-region-access-point-public-access-block": {"open.mrap"},
}
