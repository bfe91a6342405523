"""The table of kinds: every row agrees with AWS's models."""

import jmespath
import pytest

from auditor.aws.models import loader, model
from auditor.aws.plan import BadRow, calls, listing, permissions, plan, reach
from auditor.inventory import Kind, Link, Part
from auditor.kinds import (
    APP,
    HUB_CONTENT,
    MODEL_BIAS_DEFINITION,
    NOTEBOOK,
    STUDIO_IMAGE,
    STUDIO_IMAGE_VERSION,
    TABLE,
    Key,
    bucket_of,
)
from auditor.shapes.sagemaker import (
    DescribeImageResponse,
    DescribeImageVersionResponse,
    DescribeModelBiasJobDefinitionResponse,
    DescribeModelOutput,
)


@pytest.mark.parametrize("kind", TABLE, ids=lambda k: k.noun)
def test_every_row_plans(kind):
    made = plan(kind)
    assert made.kind is kind
    for link in kind.links:
        jmespath.compile(link.path)
        assert link.to in TABLE


def test_a_row_that_disagrees_with_aws_is_refused():
    with pytest.raises(BadRow, match="no operation ListGadgets"):
        plan(Kind("AWS::SageMaker::Gadget", DescribeModelOutput))
    with pytest.raises(BadRow, match="no member RolArn"):
        plan(Kind("AWS::SageMaker::Model", DescribeModelOutput, links=(Link("RolArn", TABLE[0]),)))


@pytest.mark.parametrize(("part", "wrong"), [
    (Part("Policy", "kms.GetKeyPolicy", given={"KeyId": "{Arm}"}), "no member Arm to ask"),
    (Part("Policy", "kms.GetKeyPolicy", given={"Key": "{Arn}"}), "takes no Key"),
    (Part("Policies", "kms.GetKeyPolicy", given={"KeyId": "{Arn}"}), "no member Policies"),
    (Part("Policy", "kms.GetKeyPolicy", given={"KeyId": "{Arn}", "PolicyName": "{each}"},
          each=("kms.ListKeyPolicies", "PolicyNames"), each_given={"Key": "{Arn}"}),
     "ListKeyPolicies takes no Key"),
])
def test_a_part_that_disagrees_with_aws_is_refused(part, wrong):
    with pytest.raises(BadRow, match=wrong):
        plan(Kind("AWS::KMS::Key", Key, service="kms", lists="", describes="DescribeKey",
                  arn="Arn", parts=(part,)))


def test_a_row_is_held_to_aws_in_all_that_it_says():
    def row(noun="Model", shape=DescribeModelOutput, **said):
        return plan(Kind(f"AWS::SageMaker::{noun}", shape, **said))

    for said, words in (
        ({"links": (Link("VpcConfig.Subnet", TABLE[0]),)}, "VpcConfig has no member Subnet"),
        ({"links": (Link("Containers[?", TABLE[0]),)}, r"Containers\[\?"),
        ({"links": (Link("Containers.Image", TABLE[0]),)}, "Image is read of what has no members"),
        ({"secrets": ("Containers[].Environmnt",)}, "ContainerDefinition has no member Environmnt"),
        ({"ended": "EndedAt"}, "no member EndedAt"),
        ({"keep": "Status != 'Deleted'"}, "no Status to keep it by"),
        ({"takes": {"ModelName": "Name"}}, "has no Name"),
        ({"takes": {"Version": "ModelArn"}}, "takes no Version"),
        ({"list_given": {"OfType": "x"}}, "takes no OfType"),
        ({"id": "{ModelName}/{Version}"}, "no member Version to be named by"),
        ({"shape": DescribeImageResponse, "id": "ImageName"}, "ModelArn; the row must say which"),
        ({"parent": NOTEBOOK}, "must say from what parent"),
    ):
        with pytest.raises(BadRow, match=words):
            row(**said)
    for items in ("Reservations[].Instance", "Reservation[].Instances"):
        with pytest.raises(BadRow, match="answers no Reservation"):
            listing("ec2", "DescribeInstances", items)
    with pytest.raises(BadRow, match=r"requires \['ImageName'\]; the row must say from what parent"):
        row("ImageVersion", DescribeImageVersionResponse)
    with pytest.raises(BadRow, match="an item of sagemaker:ListModelBiasJobDefinitions has no"):
        row("ModelBiasJobDefinition", DescribeModelBiasJobDefinitionResponse,
            arn="JobDefinitionArn", id="JobDefinitionName")


