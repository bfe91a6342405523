"""Edges of the rules on pipelines, and on the roles of pipelines and processing jobs."""

import json

import pytest

from auditor.kinds import POLICY, ROLE
from auditor.rule import Other
from auditor.testing import judge

DENIED = "AccessDeniedException"
ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
EXPRESS = "s3://fast--euw1-az1--x-s3/out"
RULE = "sagemaker-pipeline-encryption"


def pipeline(*steps, parameters=(), **more):
    return {"PipelineDefinition": json.dumps(
        {"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)}), **more}


def step(of_type, name="s", **arguments):
    return {"Name": name, "Type": of_type, "Arguments": arguments}


def out(key=None, path="s3://b/o"):
    found = {"S3OutputPath": path}
    return found if key is None else found | {"KmsKeyId": key}


def processed(*uris, key=None):
    found = {"Outputs": [{"OutputName": f"o{i}", "S3Output": {"S3Uri": uri}}
                         for i, uri in enumerate(uris)]}
    return found if key is None else found | {"KmsKeyId": key}


def get(what):
    return {"Get": what}


def parameter(default=None, name="Key"):
    found = {"Name": name, "Type": "String"}
    return found if default is None else found | {"DefaultValue": default}


TRAIN, BARE = step("Training", OutputDataConfig=out(ARN)), step("Training", OutputDataConfig=out())
OF_RUN = step("Training", OutputDataConfig=out(get("Steps.Make.Key")))
OF_KEY = step("Training", OutputDataConfig=out(get("Parameters.Key")))
FEATURES = {"Outputs": [{"OutputName": "f", "FeatureStoreOutput": {"FeatureGroupName": "g"}}]}


def condition(*then, otherwise=()):
    return step("Condition", "if", Conditions=[], IfSteps=list(then), ElseSteps=list(otherwise))


CASES = [
    ("training", pipeline(TRAIN), "pass", ""),
    ("training_bare", pipeline(BARE), "fail", "s (OutputDataConfig.KmsKeyId)"),
    ("blank", pipeline(step("Training", OutputDataConfig=out(" "))), "fail", ""),
    ("pitfall_5_default", pipeline(step("Training", OutputDataConfig=out(None))), "fail",
     "no customer-managed key"),
    ("pitfall_5_express", pipeline(step("Training", OutputDataConfig=out(None, EXPRESS))),
     "not_applicable", "no step"),
    ("pitfall_8_volume_key", pipeline(step(
        "Training", OutputDataConfig=out(), ResourceConfig={"VolumeKmsKeyId": ARN})), "fail", ""),
    ("training_without_output", pipeline(step("Training")), "unknown", "OutputDataConfig"),
    ("one_of_two", pipeline(TRAIN, step("Training", "bare", OutputDataConfig=out())), "fail",
     "bare"),
    ("transform", pipeline(step("Transform", TransformOutput=out(ARN))), "pass", ""),
    ("transform_bare", pipeline(step("Transform", TransformOutput=out())), "fail",
     "TransformOutput"),
    ("automl", pipeline(step("AutoML", OutputDataConfig=out())), "fail", ""),
    ("pitfall_33_one", pipeline(step(
        "Tuning", TrainingJobDefinition={"OutputDataConfig": out()})), "fail", ""),
    ("pitfall_33_several", pipeline(step(
        "Tuning", TrainingJobDefinitions=[{"OutputDataConfig": out(ARN)},
                                          {"OutputDataConfig": out()}])), "fail", ""),
    ("pitfall_33_several_keys", pipeline(step(
        "Tuning", TrainingJobDefinitions=[{"OutputDataConfig": out(ARN)}])), "pass", ""),
    ("tuning_without", pipeline(step("Tuning")), "unknown", "TrainingJobDefinition"),
    ("processing", pipeline(step("Processing", ProcessingOutputConfig=processed("s3://b/o",
                                                                                key=ARN))),
     "pass", ""),
    ("processing_bare", pipeline(step("Processing", ProcessingOutputConfig=processed("s3://b/o"))),
     "fail", "ProcessingOutputConfig"),
    ("processing_nothing", pipeline(step("Processing")), "not_applicable", "no step"),
    ("processing_features", pipeline(step("Processing", ProcessingOutputConfig=FEATURES)),
     "not_applicable", "no step"),
    ("processing_uri_of_run", pipeline(step(
        "Processing", ProcessingOutputConfig=processed(get("Parameters.Out")))), "fail", ""),
    ("quality", pipeline(step("QualityCheck", ProcessingOutputConfig=processed("s3://b/o"))),
     "fail", ""),
    ("clarify", pipeline(step("ClarifyCheck", ProcessingOutputConfig=processed("s3://b/o",
                                                                               key=ARN))),
     "pass", ""),
    ("lambda", pipeline(step("Lambda"), step("Fail"), step("RegisterModel")), "not_applicable",
     "no step"),
    ("lambda_and_training", pipeline(step("Lambda"), TRAIN), "pass", ""),
    ("new_type", pipeline(TRAIN, step("Quantum")), "unknown", "of the type Quantum"),
    ("new_type_and_bare", pipeline(step("Quantum"), BARE), "fail", ""),
    ("branch", pipeline(condition(TRAIN, otherwise=[BARE])), "fail", ""),
    ("branch_of_branch", pipeline(condition(condition(BARE))), "fail", ""),
    ("branches", pipeline(condition(TRAIN, otherwise=[step("Fail")])), "pass", ""),
    ("parameter", pipeline(OF_KEY, parameters=[parameter(ARN)]), "pass", ""),
    ("parameter_blank", pipeline(OF_KEY, parameters=[parameter("")]), "fail", ""),
    ("parameter_of_run", pipeline(OF_KEY, parameters=[parameter()]), "unknown", "each run"),
    ("parameter_unknown", pipeline(OF_KEY), "unknown", "each run"),
    ("step_property", pipeline(OF_RUN), "unknown", "only a run"),
    ("step_property_and_bare", pipeline(OF_RUN, BARE), "fail", ""),
    ("joined", pipeline(step("Training", OutputDataConfig=out(
        {"Std:Join": {"On": "/", "Values": ["alias", get("Parameters.Key")]}}))), "pass", ""),
    ("joined_of_run", pipeline(step("Training", OutputDataConfig=out(
        {"Std:Join": {"On": "/", "Values": [get("Parameters.Key")]}}))), "unknown", "only a run"),
    ("number", pipeline(step("Training", OutputDataConfig=out(7))), "unknown", ""),
    ("no_steps", pipeline(), "not_applicable", "no step"),
    ("deleting", pipeline(BARE, PipelineStatus="Deleting"), "not_applicable", "Deleting"),
    ("active", pipeline(BARE, PipelineStatus="Active"), "fail", ""),
    ("absent", {}, "unknown", "PipelineDefinition"),
    ("empty", {"PipelineDefinition": ""}, "unknown", "PipelineDefinition"),
    ("not_json", {"PipelineDefinition": "{"}, "unknown", "not JSON"),
    ("too_deep", {"PipelineDefinition": "[" * 200_000}, "unknown", "not JSON"),
    ("list", {"PipelineDefinition": "[]"}, "unknown", "malformed"),
    ("steps_text", {"PipelineDefinition": '{"Steps": "x"}'}, "unknown", "malformed"),
    ("step_text", {"PipelineDefinition": '{"Steps": ["x"]}'}, "unknown", "malformed"),
    ("no_type", {"PipelineDefinition": '{"Steps": [{"Name": "s"}]}'}, "unknown", "no Type"),
    ("arguments_text", {"PipelineDefinition": '{"Steps": [{"Name": "s", "Type": "Training",'
                                              ' "Arguments": "x"}]}'}, "unknown", "malformed"),
    ("output_text", pipeline(step("Training", OutputDataConfig="x")), "unknown", "malformed"),
    ("outputs_text", pipeline(step("Processing", ProcessingOutputConfig={"Outputs": "x"})),
     "unknown", "malformed"),
]


@pytest.mark.parametrize(("data", "status", "said"), [row[1:] for row in CASES],
                         ids=[row[0] for row in CASES])
def test_output_of_steps(data, status, said):
    finding = judge(RULE, data)
    assert finding.status == status, finding.message
    assert said in finding.message
    assert "the rule broke" not in finding.message


def test_many_steps_are_not_all_told():
    steps = [step("Training", f"train-{i}", OutputDataConfig=out()) for i in range(12)]
    finding = judge(RULE, pipeline(*steps))
    assert "train-4" in finding.message and "train-5" not in finding.message
    assert "and 7 more" in finding.message


@pytest.mark.parametrize("member", ["PipelineDefinition", "PipelineStatus", ""])
def test_a_refused_definition_is_unknown(member):
    assert judge(RULE, pipeline(TRAIN), unseen={member: DENIED}).status == "unknown"


# -- roles

ROLE_ARN = "arn:aws:iam::111122223333:role/service-role/work"
CAP = "arn:aws:iam::111122223333:policy/cap"
OF_ROLE = {"RoleArn": ROLE_ARN}
READ = ("s3:GetObject", "arn:aws:s3:::ours/*")


def document(*granted, effect="Allow"):
    return {"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Action": action, "Resource": resource} for action, resource in granted]}


def role(*granted, denied=(), boundary=""):
    capped = {"PermissionsBoundary": {"PermissionsBoundaryArn": boundary}} if boundary else {}
    whole = document(*granted)
    whole["Statement"] += document(*denied, effect="Deny")["Statement"]
    return Other(ROLE, {
        "RoleName": "work", "Arn": ROLE_ARN, "AttachedManagedPolicies": [],
        "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": whole}], **capped})


