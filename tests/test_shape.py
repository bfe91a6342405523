"""Shapes: AWS's names and no others; what was refused is never None."""

from contextlib import nullcontext

import pytest

from auditor.errors import Gap, Unseen
from auditor.shape import recording, when
from auditor.shapes.sagemaker import DescribeNotebookInstanceOutput, DescribeTrainingJobResponse

GAP = Gap("1", "eu-west-1", "sagemaker", "DescribeNotebookInstance", "AccessDenied", "no", "x:y")


def test_a_member_left_out_is_none_and_a_misspelt_one_is_an_error():
    data = DescribeNotebookInstanceOutput({"RootAccess": "Enabled"})
    assert data.RootAccess == "Enabled"
    assert data.KmsKeyId is None
    with pytest.raises(AttributeError, match=r"no member KmsKeyID.*did you mean KmsKeyId"):
        _ = data.KmsKeyID


def test_what_was_refused_raises():
    data = DescribeNotebookInstanceOutput({}, unseen={"": GAP})
    with pytest.raises(Unseen, match="AccessDenied"):
        _ = data.RootAccess
    one = DescribeNotebookInstanceOutput({"RootAccess": "x"}, unseen={"KmsKeyId": GAP})
    assert one.RootAccess == "x"
    with pytest.raises(Unseen):
        _ = one.KmsKeyId
    with pytest.raises(Unseen):
        one.raw()


def test_nested_structures_lists_maps_and_times():
    job = DescribeTrainingJobResponse({
        "InputDataConfig": [{"ChannelName": "a"}], "HyperParameters": {"x": "1"},
        "CreationTime": 0, "TrainingEndTime": "2026-01-31T00:00:00Z",
        "ResourceConfig": {"InstanceGroups": [{"InstanceCount": 2}]},
    })
    assert job.InputDataConfig[0].ChannelName == "a"
    assert job.HyperParameters == {"x": "1"}
    assert job.CreationTime == when(0)
    assert job.TrainingEndTime == when("2026-01-31T00:00:00+00:00")
    assert job.ResourceConfig.InstanceGroups[0].InstanceCount == 2


def test_the_recorder_sees_each_leaf_with_its_path():
    job = DescribeTrainingJobResponse({"InputDataConfig": [{"ChannelName": "a"}]})
    with recording() as reads:
        _ = job.InputDataConfig[0].ChannelName
        _ = job.VpcConfig
    assert [(r.path, r.value) for r in reads] == [
        ("InputDataConfig[0].ChannelName", "a"), ("VpcConfig", None)]


@pytest.mark.parametrize(("document", "read"), [
    ({"RootAccess": {}}, lambda d: d.RootAccess),
    ({"RootAccess": 1}, lambda d: d.RootAccess),
    ({"VolumeSizeInGB": "5"}, lambda d: d.VolumeSizeInGB),
    ({"VolumeSizeInGB": True}, lambda d: d.VolumeSizeInGB),
    ({"VolumeSizeInGB": 5.5}, lambda d: d.VolumeSizeInGB),
    ({"CreationTime": "soon"}, lambda d: d.CreationTime),
    ({"CreationTime": []}, lambda d: d.CreationTime),
    ({"SecurityGroups": "sg-1"}, lambda d: d.SecurityGroups),
    ({"SecurityGroups": [None]}, lambda d: d.SecurityGroups),
    ({"SecurityGroups": [["sg-1"]]}, lambda d: d.SecurityGroups),
    ({"InstanceMetadataServiceConfiguration": "2"},
     lambda d: d.InstanceMetadataServiceConfiguration),
])
@pytest.mark.parametrize("record", [True, False])
def test_a_value_of_another_type_tells_nothing(document, read, record):
    data = DescribeNotebookInstanceOutput(document)
    with recording() if record else nullcontext(), pytest.raises(Unseen, match="malformed"):
        read(data)


def test_a_list_of_structures_that_are_none_tells_nothing():
    job = DescribeTrainingJobResponse({"InputDataConfig": [[]], "HyperParameters": ["x"]})
    for read in (lambda: job.InputDataConfig, lambda: job.HyperParameters):
        with pytest.raises(Unseen, match="malformed"):
            read()
