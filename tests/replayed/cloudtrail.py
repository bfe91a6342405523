"""CloudTrail: trails."""

from auditor.kinds import ALARM, BUCKET, METRIC_FILTER, NOTEBOOK, PORTFOLIO, TRAIL
from auditor.rule import Other
from tests.replayed import differs, none, replay, row
from tests.replayed.keys import KEY_ARN, OWN_KEY

GROUP = "arn:aws:logs:eu-west-1:111122223333:log-group:trail:*"
USED = Other(NOTEBOOK, {"NotebookInstanceName": "n"})
EVERYTHING = {"AdvancedEventSelectors": [], "EventSelectors": [
    {"ReadWriteType": "All", "IncludeManagementEvents": True}]}


def trail(region="eu-west-1", *, logging=True, everywhere=False, **more):
    return {
        "Name": "t", "TrailARN": f"arn:aws:cloudtrail:{region}:111122223333:trail/t",
        "HomeRegion": region, "S3BucketName": "logs", "IsMultiRegionTrail": everywhere,
        "Status": {"IsLogging": logging}, "Selectors": EVERYTHING, **more}


def logs(*grants):
    return Other(BUCKET, {"Name": "logs", "Acl": {"Grants": [
        {"Grantee": {"Type": "CanonicalUser", "ID": "owner"}, "Permission": "FULL_CONTROL"},
        *grants]}})


def there(region="eu-west-1", **more):
    return Other(TRAIL, trail(region, **more), region=region)


INTO_LOGS = there(everywhere=True, CloudWatchLogsLogGroupArn=GROUP)
FILTER = Other(METRIC_FILTER, {
    "filterName": "f", "logGroupName": "trail", "filterPattern":
    "{($.eventSource = kms.amazonaws.com) && "
    "(($.eventName = DisableKey) || ($.eventName = ScheduleKeyDeletion))}",
    "metricTransformations": [
        {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}]})

SCANNED = Other(PORTFOLIO, {})  # each region that is scanned has one

REPLAYS = [
    replay(
        "cloudtrail_multi_region_enabled", "cloudtrail-multi-region",
        row("no trail", {}, "fail"),
        row("two trails of one region each, neither logging", {}, "fail",
            there(logging=False), there("us-east-1", logging=False)),
        row("a trail of all regions that logs, another that does not", {}, "pass",
            there(everywhere=True), there("us-east-1", logging=False)),
        differs("in its region a trail of that region logs", {}, "pass", "fail", "scope",
                "What happens in another region is not written down; theirs passes each region"
                " that has a trail of its own, ours asks of the account.", there()),
        row("in a region without a trail, while another region has one", {}, "fail",
            there("us-east-1")),
        row("the trails were refused", {}, "none", ours="unknown", reason="unseen",
            why="Whether there is a trail was not seen; silence would look like a clean account.",
            refused=[TRAIL]),
    ),
    replay(
        "cloudtrail_kms_encryption_enabled", "cloudtrail-kms-encryption",
        none(),
        row("no key", trail(), "fail"),
        row("a key", trail(KmsKeyId=KEY_ARN), "pass", OWN_KEY),
    ),
    replay(
        "cloudtrail_log_file_validation_enabled", "cloudtrail-log-validation",
        none(),
        row("validation off", trail(LogFileValidationEnabled=False), "fail"),
        row("validation on", trail(LogFileValidationEnabled=True), "pass"),
    ),
    replay(
        "cloudtrail_insights_exist", "cloudtrail-insights",
        none(),
        row("no insights", trail(), "fail"),
        row("insights of the error rate",
            trail(Insights={"InsightSelectors": [{"InsightType": "ApiErrorRateInsight"}]}),
            "pass"),
    ),
    replay(
        "cloudtrail_cloudwatch_logging_enabled", "cloudtrail-cloudwatch-logs",
        none(),
        row("delivered within the day", trail(
            CloudWatchLogsLogGroupArn=GROUP, Status={
                "IsLogging": True,
                "LatestCloudWatchLogsDeliveryTime": "2026-01-30T23:00:00+00:00"}), "pass"),
        row("delivered two days ago", trail(
            CloudWatchLogsLogGroupArn=GROUP, Status={
                "IsLogging": True,
                "LatestCloudWatchLogsDeliveryTime": "2026-01-29T00:00:00+00:00"}), "fail"),
        row("never delivered", trail(), "fail"),
    ),
    replay(
        "cloudwatch_log_metric_filter_disable_or_scheduled_deletion_of_kms_cmk",
        "cloudwatch-cis-alarm-kms-deletion",
        row("no log group", {}, "fail", USED),
        row("a trail without a log group", {}, "fail", USED, there(everywhere=True)),
        row("a trail with a log group", {}, "fail", USED, INTO_LOGS, SCANNED),
        row("a filter and no alarm", {}, "fail", USED, INTO_LOGS, FILTER),
        differs("a filter and an alarm that tells nobody", {}, "pass", "fail", "fuller",
                "An alarm without an action changes its colour in a console and tells nobody.",
                USED, INTO_LOGS, FILTER, Other(ALARM, {
                    "AlarmName": "a", "MetricName": "m", "Namespace": "n", "Threshold": 2.0,
                    "ComparisonOperator": "GreaterThanThreshold", "ActionsEnabled": True,
                    "AlarmActions": []})),
    ),
    replay(
        "cloudtrail_logs_s3_bucket_is_not_publicly_accessible", "cloudtrail-bucket-public",
        none(),
        row("nobody else may read", trail(), "pass", logs()),
        row("everyone may read", trail(), "fail", logs({
            "Grantee": {"Type": "Group",
                        "URI": "http://acs.amazonaws.com/groups/global/AllUsers"},
            "Permission": "READ"})),
        row("one other user may read", trail(), "pass", logs({
            "Grantee": {"Type": "CanonicalUser", "ID": "other"}, "Permission": "READ"})),
        row("a bucket of another account", trail(), "manual", Other(
            BUCKET, {"Name": "logs"}, owner="444455556666", names=("logs",)), ours="unknown"),
    ),
    replay(
        "cloudtrail_bucket_requires_mfa_delete", "cloudtrail-bucket-object-lock",
        none(),
        row("neither MFA delete nor a lock", trail(), "fail", logs()),
        row("MFA delete", trail(), "pass", Other(BUCKET, {
            "Name": "logs", "Versioning": {"Status": "Enabled", "MFADelete": "Enabled"}})),
        row("a bucket of another account", trail(), "manual", Other(
            BUCKET, {"Name": "logs"}, owner="444455556666", names=("logs",)), ours="unknown"),
    ),
]
