"""The public doors, the watchers and the secrets of the account of ``ml``.

APIs, log groups, alarms on what the trail records, detective services that are on in one region
and off in the other. ``FAILS`` says what is true of them.
"""

from __future__ import annotations

import json

from tests.fakeaws import EMPTY, By
from tests.worlds.adjacent import HUB_OFF
from tests.worlds.make import ACCOUNT, EU, OTHER, SECRET, US, ago, arn, key_arn, milliseconds

MODEL = f"arn:aws:apigateway:{EU}:runtime.sagemaker:path//endpoints/e-sound/invocations"


def _policy(principal, action, **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **more}]})


FROM_VPC = _policy("*", "execute-api:Invoke", Condition={
    "StringEquals": {"aws:SourceVpce": "vpce-sagemaker.api"}})


def _resources(**method):
    backend = {"type": "HTTP_PROXY", "uri": "https://models.example.com/churn"}
    return {"items": [{"id": "r1", "path": "/churn", "resourceMethods": {
        "POST": {"httpMethod": "POST", "methodIntegration": {"type": "AWS", "uri": MODEL}, **method},
        "GET": {"httpMethod": "GET", "methodIntegration": backend, **method}}}]}


REST = {
    "GetRestApis": {"items": [
        {"id": "rest-sound", "name": "churn", "endpointConfiguration": {"types": ["PRIVATE"]},
         "policy": json.dumps(FROM_VPC)[1:-1]},  # as API Gateway answers it
        {"id": "rest-flawed", "name": "demo", "endpointConfiguration": {"types": ["EDGE"]}}]},
    "GetResources": By("restApiId", {
        "rest-sound": _resources(
            authorizationType="AWS_IAM", requestValidatorId="v1",
            requestModels={"application/json": "Features"}),
        "rest-flawed": _resources(authorizationType="NONE", apiKeyRequired=True)}),
    "GetStages": By("restApiId", {
        "rest-sound": {"item": [{
            "stageName": "live", "cacheClusterEnabled": True, "tracingEnabled": True,
            "clientCertificateId": "c1", "variables": {"endpoint": "e-sound"},
            "webAclArn": arn("wafv2", "regional/webacl/ml/1"), "methodSettings": {"*/*": {
                "loggingLevel": "ERROR", "dataTraceEnabled": False, "cachingEnabled": True,
                "cacheDataEncrypted": True}}}]},
        "rest-flawed": {"item": [{
            "stageName": "test", "cacheClusterEnabled": True, "tracingEnabled": False,
            "variables": {"password": SECRET}, "methodSettings": {"*/*": {
                "loggingLevel": "OFF", "dataTraceEnabled": True, "cachingEnabled": True,
                "cacheDataEncrypted": False}}}]}}),
    "GetRequestValidators": {"items": [{"id": "v1", "name": "body", "validateRequestBody": True}]},
    "GetDomainNames": {"items": [
        {"domainName": "new.example.com", "securityPolicy": "TLS_1_2"},
        {"domainName": "old.example.com", "securityPolicy": "TLS_1_0"}]},
    "*": EMPTY,
}


def _link(**more):
    return {"Items": [{"IntegrationId": "i1", "IntegrationType": "HTTP_PROXY",
                       "ConnectionType": "VPC_LINK", "ConnectionId": "l1",
                       "IntegrationUri": arn("elasticloadbalancing", "listener/app/m/1/2"), **more}]}


HTTP = {
    "GetApis": {"Items": [
        {"ApiId": name, "Name": name, "ProtocolType": "HTTP",
         "RouteSelectionExpression": "$request.method $request.path"}
        for name in ("http-sound", "http-flawed")]},
    "GetRoutes": By("ApiId", {
        name: {"Items": [{"RouteId": "r1", "RouteKey": "POST /churn", "AuthorizationType": kind}]}
        for name, kind in (("http-sound", "JWT"), ("http-flawed", "NONE"))}),
    "GetIntegrations": By("ApiId", {
        "http-sound": _link(TlsConfig={"ServerNameToVerify": "models.example.com"}),
        "http-flawed": _link()}),
    "GetStages": By("ApiId", {
        "http-sound": {"Items": [{"StageName": "$default", "AccessLogSettings": {
            "DestinationArn": arn("logs", "log-group:http"), "Format": "$context.requestId"}}]},
        "http-flawed": {"Items": [{"StageName": "$default"}]}}),
    "*": EMPTY,
}


