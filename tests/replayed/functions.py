"""Lambda: functions."""

from auditor.kinds import ROLE as ROLE_KIND
from auditor.kinds import SUBNET
from auditor.rule import Other
from tests.replayed import differs, none, replay, row
from tests.replayed.keys import KEY_ARN, OWN_KEY
from tests.replayed.policies import policy

ROLE = "arn:aws:iam::111122223333:role/f"
# ours judges the functions that may call a model, and so needs to see what this one may do
CALLS_A_MODEL = Other(ROLE_KIND, {
    "RoleName": "f", "Arn": ROLE, "AttachedManagedPolicies": [],
    "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": {
        "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": "*"}]}}]})
ARN = "arn:aws:lambda:eu-west-1:111122223333:function:f"


def plain():
    return {"FunctionName": "f", "FunctionArn": ARN, "PackageType": "Zip", "Role": ROLE}


SUBNETS = tuple(
    Other(SUBNET, {"SubnetId": f"subnet-{name}", "VpcId": "vpc-1",
                   "AvailabilityZone": f"eu-west-1{zone}"})
    for name, zone in (("a", "a"), ("b", "b"), ("c", "a")))


def inside(*subnets):
    return {"VpcConfig": {"VpcId": "vpc-1", "SubnetIds": list(subnets),
                          "SecurityGroupIds": ["sg-1"]}}


def url(auth):
    return {"FunctionUrlConfigs": [{
        "FunctionUrl": "https://f.lambda-url.eu-west-1.on.aws/", "FunctionArn": ARN,
        "AuthType": auth}]}


def function(principal, **condition):
    return {**plain(),
            "Policy": policy("lambda:InvokeFunction", principal, ARN, **condition)}


REPLAYS = [
    replay(
        "awslambda_function_not_publicly_accessible", "lambda-public-policy",
        none(),
        differs("anyone, with aws:SourceArn the function itself",
                function("*", ArnLike=("AWS:SourceArn", ARN)), "fail", "pass", "AWS",
                "Only a service that acts for a resource sends aws:SourceArn, and here it must act"
                " for the function itself; whoever calls by himself sends none.", CALLS_A_MODEL),
        row("the account itself, with aws:SourceArn the function itself", function(
            {"AWS": "arn:aws:iam::111122223333:root"}, ArnLike=("AWS:SourceArn", ARN)),
            "pass", CALLS_A_MODEL),
        row("any canonical user", function({"CanonicalUser": ["*"]}), "fail", CALLS_A_MODEL),
    ),
    replay(
        "awslambda_function_url_public", "lambda-url-auth",
        none(),
        row("a URL for everyone", plain() | url("NONE"), "fail", CALLS_A_MODEL),
        row("a URL for IAM's callers", plain() | url("AWS_IAM"), "pass", CALLS_A_MODEL),
    ),
    replay(
        "awslambda_function_inside_vpc", "lambda-in-vpc",
        none(),
        row("in a VPC", plain() | {"VpcConfig": {
            "VpcId": "vpc-1", "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}, "pass",
            CALLS_A_MODEL),
        row("in no VPC", plain(), "fail", CALLS_A_MODEL),
    ),
    replay(
        "awslambda_function_vpc_multi_az", "lambda-multi-az",
        none(),
        differs("in no VPC", plain(), "fail", "not_applicable", "AWS",
                "Outside a VPC Lambda itself runs the function in several zones.", CALLS_A_MODEL),
        row("one subnet", plain() | inside("subnet-a"), "fail", CALLS_A_MODEL, *SUBNETS),
        row("two subnets in two zones", plain() | inside("subnet-a", "subnet-b"), "pass",
            CALLS_A_MODEL, *SUBNETS),
        row("two subnets in one zone", plain() | inside("subnet-a", "subnet-c"), "fail",
            CALLS_A_MODEL, *SUBNETS),
    ),
    replay(
        "awslambda_function_using_supported_runtimes", "lambda-runtime-supported",
        none(),
        row("nodejs4.3", plain() | {"Runtime": "nodejs4.3"}, "fail", CALLS_A_MODEL),
        differs("python3.9", plain() | {"Runtime": "python3.9"}, "pass", "fail", "AWS",
                "AWS ended its support in December 2025; the other test's list is older.",
                CALLS_A_MODEL),
        row("an image, without a runtime", plain() | {"PackageType": "Image"}, "none",
            CALLS_A_MODEL, ours="not_applicable"),
    ),
    replay(
        "awslambda_function_env_vars_not_encrypted_with_cmk", "lambda-environment-cmk",
        none(),
        differs("no variable", plain(), "pass", "not_applicable", "wording",
                "There is nothing to encrypt.", CALLS_A_MODEL),
        row("a variable, no key", plain() | {"Environment": {"Variables": {"DB_HOST": "here"}}},
            "fail", CALLS_A_MODEL),
        row("a variable, a key", plain() | {
            "Environment": {"Variables": {"DB_HOST": "here"}}, "KMSKeyArn": KEY_ARN}, "pass",
            CALLS_A_MODEL, OWN_KEY),
    ),
]
