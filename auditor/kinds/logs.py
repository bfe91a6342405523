"""CloudWatch and EventBridge: what is logged, for how long, and who is told."""

from __future__ import annotations

from auditor.kind import IN_USE, Kind, Link
from auditor.shapes import cloudwatch, events, logs

from .storage import KEY

# Logs and filters are many; only what SageMaker writes to is of interest.
LOG_GROUP = Kind(
    "AWS::Logs::LogGroup", logs.LogGroup, service="logs", lists="DescribeLogGroups",
    list_given={"logGroupNamePrefix": "/aws/sagemaker/"}, items="logGroups", describes="",
    id="logGroupName", arn="arn:{partition}:logs:{region}:{account}:log-group:{name}",
    on_demand=IN_USE, links=(Link("kmsKeyId", KEY),),
)
LOGS_POLICY = Kind(
    "AWS::Logs::ResourcePolicy", logs.ResourcePolicy, service="logs",
    lists="DescribeResourcePolicies", items="resourcePolicies", describes="", id="policyName",
    arn="arn:{partition}:logs:{region}:{account}:resource-policy/{name}", on_demand=IN_USE,
)
# A trail's log group may lie where no ML is: its filters and alarms are listed in every region.
METRIC_FILTER = Kind(
    "AWS::Logs::MetricFilter", logs.MetricFilter, service="logs", lists="DescribeMetricFilters",
    items="metricFilters", describes="", id="{logGroupName}/{filterName}",
    arn="arn:{partition}:logs:{region}:{account}:metric-filter:{name}",
)
ALARM = Kind(
    "AWS::CloudWatch::Alarm", cloudwatch.MetricAlarm, service="cloudwatch",
    lists="DescribeAlarms", items="MetricAlarms", describes="", id="AlarmName", arn="AlarmArn",
)
EVENT_RULE = Kind(
    "AWS::Events::Rule", events.Rule, service="events", lists="ListRules", items="Rules",
    describes="", id="Name", arn="Arn", on_demand=IN_USE,
)
