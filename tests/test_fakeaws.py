"""The fake AWS: every protocol comes back as it was told, and nothing is made up."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import botocore.exceptions
import pytest

from tests.fakeaws import EMPTY, By, Chosen, Error, Fake, Fault, IllegalDocument, legal
from tests.fakeaws.service import Request, service

ACCOUNT, OTHER = "111122223333", "444455556666"
EU, US = "eu-west-1", "us-east-1"


def notebook(name, **members):
    return {
        "NotebookInstanceName": name, "NotebookInstanceStatus": "InService",
        "NotebookInstanceArn": f"arn:aws:sagemaker:{EU}:{ACCOUNT}:notebook-instance/{name}",
        "CreationTime": datetime(2026, 1, 1, tzinfo=UTC), **members,
    }


def role(name, **members):
    return {
        "Path": "/service-role/", "RoleName": name, "RoleId": "AROAEXAMPLEEXAMPLE123",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/service-role/{name}",
        "CreateDate": datetime(2026, 1, 1, tzinfo=UTC), "RolePolicyList": [],
        "AttachedManagedPolicies": [], "AssumeRolePolicyDocument": {"Statement": []}, **members,
    }


def code(call, **params):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        call(**params)
    return refused.value.response["Error"]["Code"]


def told(answer):
    answer.pop("ResponseMetadata")
    return answer


# -- protocols

PROTOCOLS = ["sagemaker", "kms", "cloudtrail", "logs", "macie2", "lambda", "iam", "sns", "ec2",
             "s3", "s3control", "cloudwatch", "application-autoscaling"]
# Answers whose form on the wire is one of a kind, and which no audit asks for.
ODD = {("s3", "SelectObjectContent"), ("s3", "GetObject"), ("s3", "ListObjectVersions"),
       ("s3", "HeadObject"), ("s3", "GetObjectTorrent"), ("s3control", "ListAccessPointsForDirectoryBuckets")}


def reads(name):
    of = service(name)
    return [
        o for n, o in of.operations.items()
        if n.startswith(("Get", "List", "Describe")) and (name, n) not in ODD and not o.deprecated
        and o.output_shape and not o.has_streaming_output and not o.has_event_stream_output
    ]


@pytest.mark.parametrize("name", PROTOCOLS)
def test_any_legal_answer_comes_back_as_it_was_told(name, serve):
    source = random.Random(name)
    chosen = source.sample(reads(name), min(25, len(reads(name))))
    document, given = {}, {}
    for operation in chosen:
        document[operation.name] = legal.value(operation.output_shape, source)
        given[operation.name] = (
            legal.value(operation.input_shape, source, fill=0.0, plain=True)
            if operation.input_shape else {}
        )
        if "AccountId" in given[operation.name] and name == "s3control":
            given[operation.name]["AccountId"] = ACCOUNT  # it becomes a part of the host's name
    client = serve({US: {name: document}}, page=10**6)(name, US, parameter_validation=False)
    wrong = []
    for operation in chosen:
        if operation.name == "GetBucketLocation":
            continue
        answer = told(client._make_api_call(operation.name, given[operation.name]))
        if normal(answer) != normal(document[operation.name]):
            wrong.append((operation.name, answer, document[operation.name]))
    assert not wrong


def normal(value):
    """Forget what no protocol keeps, and the flag that says whether there are more pages."""
    if isinstance(value, dict):
        kept = {k: normal(v) for k, v in value.items() if k not in ("IsTruncated", "Truncated")}
        return {k: v for k, v in kept.items() if v not in (None, [], {}, "")}
    if isinstance(value, list):
        return [normal(v) for v in value]
    if isinstance(value, datetime):
        return value.timestamp()
    return value


@pytest.mark.parametrize(("name", "method", "path", "query", "means", "params"), [
    ("s3", "GET", "/data", "policy", "GetBucketPolicy", {"Bucket": "data"}),
    ("s3", "GET", "/data", "policyStatus", "GetBucketPolicyStatus", {"Bucket": "data"}),
    ("s3", "GET", "/", "", "ListBuckets", {}),
    ("s3", "HEAD", "/data", "", "HeadBucket", {"Bucket": "data"}),
    ("lambda", "GET", "/2015-03-31/functions/f", "", "GetFunction", {"FunctionName": "f"}),
    ("macie2", "GET", "/macie", "", "GetMacieSession", {}),
])
def test_rest_requests_mean_the_operation_that_needs_most_of_them(
    name, method, path, query, means, params
):
    assert service(name).read(Request(method, path, query, {}, b"")) == (means, params)


# -- resources

def test_lists_and_summaries_derive_from_resources(serve):
    made = serve({EU: {"sagemaker": {"NotebookInstance": [
        notebook("a", RootAccess="Enabled"), notebook("b", DirectInternetAccess="Disabled")]}}})
    client = made("sagemaker")
    listed = client.list_notebook_instances()["NotebookInstances"]
    assert [n["NotebookInstanceName"] for n in listed] == ["a", "b"]
    assert all("RootAccess" not in n for n in listed)
    assert client.describe_notebook_instance(NotebookInstanceName="a")["RootAccess"] == "Enabled"
    assert code(client.describe_notebook_instance, NotebookInstanceName="c") == "ResourceNotFound"


def test_what_is_not_in_the_document_is_loud(serve):
    made = serve({EU: {"sagemaker": {"NotebookInstance": [notebook("a")]}}})
    client = made("sagemaker")
    assert len(client.list_notebook_instances()["NotebookInstances"]) == 1
    assert code(client.list_models) == "FakeNotModelled"
    assert code(client.list_notebook_instances, DefaultCodeRepositoryContains="x") == "FakeNotModelled"
    assert code(made("guardduty").list_detectors)
    assert made.fake.not_modelled[0] == "sagemaker:ListModels {} in eu-west-1"


def test_a_service_may_be_declared_empty(serve):
    made = serve({EU: {"sagemaker": {"*": EMPTY}, "ec2": {"*": EMPTY}}})
    assert made("sagemaker").list_models()["Models"] == []
    assert code(made("sagemaker").describe_model, ModelName="m") == "ResourceNotFound"
    assert made("ec2").describe_subnets()["Subnets"] == []


def test_answers_by_parameter_and_items_by_id(serve):
    made = serve({EU: {
        "macie2": {"GetMacieSession": Error("AccessDeniedException", "Macie is not enabled.", 403)},
        "sagemaker": {"GetModelPackageGroupPolicy": By(
            "ModelPackageGroupName", {"g": {"ResourcePolicy": "{}"}},
            Error("ValidationException", "Cannot find Model Package Group policy"))},
        "ec2": {"DescribeInstanceTypes": Chosen(
            "InstanceTypes", "InstanceTypes", "InstanceType",
            [{"InstanceType": "m5.large"}, {"InstanceType": "g5.xlarge"}],
            Error("InvalidInstanceType"))},
    }})
    assert code(made("macie2").get_macie_session) == "AccessDeniedException"
    get = made("sagemaker").get_model_package_group_policy
    assert get(ModelPackageGroupName="g")["ResourcePolicy"] == "{}"
    assert code(get, ModelPackageGroupName="h") == "ValidationException"
    types = made("ec2").describe_instance_types
    assert [t["InstanceType"] for t in types(InstanceTypes=["g5.xlarge"])["InstanceTypes"]] == [
        "g5.xlarge"]
    assert code(types, InstanceTypes=["g6.xlarge"]) == "InvalidInstanceType"


@pytest.mark.parametrize(("entries", "says"), [
    ({"sagemaker": {"NotebookInstance": [{"NotebookInstanceNmae": "a"}]}}, "no member"),
    ({"sagemaker": {"NotebookInstance": [notebook("a", RootAccess="Yes")]}}, "'Yes' is no RootAcc"),
    ({"sagemaker": {"NotebookInstance": [notebook("a", VolumeSizeInGB="5")]}}, "'5' is no"),
    ({"sagemaker": {"Model": [{"ModelName": "m"}]}}, "requires ModelArn"),
    ({"sagemaker": {"Gadget": [{}]}}, "nothing in sagemaker describes a Gadget"),
    ({"sagemaker": {"ListGadgets": {}}}, "neither an operation"),
    ({"sagemaker": {"*": []}}, "only EMPTY"),
    ({"sagemakr": {}}, "no such service"),
    ({"s3": {"Bucket": [{"Name": "b", "GetBucketVersioning": {"Status": "On"}}]}}, "'On' is no"),
])
def test_a_document_that_aws_could_not_have_answered_is_refused(entries, says):
    with pytest.raises(IllegalDocument, match=says):
        Fake({ACCOUNT: {EU: entries}})


# -- paging

@pytest.mark.parametrize("size", [1, 2, 100])
def test_pages_hold_every_item_once(size, serve):
    names = [f"n{i}" for i in range(5)]
    made = serve({EU: {
        "sagemaker": {"NotebookInstance": [notebook(n) for n in names]},
        "iam": {"Role": [role(n) for n in names]},
        "s3": {"Bucket": [{"Name": n} for n in names]},
        "ec2": {"DescribeSubnets": {"Subnets": [{"SubnetId": n} for n in names]}},
    }}, page=size)
    for service_name, operation, member, key, given in (
        ("sagemaker", "list_notebook_instances", "NotebookInstances", "NotebookInstanceName", {}),
        ("iam", "get_account_authorization_details", "RoleDetailList", "RoleName", {}),
        ("s3", "list_buckets", "Buckets", "Name", {"MaxBuckets": 3}),
        ("ec2", "describe_subnets", "Subnets", "SubnetId", {}),
    ):
        pages = list(made(service_name).get_paginator(operation).paginate(**given))
        assert [i[key] for p in pages for i in p[member]] == names
        assert max(len(p[member]) for p in pages) <= size
    assert len(made("s3").list_buckets()["Buckets"]) == 5  # S3 pages only for those who ask


def test_a_limit_beyond_the_models_and_a_strange_token_are_refused(serve):
    client = serve({EU: {"sagemaker": {"NotebookInstance": []}}})("sagemaker")
    assert code(client.list_notebook_instances, MaxResults=101) == "ValidationException"
    assert code(client.list_notebook_instances, NextToken="x") == "ValidationException"


# -- what derives in more ways than one

def test_buckets_answer_in_their_region_to_their_owner(serve):
    made = serve(
        {EU: {"s3": {"Bucket": [{"Name": "mine", "BucketRegion": EU, "GetBucketPolicy": {
            "Policy": {"Statement": []}}}]}}, US: {}},
        others={OTHER: {US: {"s3": {"Bucket": [{"Name": "theirs"}]}}}},
    )
    client = made("s3")
    assert client.get_bucket_policy(Bucket="mine")["Policy"] == '{"Statement": []}'
    assert code(client.get_bucket_website, Bucket="mine") == "NoSuchWebsiteConfiguration"
    rules = client.get_bucket_encryption(Bucket="mine")["ServerSideEncryptionConfiguration"]
    assert rules["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert client.head_bucket(Bucket="mine", ExpectedBucketOwner=ACCOUNT)["BucketRegion"] == EU
    assert code(client.head_bucket, Bucket="mine", ExpectedBucketOwner=OTHER) == "403"
    assert code(client.head_bucket, Bucket="theirs") == "403"
    assert code(client.head_bucket, Bucket="nobodys") == "404"
    assert code(client.get_bucket_acl, Bucket="nobodys") == "NoSuchBucket"
    # from another region botocore is sent on to the bucket's own
    assert made("s3", US).get_bucket_acl(Bucket="mine")["Grants"]
    assert made("s3", US).get_bucket_location(Bucket="mine")["LocationConstraint"] == EU
    assert "BucketRegion" not in client.list_buckets()["Buckets"][0]
    assert client.list_buckets(MaxBuckets=9)["Buckets"][0]["BucketRegion"] == EU


def test_iam_answers_documents_encoded_and_boto3_decodes_them(serve):
    document = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    client = serve({EU: {"iam": {
        "Role": [role("r", RolePolicyList=[{"PolicyName": "p", "PolicyDocument": document}],
                      AttachedManagedPolicies=[{"PolicyName": "ReadOnlyAccess",
                          "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}])],
        "Policy": [{"PolicyName": "ReadOnlyAccess", "DefaultVersionId": "v2",
                    "Arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
                    "PolicyVersionList": [{"VersionId": "v2", "Document": document}]}],
    }}})("iam")
    bulk = client.get_account_authorization_details(Filter=["Role", "AWSManagedPolicy"])
    assert bulk["RoleDetailList"][0]["RolePolicyList"][0]["PolicyDocument"] == document
    assert bulk["Policies"][0]["PolicyVersionList"][0]["Document"] == document
    assert not client.get_account_authorization_details(Filter=["LocalManagedPolicy"])["Policies"]
    got = client.get_role(RoleName="r")["Role"]
    assert got["AssumeRolePolicyDocument"] == {"Statement": []} and "RolePolicyList" not in got
    assert client.list_role_policies(RoleName="r")["PolicyNames"] == ["p"]
    assert client.get_role_policy(RoleName="r", PolicyName="p")["PolicyDocument"] == document
    attached = client.list_attached_role_policies(RoleName="r")["AttachedPolicies"]
    assert attached[0]["PolicyName"] == "ReadOnlyAccess"
    arn = attached[0]["PolicyArn"]
    assert client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    version = client.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]
    assert version["Document"] == document
    assert code(client.get_role, RoleName="s") == "NoSuchEntity"


def test_keys_are_found_by_all_their_names(serve):
    key = {"KeyId": "1234", "Arn": f"arn:aws:kms:{EU}:{ACCOUNT}:key/1234", "_aliases": ["alias/ml"]}
    theirs = {"KeyId": "99", "Arn": f"arn:aws:kms:{EU}:{OTHER}:key/99"}
    made = serve({EU: {"kms": {"Key": [key]}}, US: {}}, others={OTHER: {EU: {"kms": {"Key": [
        theirs]}}}})
    client = made("kms")
    for name in ("1234", key["Arn"], "alias/ml", f"arn:aws:kms:{EU}:{ACCOUNT}:alias/ml"):
        assert client.describe_key(KeyId=name)["KeyMetadata"]["Arn"] == key["Arn"]
    assert code(client.describe_key, KeyId="alias/other") == "NotFoundException"
    assert code(client.describe_key, KeyId=theirs["Arn"]) == "AccessDeniedException"
    assert code(made("kms", US).describe_key, KeyId=key["Arn"]) == "NotFoundException"


def test_trails_cast_shadows_and_answer_at_home(serve):
    arn = f"arn:aws:cloudtrail:{EU}:{ACCOUNT}:trail/all"
    made = serve({EU: {"cloudtrail": {"Trail": [
        {"Name": "all", "TrailARN": arn, "HomeRegion": EU, "IsMultiRegionTrail": True,
         "GetTrailStatus": {"IsLogging": True}}]}}, US: {"cloudtrail": {}}})
    home, away = made("cloudtrail"), made("cloudtrail", US)
    assert [t["TrailARN"] for t in away.describe_trails()["trailList"]] == [arn]
    assert away.describe_trails(includeShadowTrails=False)["trailList"] == []
    assert home.get_trail_status(Name=arn)["IsLogging"] is True
    assert code(away.get_trail_status, Name=arn) == "TrailNotFoundException"
    assert code(home.get_insight_selectors, TrailName=arn) == "InsightNotEnabledException"


def test_accounts_regions_and_tags(serve):
    made = serve({EU: {"sagemaker": {"NotebookInstance": [notebook("a", _tags={"team": "ml"})]}},
                  US: {"s3": {"Bucket": [
                      {"Name": "b", "BucketRegion": EU, "_tags": {"class": "pii"}}]}}},
                 others={OTHER: {EU: {}}})
    sts = made("sts")
    assert sts.get_caller_identity()["Account"] == ACCOUNT
    assumed = sts.assume_role(RoleArn=f"arn:aws:iam::{OTHER}:role/audit", RoleSessionName="sess")
    assert OTHER in assumed["Credentials"]["AccessKeyId"]
    assert code(sts.assume_role, RoleArn="arn:aws:iam::999988887777:role/audit",
                RoleSessionName="sess") == "AccessDenied"
    regions = made("ec2").describe_regions()["Regions"]
    assert [r["RegionName"] for r in regions] == [EU, US]
    assert code(made("sagemaker", "me-south-1").list_models) == "UnrecognizedClientException"
    tags = made("resourcegroupstaggingapi").get_resources()["ResourceTagMappingList"]
    assert {t["ResourceARN"].rpartition(":")[2]: t["Tags"][0]["Value"] for t in tags} == {
        "notebook-instance/a": "ml", "b": "pii"}


# -- faults

ASK = {
    "json": ("sagemaker", "list_models"), "rest-json": ("macie2", "get_macie_session"),
    "query": ("iam", "get_account_authorization_details"), "ec2": ("ec2", "describe_vpcs"),
    "rest-xml": ("s3", "list_buckets"),
}
CODES = {
    "AccessDenied": {"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"},
    "Throttle": {"ThrottlingException", "TooManyRequestsException", "Throttling",
                 "RequestLimitExceeded", "SlowDown"},
    "ExpiredToken": {"ExpiredTokenException", "ExpiredToken", "RequestExpired"},
    "RegionDisabled": {"UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure",
                       "InvalidToken"},
    "ServerError": {"InternalFailure"},
}


@pytest.mark.parametrize("protocol", ASK)
@pytest.mark.parametrize("kind", CODES)
def test_errors_are_in_each_protocols_words(kind, protocol, serve):
    name, method = ASK[protocol]
    made = serve({EU: {
        "sagemaker": {"Model": []}, "macie2": {"GetMacieSession": {}}, "ec2": {"*": EMPTY}}},
        faults=[Fault(kind, name, after=1, times=1)])
    call = getattr(made(name), method)
    call()
    assert code(call) in CODES[kind]
    call()
    assert [bool(e.error) for e in made.fake.log] == [False, True, False]


@pytest.mark.parametrize("protocol", ["json", "query", "ec2", "rest-xml"])
def test_connections_and_bodies_break(protocol, serve):
    name, method = ASK[protocol]
    document = {"sagemaker": {"Model": []}, "ec2": {"*": EMPTY}}
    for kind, error in (
        ("Reset", botocore.exceptions.ConnectionClosedError),
        ("Hang", botocore.exceptions.ReadTimeoutError),
    ):
        made = serve({EU: document}, faults=[Fault(kind, name)])
        with pytest.raises(error):
            getattr(made(name, read_timeout=0.3), method)()


def test_a_broken_body_is_broken_as_told(serve):
    made = serve({EU: {"sagemaker": {"Model": []}}}, faults=[
        Fault("Truncate", operation="ListModels", times=1),
        Fault("Garbage", operation="ListModels", times=1)])
    bodies = []
    client = made("sagemaker")
    client.meta.events.register_first(
        "before-parse.*.*", lambda response_dict, **_: bodies.append(response_dict["body"]))
    for _ in range(3):
        client.list_models()
    assert bodies[0] == b'{"Model' and bodies[1].startswith(b"<html>")
    assert bodies[2] == b'{"Models": []}'


def test_pages_go_wrong(serve):
    names = ["a", "b", "c"]
    document = {EU: {"sagemaker": {"NotebookInstance": [notebook(n) for n in names]}}}

    def walk(kind):
        client = serve(document, page=2, faults=[Fault(kind)])("sagemaker")
        seen, token = [], None
        for _ in range(3):
            answer = client.list_notebook_instances(**({"NextToken": token} if token else {}))
            token = answer.get("NextToken")
            seen.append((len(answer["NotebookInstances"]), token))
        return seen

    assert [n for n, _ in walk("EmptyPage")] == [0, 2, 1]
    loop = [t for _, t in walk("TokenLoop")]
    assert loop[0] and loop[0] == loop[1] == loop[2]
    assert walk("EmptyToken")[1] == (1, "")


def test_gone_dropped_members_and_parameters(serve):
    made = serve({EU: {"sagemaker": {"NotebookInstance": [notebook("a", RootAccess="Enabled")]}}},
                 faults=[Fault("Gone", params={"NotebookInstanceName": "b*"}),
                         Fault("DropMember", operation="Describe*", member="RootAccess")])
    describe = made("sagemaker").describe_notebook_instance
    assert "RootAccess" not in describe(NotebookInstanceName="a")
    assert code(describe, NotebookInstanceName="b1") == "ResourceNotFound"
    with pytest.raises(ValueError, match="no fault Nonsense"):
        Fault("Nonsense")
