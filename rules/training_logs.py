"""What training jobs printed: whether it is to be found in CloudWatch Logs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import LOG_GROUP, LOG_STREAM, TRAINING_JOB, TRAINING_LOGS
from auditor.rule import Other, Sample, rule
from auditor.shape import when
from auditor.shapes.sagemaker import DescribeTrainingJobResponse as TrainingJob
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import MONITORING
from ._training import living

# The order by last event, by which streams are listed, lags behind: "typically less than an hour
# [...] but in rare situations might take longer" (API reference of DescribeLogStreams).
_LATE = timedelta(hours=12)


def _job(**members: Any) -> dict[str, Any]:
    """Return a job that ran for two hours, for the samples."""
    return {
        "TrainingJobName": "churn-7", "TrainingJobStatus": "Completed",
        "TrainingStartTime": "2026-01-20T08:00:00+00:00",
        "TrainingEndTime": "2026-01-20T10:00:00+00:00",
        "SecondaryStatusTransitions": [
            {"Status": "Training", "StartTime": "2026-01-20T08:05:00+00:00"}],
        **members,
    }


_GROUP = Other(LOG_GROUP, {"logGroupName": TRAINING_LOGS, "creationTime": 1_700_000_000_000})


@rule(
    "sagemaker-training-logging",
    "The job's log is in CloudWatch",
    on=TRAINING_JOB,
    severity=Severity.MEDIUM,
    controls=MONITORING,
    fix="The log of a job that ended cannot be had any more. Let the role of the next one write it:"
        " logs:CreateLogGroup, logs:CreateLogStream and logs:PutLogEvents on"
        " `arn:{partition}:logs:{region}:{account}:log-group:/aws/sagemaker/*`; where jobs run in a"
        " VPC without a way out, give it an endpoint of com.amazonaws.{region}.logs. Then run the"
        " job anew and delete this one's record: `aws sagemaker delete-training-job"
        " --training-job-name {name} --region {region}`.",
    good=Sample(_job(), (Other(LOG_STREAM, {
        "logStreamName": "churn-7/algo-1-1768896300", "lastEventTimestamp": 1_768_903_000_000}),)),
    bad=[
        Sample(_job(), (_GROUP,)),
        _job(),
    ],
)
@living
def is_logged(job: Resource[TrainingJob]) -> Verdict:
    """What a training container prints is the only record of what it did: which data it opened,
    which packages it fetched, why it failed. SageMaker sends it to CloudWatch Logs with the job's
    role, also under network isolation; a role that may not write logs loses it, and the job
    succeeds all the same. Streams are listed by their last event, as far back as 90 days; of an
    older job, or one whose log's retention is over, the lack of a stream says nothing.
    """
    if job.used_by(LOG_STREAM):
        return Pass()
    if job.data.TrainingJobStatus in ("InProgress", "Stopping"):
        return NotApplicable(f"TrainingJobStatus is {job.data.TrainingJobStatus}")
    started, ended = job.data.TrainingStartTime, job.data.TrainingEndTime
    steps = [step.Status for step in job.data.SecondaryStatusTransitions or ()]
    if "Training" not in steps and job.data.TrainingJobStatus != "Completed" and (
        steps or started is None
    ):
        return NotApplicable("the job ended before its container ran, so there was nothing to log")
    if started is None or ended is None:
        raise Unseen(f"AWS does not tell when {job.name} ran")
    group = job.named(LOG_GROUP, TRAINING_LOGS)
    days = LOG_STREAM.recent
    if group is not None:
        days = min(days, group.data.retentionInDays or days)
    scanned = when(group.seen if group else job.seen)
    if started < scanned - timedelta(days=days):
        return NotApplicable(f"the job started more than {days} days before the scan: streams of"
                             " that age are not listed, or deleted by the group's retention")
    if group is None:
        return Fail(f"TrainingEndTime is {ended:%Y-%m-%d}, and there is no log group"
                    f" {TRAINING_LOGS} in {job.region}: no job's log arrives there")
    made = group.data.creationTime
    if made and when(made) > ended:
        return NotApplicable(f"{TRAINING_LOGS} was made after the job had ended")
    if scanned - ended < _LATE:
        return NotApplicable("the job ended less than 12 hours before the scan: its log may not be"
                             " listed yet")
    return Fail(f"TrainingEndTime is {ended:%Y-%m-%d}, and no stream of {TRAINING_LOGS} begins with"
                f" {job.name}/: what the job printed was lost, or it printed nothing")
