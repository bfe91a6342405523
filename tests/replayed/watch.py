"""GuardDuty, Macie, log groups, secrets."""

from auditor.kinds import BUCKET, NOTEBOOK
from auditor.rule import Other
from tests.replayed import differs, none, replay, row
from tests.replayed.keys import KEY_ARN, OWN_KEY
from tests.replayed.policies import OWNER, policy

USED = Other(NOTEBOOK, {"NotebookInstanceName": "n"})
BUCKETS = Other(BUCKET, {"Name": "b"})


def secret(**more):
    return {"ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s-a1b2c3", "Name": "s",
            **more}


TOPIC = "arn:aws:sns:eu-west-1:111122223333:t"


def inspector(*on):
    return {"Accounts": [{"accountId": "111122223333", "resourceState": {
        what: {"status": "ENABLED" if what in on else "DISABLED"}
        for what in ("ec2", "ecr", "lambdaCode")}}]}


def alarm(on, *actions):
    return {"AlarmName": "a", "ActionsEnabled": on, "AlarmActions": list(actions)}


def recorders(*recording, role="arn:aws:iam::111122223333:role/recorder"):
    return {
        "ConfigurationRecorders": [
            {"name": "default", "roleARN": role, "recordingGroup": {
                "allSupported": True,
                "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"}}}
            for _ in recording],
        "ConfigurationRecordersStatus": [
            {"name": "default", "recording": on, "lastStatus": "Success"} for on in recording]}


def analyzer(status):
    return {"arn": "arn:aws:access-analyzer:eu-west-1:111122223333:analyzer/a", "name": "a",
            "type": "ACCOUNT", "status": status}