CAPPED = Other(POLICY, {
    "PolicyName": "cap", "Arn": CAP, "DefaultVersionId": "v1", "PolicyVersionList": [
        {"VersionId": "v1", "IsDefaultVersion": True, "Document": document(READ)}]})

ROLES = [
    ("pipeline-role-scope", [role(READ)], "pass"),
    ("pipeline-role-scope", [role(READ, ("iam:PassRole", ROLE_ARN))], "pass"),
    ("pipeline-role-scope", [role(("sagemaker:*", "*"), READ)], "pass"),
    ("pipeline-role-scope", [role(("*", "*"))], "fail"),
    ("pipeline-role-scope", [role(("iam:PassRole", "*"))], "fail"),
    ("pipeline-role-scope", [role(("sts:AssumeRole", "*"))], "fail"),
    ("pipeline-role-scope", [role(("s3:PutObject", "*"))], "fail"),
    ("pipeline-role-scope", [role(("s3:*", "*"), denied=[("s3:*", "*")])], "pass"),
    ("pipeline-role-scope", [role(("*", "*"), boundary=CAP), CAPPED], "pass"),
    ("pipeline-role-scope", [role(("*", "*"), boundary=CAP)], "unknown"),
    ("pipeline-role-scope", [], "not_applicable"),
    ("processing-role-wildcards", [role(READ)], "pass"),
    ("processing-role-wildcards", [role(("s3:Get*", "*"))], "pass"),
    ("processing-role-wildcards", [role(("s3:*", "*"))], "fail"),
    ("processing-role-wildcards", [role(READ, ("kms:*", "*"))], "fail"),
    ("processing-role-wildcards", [role(("*", "*"))], "fail"),
    ("processing-role-wildcards", [role(("*", "*"), boundary=CAP), CAPPED], "pass"),
    ("processing-role-wildcards", [role(("*", "*"), boundary=CAP)], "unknown"),
    ("processing-role-wildcards", [], "not_applicable"),
]


@pytest.mark.parametrize(("rule", "others", "status"), ROLES)
def test_roles(rule, others, status):
    finding = judge(f"sagemaker-{rule}", OF_ROLE, *others)
    assert finding.status == status, finding.message
    if status == "fail":
        assert "work" in finding.message


@pytest.mark.parametrize("rule", ["pipeline-role-scope", "processing-role-wildcards"])
def test_a_role_that_was_not_seen_is_unknown(rule):
    rule = f"sagemaker-{rule}"
    for refused in ("RoleArn", ""):
        assert judge(rule, OF_ROLE, role(READ), unseen={refused: DENIED}).status == "unknown"
    assert judge(rule, OF_ROLE, refused=[ROLE]).status == "unknown"
    assert judge(rule, {}).status == judge(rule, {"RoleArn": ""}).status == "unknown"
    assert judge(rule, {"RoleArn": "arn:aws:iam::444455556666:role/x"}).status == "unknown"


def test_pitfall_31_a_pipeline_on_its_way_out_is_not_judged():
    finding = judge("sagemaker-pipeline-role-scope", OF_ROLE | {"PipelineStatus": "Deleting"},
                    role(("*", "*")))
    assert finding.status == "not_applicable"
