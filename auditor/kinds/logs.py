"""CloudWatch and EventBridge: what is logged, for how long, and who is told."""

from __future__ import annotations

from auditor.kind import IN_USE, Kind, Link
from auditor.shapes import cloudwatch, events, logs

from .sagemaker_jobs import TRAINING_JOB
from .sagemaker_serving import ENDPOINT, INFERENCE_COMPONENT
from .storage import KEY

TRAINING_LOGS = "/aws/sagemaker/TrainingJobs"

# Logs and filters are many; only what SageMaker writes to is of interest.
LOG_GROUP = Kind(
    "AWS::Logs::LogGroup", logs.LogGroup, service="logs", lists="DescribeLogGroups",
    list_given={"logGroupNamePrefix": "/aws/sagemaker/"}, items="logGroups", describes="",
    id="logGroupName", arn="arn:{partition}:logs:{region}:{account}:log-group:{name}",
    on_demand=IN_USE, links=(Link("kmsKeyId", KEY),),
)
# One of each instance of each training job; a page of fifty tells of as many jobs, where asking for
# each job would be a call a job. The last event is what CloudWatch Logs sorts by, newest first. A
# stream that was seen is not asked for again until it grows.
LOG_STREAM = Kind(
    "AWS::Logs::LogStream", logs.LogStream, service="logs", lists="DescribeLogStreams",
    list_given={"logGroupName": TRAINING_LOGS, "orderBy": "LastEventTime", "descending": True},
    items="logStreams", describes="", id="logStreamName", arn="arn", on_demand=IN_USE,
    created="lastEventTimestamp", settled="lastEventTimestamp", recent=90,
    off=("ResourceNotFoundException",), links=(Link("logStreamName", TRAINING_JOB),),
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
# What CloudWatch counted of one variant or inference component, a value a day of INVOCATIONS.recent
# days. Not listed: the variants of a region are asked about together (auditor/aws/measure.py).
INVOCATIONS = Kind(
    "AWS::CloudWatch::MetricData", cloudwatch.MetricDataResult, service="cloudwatch", lists="",
    describes="", id="Label", recent=90,
    arn="arn:{partition}:cloudwatch:{region}:{account}:metric-data/{name}",
    links=(
        Link("[Label][?@ && starts_with(@, 'endpoint/')]", ENDPOINT),
        Link("[Label][?@ && starts_with(@, 'inference-component/')]", INFERENCE_COMPONENT),
    ),
)