REPLAYS = [
    replay(
        "guardduty_is_enabled", "guardduty-enabled",
        row("no detector", {"Detectors": []}, "fail", USED),
        row("a detector that is on", {"Detectors": [{"Status": "ENABLED"}]}, "pass", USED),
        row("a detector that is suspended", {"Detectors": [{"Status": "DISABLED"}]}, "fail", USED),
        row("a detector without a status", {"Detectors": [{}]}, "fail", USED),
    ),
    replay(
        "macie_is_enabled", "macie-enabled",
        row("off, with buckets", {}, "fail", BUCKETS),
        row("on", {"Session": {"status": "ENABLED"}}, "pass"),
        row("paused, no bucket", {"Session": {"status": "PAUSED"}}, "none",
            ours="not_applicable"),
        row("paused, with buckets", {"Session": {"status": "PAUSED"}}, "fail", BUCKETS),
        differs("off, no bucket", {}, "fail", "not_applicable", "scope",
                "Without a bucket in the region there is nothing for Macie to look at."),
    ),
    replay(
        "cloudwatch_log_group_retention_policy_specific_days_enabled", "logs-group-retention",
        none(),
        row("kept for ever", {"logGroupName": "/aws/sagemaker/Endpoints/e"}, "pass"),
        row("kept for 400 days",
            {"logGroupName": "/aws/sagemaker/Endpoints/e", "retentionInDays": 400}, "pass"),
        row("kept for 7 days",
            {"logGroupName": "/aws/sagemaker/Endpoints/e", "retentionInDays": 7}, "fail"),
    ),
    replay(
        "secretsmanager_automatic_rotation_enabled", "secretsmanager-rotation",
        none(),
        row("rotation off", secret(RotationEnabled=False), "fail"),
        row("rotation on, and it works", secret(
            RotationEnabled=True, LastRotatedDate="2026-01-20T00:00:00+00:00",
            RotationRules={"AutomaticallyAfterDays": 30}), "pass"),
        differs("rotation on, and no rotation yet", secret(
            RotationEnabled=True, RotationRules={"AutomaticallyAfterDays": 30}), "pass",
                "unknown", "unseen", "AWS does not say that it ever ran; that it works was not"
                " seen."),
    ),
    replay(
        "accessanalyzer_enabled", "accessanalyzer-external-enabled",
        row("no analyzer", {"Analyzers": []}, "fail", USED),
        row("one that is active", {"Analyzers": [analyzer("ACTIVE")]}, "pass", USED),
    ),
    replay(
        "securityhub_enabled", "securityhub-enabled",
        row("off", {}, "fail", USED),
        row("on, with standards or integrations", {"Hub": {
            "HubArn": "arn:aws:securityhub:eu-west-1:111122223333:hub/default"}}, "pass", USED),
        differs("on, without a standard or an integration", {"Hub": {
            "HubArn": "arn:aws:securityhub:eu-west-1:111122223333:hub/default"}}, "fail", "pass",
                "scope", "Ours asks whether it is on, as the control of AWS does.", USED),
    ),
    replay(
        "cloudwatch_log_group_kms_encryption_enabled", "logs-group-kms",
        none(),
        row("no key", {"logGroupName": "test"}, "fail"),
        row("a key", {"logGroupName": "test", "kmsKeyId": KEY_ARN}, "pass", OWN_KEY),
        differs("a key that is not there", {"logGroupName": "test", "kmsKeyId": "test_kms_id"},
                "pass", "fail", "AWS", "Nothing can be encrypted with a key that does not exist."),
    ),
    replay(
        "secretsmanager_not_publicly_accessible", "secretsmanager-policy",
        none(),
        row("the account itself", secret(Policy=policy(
            "secretsmanager:GetSecretValue", {"AWS": OWNER})), "pass"),
        row("anyone", secret(Policy=policy("secretsmanager:GetSecretValue")), "fail"),
    ),
    replay(
        "cloudwatch_alarm_actions_enabled", "cloudwatch-alarm-actions",
        none(),
        row("actions on", alarm(True, TOPIC), "pass"),
        row("actions off", alarm(False, TOPIC), "fail"),
    ),
    replay(
        "cloudwatch_alarm_actions_alarm_state_configured", "cloudwatch-alarm-actions",
        none(),
        row("an action for the alarm", alarm(True, TOPIC), "pass"),
        row("none", alarm(True), "fail"),
    ),
    replay(
        "guardduty_s3_protection_enabled", "guardduty-s3-protection",
        differs("no detector", {"Detectors": []}, "none", "fail", "fuller",
                "Without a detector nothing of S3 is watched either.", USED),
        row("protection off", {"Detectors": [{"Status": "ENABLED", "Features": [
            {"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}]}]}, "fail", USED),
        row("protection on", {"Detectors": [{"Status": "ENABLED", "Features": [
            {"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}]}]}, "pass", USED),
    ),
    replay(
        "config_recorder_all_regions_enabled", "config-recorder",
        row("no recorder", recorders(), "fail", USED),
        row("a recorder that is stopped", recorders(False), "fail", USED),
        row("a recorder that records", recorders(True), "pass", USED),
    ),
    replay(
        "secretsmanager_secret_unused", "secretsmanager-unused",
        none(),
        row("read 99 days ago", secret(LastAccessedDate="2025-10-24T00:00:00+00:00"), "fail"),
        row("read yesterday", secret(LastAccessedDate="2026-01-30T00:00:00+00:00"), "pass"),
        differs("just made, and never read", secret(CreatedDate="2026-01-31T00:00:00+00:00"),
                "fail", "not_applicable", "fuller", "A secret made this minute has had no time to be read;"
                " ours counts the days from its making."),
    ),
    replay(
        "inspector2_is_enabled", "inspector-ecr-scanning",
        row("off", inspector(), "fail", USED),
        row("on for everything", inspector("ec2", "ecr", "lambdaCode"), "pass", USED),
        row("on for all but ECR", inspector("ec2", "lambdaCode"), "fail", USED),
        differs("on for all but EC2", inspector("ecr", "lambdaCode"), "fail", "pass", "scope",
                "Ours asks whether the images of containers are scanned.", USED),
        differs("on for all but Lambda", inspector("ec2", "ecr"), "fail", "pass", "scope",
                "Ours asks whether the images of containers are scanned.", USED),
    ),
    replay(
        "macie_automated_sensitive_data_discovery_enabled", "macie-automated-discovery",
        differs("Macie is off", {}, "none", "fail", "fuller",
                "Where Macie is off nothing is discovered either.", BUCKETS),
        row("Macie on, discovery off", {"Session": {"status": "ENABLED"}, "AutomatedDiscovery": {
            "status": "DISABLED"}}, "fail", BUCKETS),
        row("Macie on, discovery on", {"Session": {"status": "ENABLED"}, "AutomatedDiscovery": {
            "status": "ENABLED"}}, "pass", BUCKETS),
    ),
    replay(
        "cloudwatch_log_group_not_publicly_accessible", "logs-group-public-policy",
        none(),
        row("anyone may do everything",
            {"policyName": "p", "policyDocument": policy("logs:*")}, "fail"),
        row("a statement without a principal",
            {"policyName": "p", "policyDocument": policy("logs:*", None)}, "pass"),
    ),
    replay(
        "config_recorder_using_aws_service_role", "config-recorder",
        differs("no recorder", recorders(), "none", "fail", "scope",
                "Ours asks first whether anything is recorded.", USED),
        differs("a recorder that is stopped", recorders(False), "none", "fail", "scope",
                "Ours asks first whether anything is recorded.", USED),
        row("the role that AWS keeps for Config", recorders(
            True, role="arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/"
            "AWSServiceRoleForConfig"), "pass", USED),
        differs("a role of one's own", recorders(
            True, role="arn:aws:iam::111122223333:role/recorder"), "fail", "pass", "scope",
                "Whether it records is ours to say; a role of one's own may do that as well.",
                USED),
    ),
]