def test_what_a_list_requires_comes_from_its_parent_or_is_every_value_there_is():
    assert plan(STUDIO_IMAGE_VERSION).of_parent == ("ImageName",)
    contents = plan(HUB_CONTENT)
    assert contents.of_parent == ("HubName",)
    assert [given["HubContentType"] for given in contents.lists] == model(
        "sagemaker").shape_for("HubContentType").enum
    assert STUDIO_IMAGE in reach([STUDIO_IMAGE_VERSION])


def test_descriptions_take_each_key_that_aws_requires_from_the_list():
    assert plan(APP).takes == {
        "DomainId": "DomainId", "AppType": "AppType", "AppName": "AppName",
        "UserProfileName": "UserProfileName", "SpaceName": "SpaceName"}
    assert plan(APP).needs == ("DomainId", "AppType", "AppName")
    assert dict(plan(MODEL_BIAS_DEFINITION).listing.renames) == {
        "JobDefinitionName": "MonitoringJobDefinitionName",
        "JobDefinitionArn": "MonitoringJobDefinitionArn"}


def test_lists_page_by_their_own_tokens():
    assert listing("sagemaker", "ListModels").token_in == "NextToken"
    assert listing("s3", "ListBuckets").token_in == "ContinuationToken"
    assert listing("sagemaker", "ListTrainingJobs").most == 100


def test_permissions_are_the_calls_and_nothing_else():
    statements = permissions(TABLE)["Statement"]
    actions = sorted(a for s in statements for a in s["Action"])
    assert actions == sorted(set(actions))
    assert set(actions) - {c.action for c in calls(TABLE)} == {
        "inspector2:ListCoverage", "inspector2:ListFindings"}  # ECR asks Inspector in our name
    assert "s3:GetEncryptionConfiguration" in actions and "s3:ListAllMyBuckets" in actions
    assert "s3:GetAccountPublicAccessBlock" in actions and "tag:GetResources" in actions
    assert not [a for a in actions if "*" in a]
    (narrow,) = [s for s in statements if s["Resource"] != "*"]  # or it would give out API keys
    assert narrow["Action"] == ["apigateway:GET"]
    assert not [r for r in narrow["Resource"] if "keys" in r or r.endswith("::*")]


@pytest.mark.parametrize(("uri", "bucket"), [
    ("s3://data/train/x.csv", "data"), ("s3://data", "data"), ("arn:aws:s3:::data/x", "data"),
    ("https://s3.eu-west-1.amazonaws.com/data/x", "data"),
    ("https://data.s3.eu-west-1.amazonaws.com/x", "data"), ("data", "data"),
])
def test_the_bucket_of_an_address(uri, bucket):
    assert bucket_of(uri) == bucket


def test_models_carry_no_documentation_and_every_operation():
    sagemaker = model("sagemaker")
    assert sagemaker.documentation == ""
    notebook = sagemaker.operation_model("DescribeNotebookInstance").output_shape
    assert notebook.members["RootAccess"].documentation == ""
    assert notebook.members["RootAccess"].enum == ["Enabled", "Disabled"]
    assert loader() is loader()


@pytest.mark.parametrize("kind", TABLE, ids=lambda k: k.name)
def test_an_answer_that_leaves_everything_out_breaks_no_link(kind):
    assert list(kind.values({})) == []
    for condition in filter(None, (kind.keep, kind.ended)):
        jmespath.search(condition, {})
    assert kind.is_settled({}) is False
