"""How often AWS lets an account call each operation, where AWS has written it down.

A row is a fact with its source. What no page of AWS's tells has no row: such an operation is
called freely until AWS first says that it is too fast (``pace.py``).
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

SHARE = 0.5  # what we take of each; the rest is for whoever works in the account

SAGEMAKER = "AWS General Reference, Amazon SageMaker AI endpoints and quotas"
CLOUDTRAIL = "AWS CloudTrail User Guide, Quotas in AWS CloudTrail: Get, describe, and list APIs"
KMS = "AWS KMS Developer Guide, Request quotas"
EC2 = "Amazon EC2 Developer Guide, Request throttling for the Amazon EC2 API"
LAMBDA = "AWS Lambda Developer Guide, Lambda quotas: API requests"
API_GATEWAY = "Amazon API Gateway Developer Guide, Amazon API Gateway quotas: managing an API"
SECRETS = "AWS Secrets Manager User Guide, AWS Secrets Manager quotas"
LOGS = "Amazon CloudWatch Logs User Guide, CloudWatch Logs quotas"
CLOUDWATCH = "Amazon CloudWatch User Guide, CloudWatch service quotas"


@dataclass(frozen=True, slots=True)
class Quota:
    """What one account may ask in one region.

    ``operation`` is a pattern over the names of ``service``'s operations. Up to ``burst`` calls
    may come at once; ``rate`` of them are given back each second. Operations of rows with the
    same ``together`` draw on one allowance; others have one each.
    """

    service: str
    operation: str
    rate: float
    source: str
    burst: float = 0.0  # 0 = AWS tells a rate only
    together: str = ""


# The first row that fits counts.
QUOTAS = (
    Quota("sagemaker", "ListTrainingJobs", 2, SAGEMAKER),  # not adjustable
    Quota("cloudtrail", "(Get|Describe|List)(?!InsightsMetricData).*", 10, CLOUDTRAIL),
    Quota("kms", "DescribeKey|GetPublicKey|ListResourceTags", 2000, KMS),
    Quota("kms", "GetKeyPolicy|GetKeyRotationStatus", 1000, KMS),
    Quota("kms", "ListAliases|ListKeys", 500, KMS),
    Quota("kms", "ListGrants|ListKeyPolicies|ListKeyRotations|ListRetirableGrants", 100, KMS),
    Quota("kms", "DescribeCustomKeyStores|GetKeyLastUsage", 5, KMS),
    Quota(
        "ec2", "Describe(Instances|InstanceStatus|NetworkInterfaces|SecurityGroups|Snapshots"
        "|SpotInstanceRequests|Volumes)", 10, EC2, burst=50,  # asked without filter or pages
    ),
    Quota("ec2", "DescribeSecurityGroupReferences|DescribeStaleSecurityGroups", 5, EC2, burst=20),
    Quota("ec2", "(Describe|List|Search|Get).*", 20, EC2, burst=100),
    Quota("lambda", "GetFunction", 100, LAMBDA),
    Quota("lambda", "GetPolicy", 15, LAMBDA),
    Quota("lambda", "(Get|List).*", 15, LAMBDA, together="lambda control plane"),
    Quota("apigateway", "GetResources", 2.5, API_GATEWAY),
    Quota("apigateway", "Get.*", 10, API_GATEWAY, burst=40, together="API Gateway management"),
    Quota("apigatewayv2", "Get.*", 10, API_GATEWAY, burst=40, together="API Gateway management"),
    Quota("secretsmanager", "GetResourcePolicy", 50, SECRETS),
    Quota("secretsmanager", "DescribeSecret", 10_000, SECRETS),
    Quota("logs", "DescribeLogGroups", 10, LOGS),
    Quota("logs", "DescribeLogStreams", 25, LOGS),
    Quota(
        "logs", "Describe(Destinations|ExportTasks|MetricFilters|SubscriptionFilters)"
        "|GetDataProtectionPolicy|GetTransformer|ListTagsForResource|ListTagsLogGroup", 5, LOGS,
    ),
    Quota("cloudwatch", "DescribeAlarms", 9, CLOUDWATCH),
    Quota("cloudwatch", "DescribeAlarmHistory", 20, CLOUDWATCH),
    Quota("cloudwatch", "GetMetricData", 50, CLOUDWATCH),
)


@cache
def quota(service: str, operation: str) -> Quota | None:
    """Return the documented quota of an operation, or None where AWS tells none."""
    for row in QUOTAS:
        if row.service == service and re.fullmatch(row.operation, operation):
            return row
    return None


class Allowance:
    """Our share of a quota: in no stretch of time do we take more of it than that.

    A stretch is the time in which AWS gives back a whole burst (a second, where AWS tells a rate
    only); in none of them are more calls let go than the share of the burst, and never fewer than
    one at a time. Safe to use from many threads.
    """

    def __init__(self, quota: Quota, share: float, clock: Callable[[], float]) -> None:
        burst = quota.burst or quota.rate
        self.abreast = max(1, int(share * burst))
        self.stretch = max(burst / quota.rate, self.abreast / (share * quota.rate))
        self._clock = clock
        self._turns: deque[float] = deque(maxlen=self.abreast)
        self._lock = threading.Lock()

    def book(self) -> float:
        """Book the next turn that is free and return the seconds until then."""
        with self._lock:
            now = self._clock()
            turn = now
            if self._turns:
                turn = max(turn, self._turns[-1])
            if len(self._turns) == self.abreast:
                turn = max(turn, self._turns[0] + self.stretch)
            self._turns.append(turn)
            return turn - now