def _calls(service, *names):
    """The pattern of CIS for calls of one service, in an order and with blanks of our own."""
    either = "||".join(f"($.eventName={name})" for name in reversed(names))
    return f"{{({either}) && $.eventSource = \"{service}.amazonaws.com\"}}"


PATTERNS = {
    "unauthorized-api": '{($.errorCode="AccessDenied*")||($.errorCode="*UnauthorizedOperation")}',
    "iam-changes": _calls("iam", *(
        f"{verb}{noun}Policy" for verb in ("Delete", "Put", "Attach", "Detach")
        for noun in ("Group", "Role", "User")), "CreatePolicy", "DeletePolicy",
        "CreatePolicyVersion", "DeletePolicyVersion"),
    "cloudtrail-changes": _calls("cloudtrail", "*Trail", "StartLogging", "StopLogging"),
    "kms-deletion": _calls("kms", "DisableKey", "ScheduleKeyDeletion"),
    "bucket-policy": _calls("s3", *(
        f"{verb}Bucket{noun}" for verb in ("Put", "Delete")
        for noun in ("Acl", "Policy", "Cors", "Lifecycle", "Replication"))),
    "security-group": _calls("ec2", *(
        f"{verb}SecurityGroup{way}" for verb in ("Authorize", "Revoke")
        for way in ("Ingress", "Egress")), "CreateSecurityGroup", "DeleteSecurityGroup"),
}


def logs(training):
    """Return what CloudWatch Logs answers: of the training jobs, and of all that is here."""
    more = [{"logGroupName": f"/aws/sagemaker/{name}", "creationTime": milliseconds(300),
             "arn": arn("logs", f"log-group:/aws/sagemaker/{name}:*"), **members}
            for name, members in (
                ("Endpoints/e-sound", {"kmsKeyId": key_arn("cmk-1"), "retentionInDays": 400}),
                ("NotebookInstances", {"retentionInDays": 7}))]
    return training | {
        "DescribeLogGroups": {"logGroups": [*training["DescribeLogGroups"]["logGroups"], *more]},
        "DescribeResourcePolicies": {"resourcePolicies": [
            {"policyName": "delivery", "policyDocument": _policy(
                {"Service": "es.amazonaws.com"}, "logs:PutLogEvents",
                Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}})},
            {"policyName": "anybody", "policyDocument": _policy({"AWS": "*"}, "logs:*")}]},
        "DescribeMetricFilters": {"metricFilters": [
            {"filterName": name, "logGroupName": "trail", "filterPattern": pattern,
             "metricTransformations": [
                 {"metricName": name, "metricNamespace": "CIS", "metricValue": "1"}]}
            for name, pattern in PATTERNS.items()]},
        "*": EMPTY,
    }


def _alarm(name, *actions, namespace="CIS"):
    return {"AlarmName": name, "AlarmArn": arn("cloudwatch", f"alarm:{name}"), "MetricName": name,
            "Namespace": namespace, "ActionsEnabled": True, "AlarmActions": list(actions),
            "Threshold": 1.0, "ComparisonOperator": "GreaterThanOrEqualToThreshold"}


ALARMS = {"DescribeAlarms": {"MetricAlarms": [
    *(_alarm(name, arn("sns", "security")) for name in PATTERNS),
    _alarm("mute", namespace="AWS/SageMaker")]}}

REPOSITORIES = [
    {"CodeRepositoryName": f"code-{name}", "CreationTime": ago(200), "LastModifiedTime": ago(100),
     "CodeRepositoryArn": arn("sagemaker", f"code-repository/code-{name}"),
     "GitConfig": {"RepositoryUrl": f"https://git.example.com/{name}.git", "Branch": "main",
                   "SecretArn": arn("secretsmanager", f"secret:git-{name}-a1b2c3")}}
    for name in ("sound", "flawed")
]


