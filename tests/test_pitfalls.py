"""Each trap of the service has a row or a test that is named by its number, and some are here.

Here are those that no rule judges: what is collected, or what a policy is found to allow, must
still be right about them.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from auditor import scan
from auditor.aws.session import Session
from auditor.errors import Unseen
from auditor.kinds import DOMAIN, ENDPOINT, ENDPOINT_CONFIG, TRAIL
from auditor.policy import Identity, Trust, cross_account, privesc, public
from auditor.shapes.sagemaker import DomainSettings, StudioWebPortalSettings, UserSettings
from auditor.testing import judge
from tests.conftest import point_at
from tests.fakeaws import EMPTY, Error, Fake
from tests.worlds.make import ACCOUNT, EU, OTHER, endpoint, trail

NUMBERS = range(1, 46)
NAMED = re.compile(r"(?:test_)?pitfall_(\d+)_")


def _names(source):
    """Yield the names of the functions of a test module and the words that it holds."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_number_has_a_row():
    found = {
        int(told[1]) for path in Path(__file__).parent.rglob("test_*.py")
        for name in _names(path.read_text(encoding="utf-8")) if (told := NAMED.match(name))
    }
    assert found == set(NUMBERS)


@pytest.fixture
def collect(monkeypatch, tmp_path):
    """Collect one region of an account in which nothing else is."""
    opened = []

    def start(**services):
        quiet = {"*": EMPTY, "sagemaker": {"*": EMPTY}, "cloudtrail": {"Trail": []}}
        world = {ACCOUNT: {EU: quiet | services, "*": {"*": EMPTY, "s3": {"Bucket": []}}}}
        with Fake(world) as fake:
            point_at(monkeypatch, fake.url)
            session = Session()
            plan = scan.Plan(session, session.caller(EU), [EU], 0.0)
            inventory = scan.collect(plan, tmp_path / f"inventory-{len(opened)}", refresh=True)
        opened.append(inventory)
        return inventory

    yield start
    for inventory in opened:
        inventory.close()


def _policy(principal, **more):
    return {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": principal, "Action": "sagemaker:InvokeEndpoint",
        "Resource": "*", **more}]}


# -- 19: no rule reads an endpoint's policy; the collector and the engine hold it


def test_pitfall_19_no_policy_of_an_endpoint_is_a_validation_exception(collect):
    def of(answer):
        inventory = collect(sagemaker={
            "Endpoint": [endpoint("e", "gone") | {"GetEndpointPolicy": answer}], "*": EMPTY})
        (found,) = inventory.resources(ENDPOINT)
        return found.data.ResourcePolicy

    assert of(Error("ValidationException", "Cannot find resource policy", 400)) is None
    for code in ("ResourceNotFound", "AccessDeniedException"):  # not what says: there is none
        with pytest.raises(Unseen, match="GetEndpointPolicy"):
            of(Error(code, "no", 400))


@pytest.mark.parametrize(("principal", "everyone"), [
    ("*", True), ({"AWS": f"arn:aws:iam::{OTHER}:root"}, False)])
def test_pitfall_19_a_router_of_another_account_is_another_account(principal, everyone):
    router = f"arn:aws:sagemaker:{EU}:{OTHER}:inference-router/r"
    through = _policy(principal, Condition={
        "ArnEquals": {"sagemaker:SourceInferenceRouterArn": router}})
    assert public(_policy(principal), service="sagemaker").answer is everyone
    assert public(through, service="sagemaker").answer is False
    assert cross_account(through, Trust(ACCOUNT), service="sagemaker").answer is True


def test_pitfall_19_no_cap_on_traffic_from_other_regions_is_no_number():
    cap = {"MaxCrossRegionPercentPerEndpoint": 0}
    assert ENDPOINT_CONFIG.shape({}).CrossRegionTrafficConfig is None
    config = ENDPOINT_CONFIG.shape({"CrossRegionTrafficConfig": cap}).CrossRegionTrafficConfig
    assert config.MaxCrossRegionPercentPerEndpoint == 0
    assert config.MaxInvocationsPerSecondPerInstance is None


# -- 25: no rule reads how long a session lasts, as nothing tells; who may presign is an escalation


@pytest.mark.parametrize("action", [
    "sagemaker:CreatePresignedDomainUrl", "sagemaker:CreatePresignedNotebookInstanceUrl"])
@pytest.mark.parametrize("condition", [
    {}, {"Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}}])
def test_pitfall_25_an_address_that_lives_briefly_opens_a_long_session(action, condition):
    document = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": action, "Resource": "*", **condition}]}
    assert privesc(Identity((("p", document),), None, ACCOUNT)).answer is True
    finding = judge("iam-sagemaker-role-self-escalation", {
        "RoleName": "work", "Arn": f"arn:aws:iam::{ACCOUNT}:role/work",
        "CreateDate": "2025-01-01T00:00:00+00:00", "AttachedManagedPolicies": [],
        "AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole"}]}),
        "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": json.dumps(document)}]})
    assert finding.status == "fail", finding.message


# -- 26: no rule reads the name of the session; the shape holds where it lies and what unset is


def test_pitfall_26_the_name_of_a_session_is_set_in_the_portals_settings():
    member = "ExecutionRoleSessionNameMode"
    assert member in StudioWebPortalSettings.__annotations__
    for other in (UserSettings, DomainSettings):
        assert member not in other.__annotations__
    domain = DOMAIN.shape({"DefaultUserSettings": {"StudioWebPortalSettings": {}}})
    settings = domain.DefaultUserSettings
    assert settings is not None
    assert settings.StudioWebPortalSettings.ExecutionRoleSessionNameMode is None


# -- 27: beside the models' buckets (rules/test_models.py), whoever invokes is not one model's


def test_pitfall_27_a_condition_on_the_model_keeps_nobody_out():
    for key in ("sagemaker:TargetModel", "sagemaker:TargetContainerHostname"):
        one = _policy("*", Condition={"StringEquals": {key: "a.tar.gz"}})
        assert public(one, service="sagemaker").answer is True


# -- 42: no rule asks for SageMaker's data events; what a trail selects is kept as AWS says it


def test_pitfall_42_the_advanced_selectors_of_a_trail_are_kept(collect):
    selector = {"Name": "calls", "FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::SageMaker::Endpoint"]}]}
    one = trail("t", EU, "logs", GetEventSelectors={"AdvancedEventSelectors": [selector]})
    inventory = collect(cloudtrail={"Trail": [one]})
    (found,) = inventory.resources(TRAIL)
    selectors = found.data.Selectors
    assert not selectors.EventSelectors
    fields = {f.Field: f.Equals for s in selectors.AdvancedEventSelectors for f in s.FieldSelectors}
    assert fields["resources.type"] == ["AWS::SageMaker::Endpoint"]
