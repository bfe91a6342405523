"""The table of kinds: every row agrees with AWS's models."""

import jmespath
import pytest

from auditor.aws.models import loader, model
from auditor.aws.plan import BadRow, calls, listing, permissions, plan
from auditor.inventory import Kind, Link
from auditor.kinds import TABLE, bucket_of
from auditor.shapes.sagemaker import DescribeModelOutput


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


def test_lists_page_by_their_own_tokens():
    assert listing("sagemaker", "ListModels").token_in == "NextToken"
    assert listing("s3", "ListBuckets").token_in == "ContinuationToken"
    assert listing("sagemaker", "ListTrainingJobs").most == 100


def test_permissions_are_the_calls_and_nothing_else():
    actions = permissions(TABLE)["Statement"][0]["Action"]
    assert actions == sorted(set(actions))
    assert len(actions) == len({c.action for c in calls(TABLE)})
    assert "s3:GetEncryptionConfiguration" in actions and "s3:ListAllMyBuckets" in actions
    assert "s3:GetAccountPublicAccessBlock" in actions and "tag:GetResources" in actions
    assert not [a for a in actions if "*" in a]


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