def _secret(name, **members):
    return {"ARN": arn("secretsmanager", f"secret:git-{name}-a1b2c3"), "Name": f"git-{name}",
            "CreatedDate": ago(400), **members}


_SOUND = _secret(
    "sound", KmsKeyId=key_arn("cmk-1"), RotationEnabled=True, LastRotatedDate=ago(10),
    RotationRules={"AutomaticallyAfterDays": 30}, LastAccessedDate=ago(1))
_FLAWED = _secret("flawed", RotationEnabled=False, LastAccessedDate=ago(200))
SECRETS = {
    "DescribeSecret": By("SecretId", {one["ARN"]: one for one in (_SOUND, _FLAWED)}),
    "GetResourcePolicy": By("SecretId", {
        _SOUND["ARN"]: {"ARN": _SOUND["ARN"], "Name": "git-sound"},
        _FLAWED["ARN"]: {"ARN": _FLAWED["ARN"], "Name": "git-flawed", "ResourcePolicy": _policy(
            {"AWS": f"arn:aws:iam::{OTHER}:root"}, "secretsmanager:GetSecretValue")}}),
}


def _inspector(status):
    return {"BatchGetAccountStatus": {"accounts": [{
        "accountId": ACCOUNT, "state": {"status": status, "errorCode": "ALREADY_ENABLED",
                                        "errorMessage": ""},
        "resourceState": {part: {"status": status, "errorCode": "ALREADY_ENABLED",
                                 "errorMessage": ""} for part in ("ec2", "ecr")}}]}}


SERVICES = {
    "apigateway": REST, "apigatewayv2": HTTP, "secretsmanager": SECRETS,
    "guardduty": {
        "ListDetectors": {"DetectorIds": ["d1"]},
        "GetDetector": {"Status": "ENABLED", "ServiceRole": f"arn:aws:iam::{ACCOUNT}:role/guard",
                        "Features": [{"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}]}},
    "config": {
        "DescribeConfigurationRecorders": {"ConfigurationRecorders": [
            {"name": "default", "recordingGroup": {"allSupported": True}}]},
        "DescribeConfigurationRecorderStatus": {"ConfigurationRecordersStatus": [
            {"name": "default", "recording": True, "lastStatus": "Success"}]}},
    "securityhub": {"DescribeHub": {"HubArn": arn("securityhub", "hub/default")}},
    "inspector2": _inspector("ENABLED"),
}
ELSEWHERE = {"securityhub": {"DescribeHub": HUB_OFF}, "inspector2": _inspector("DISABLED")}

FAILS = {
    **{f"apigateway-{what}": {"rest-flawed"} for what in (
        "request-validation", "rest-authorizer", "rest-private", "stage-cache-encrypted",
        "stage-client-certificate", "stage-data-trace", "stage-logging",
        "stage-variable-secrets", "stage-waf", "stage-xray")},
    **{f"apigatewayv2-{what}": {"http-flawed"} for what in (
        "access-logging", "private-integration-https", "route-authorization")},
    "apigateway-domain-tls": {"old.example.com"},
    "cloudwatch-alarm-actions": {"mute"},
    **{rule: {US} for rule in (
        "config-recorder", "guardduty-enabled", "guardduty-s3-protection",
        "inspector-ecr-scanning", "securityhub-enabled")},
    "logs-group-kms": {"/aws/sagemaker/TrainingJobs", "/aws/sagemaker/NotebookInstances"},
    "logs-group-public-policy": {"anybody"},
    "logs-group-retention": {"/aws/sagemaker/NotebookInstances"},
    **{f"secretsmanager-{what}": {"git-flawed"} for what in (
        "cmk", "policy", "rotation", "unused")},
}
UNWATCHED = {f"cloudwatch-cis-alarm-{name}": {ACCOUNT} for name in PATTERNS}
