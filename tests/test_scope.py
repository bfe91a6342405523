"""What machine learning uses, and by what path."""

import pytest

from auditor import scan
from auditor.errors import Gap
from auditor.kinds import BUCKET, ENDPOINT, HTTP_API, KEY, MODEL, NOTEBOOK, REST_API, ROLE
from auditor.rule import Other
from auditor.scope import Scope
from auditor.testing import ACCOUNT_ID, REGION, world

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/{KEY_ID}"
MODEL_DATA = {
    "ModelName": "fraud-v3", "ModelArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:model/fraud-v3",
    "PrimaryContainer": {"ModelDataUrl": "s3://weights/fraud.tar.gz"},
}


def bucket(name, key=None):
    rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key} if key else {"SSEAlgorithm": "AES256"}
    return Other(BUCKET, {"Name": name, "ServerSideEncryptionConfiguration": {
        "Rules": [{"ApplyServerSideEncryptionByDefault": rule}]}}, (f"s3://{name}/fraud.tar.gz",))


def estate():
    return world([
        Other(MODEL, MODEL_DATA), bucket("weights", KEY_ARN), bucket("wages"),
        Other(KEY, {"KeyId": KEY_ID, "Arn": KEY_ARN, "KeyManager": "CUSTOMER"}, (KEY_ARN,)),
    ])[0]


def uses(inventory, kind):
    scope = Scope(inventory)
    return {one.name: scope.of(one) for one in inventory.resources(kind)}


def test_a_bucket_is_used_where_a_model_reads_from_it():
    found = uses(estate(), BUCKET)
    assert found["weights"].ml is True
    assert found["weights"].because == "model fraud-v3 points at this (PrimaryContainer.ModelDataUrl)"
    assert (found["wages"].ml, found["wages"].because) == (
        False, "nothing of SageMaker's leads here")


def test_what_a_bucket_leans_on_is_used_and_the_whole_path_is_told():
    (use,) = uses(estate(), KEY).values()
    assert use.ml is True
    assert use.because.startswith(
        "model fraud-v3 points at bucket weights (PrimaryContainer.ModelDataUrl), which points at"
        " this (ServerSideEncryptionConfiguration")


@pytest.mark.parametrize("gap", [
    Gap(ACCOUNT_ID, REGION, "sagemaker", "ListModels", "AccessDenied", "", "", MODEL.name),
    Gap(ACCOUNT_ID, REGION, "sagemaker", "DescribeModel", "AccessDenied", "", "", MODEL.name, "arn"),
])
def test_where_something_of_sagemakers_was_not_seen_nothing_is_called_unused(gap):
    inventory = estate()
    inventory.gap(gap)
    found = uses(inventory, BUCKET)
    assert found["weights"].ml is True and found["wages"].ml is None
    assert "AccessDenied" in found["wages"].because


def test_an_api_before_an_endpoint_brings_its_role_in():
    role = f"arn:aws:iam::{ACCOUNT_ID}:role/front"
    endpoint = f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:endpoint/fraud"
    uri = (f"arn:aws:apigateway:{REGION}:runtime.sagemaker:path//endpoints/fraud/invocations")
    inventory, _ = world([
        Other(ENDPOINT, {"EndpointName": "fraud", "EndpointArn": endpoint}, (uri,)),
        Other(REST_API, {"id": "abc", "name": "front", "Resources": [
            {"resourceMethods": {"POST": {"methodIntegration": {"uri": uri, "credentials": role}}}},
        ]}),
        Other(ROLE, {"RoleName": "front", "Arn": role}, (role,)),
        Other(ROLE, {"RoleName": "other", "Arn": f"{role}-2"}),
    ])
    found = uses(inventory, ROLE)
    assert found["front"].ml is True and found["other"].ml is False
    assert found["front"].because.startswith("endpoint fraud stands behind rest api ")


def test_of_other_kinds_every_one_matters():
    inventory, _ = world([Other(NOTEBOOK, {"NotebookInstanceName": "nb"})])
    assert uses(inventory, NOTEBOOK) == {"nb": None}
    assert uses(inventory, HTTP_API) == {}


def test_the_scope_leaves_out_only_what_is_seen_to_be_unused_and_says_so():
    inventory = estate()
    whole = scan.evaluate(inventory, select=["s3-bucket-versioning"])
    assert {f.resource.name: f.resource.ml for f in whole.findings} == {
        "weights": True, "wages": False}
    assert whole.coverage.scope == "all" and whole.coverage.left_out == {}
    narrow = scan.evaluate(inventory, select=["s3-bucket-versioning"], ml_only=True)
    assert [f.resource.name for f in narrow.findings] == ["weights"]
    assert narrow.coverage.scope == "ml" and narrow.coverage.left_out == {BUCKET.name: 1}
    inventory.gap(Gap(ACCOUNT_ID, REGION, "sagemaker", "ListModels", "AccessDenied", "", "",
                      MODEL.name))
    blind = scan.evaluate(inventory, select=["s3-bucket-versioning"], ml_only=True)
    assert {f.resource.name for f in blind.findings} == {"weights", "wages"}
