"""An AWS account to try the auditor on: moto's server, filled with a world and held to the truth.

`python -m auditor.aws.demo` runs it in a process of its own, so that the scanning process never
holds a client that could write. It prints one line of JSON saying where it listens and serves
until its standard input ends, so that it never outlives whoever started it.

moto imitates AWS well, but not everywhere. `Truth` stands between it and the network and puts
right what a security audit would otherwise judge wrongly; each correction says what moto does.
"""

from __future__ import annotations

import functools
import json
import os
import re
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from io import BytesIO
from types import FrameType
from typing import Any
from urllib.parse import parse_qs

from auditor.aws import demo_world as world
from auditor.aws.demo_estate import Refusal
from auditor.aws.demo_services import OURS, Services
from auditor.aws.demo_services import understand as whose

MISSING = "auditor demo needs moto: pip install 'sagemaker-auditor[demo]'"
READS = ("get", "list", "describe", "head", "search", "batchget", "lookup", "assumerole")
"""How the names of operations begin that leave an account as it is."""
MOTO_DEFAULT_KEY = "Default key"
"""How moto describes the keys that it makes up for alias/aws/*."""
S3_NAMES = "http://s3.amazonaws.com/doc/2006-03-01/"
STARTED = datetime.now(UTC).replace(microsecond=0)
NO_OPERATION = "UnknownOperationException", 404, "the demo's AWS does not know this operation"


@dataclass
class Call:
    """One request, as far as the corrections need to understand it."""

    service: str
    region: str
    method: str
    path: str
    query: str
    operation: str
    parameters: dict[str, Any] = field(default_factory=dict)
    botocore: str = ""  # botocore's name of a service that moto is not asked about


@dataclass
class Answer:
    """One answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the body as data."""
        data: dict[str, Any] = json.loads(self.body or b"{}")
        return data

    def say(self, data: Any) -> Answer:
        """Return the same answer with another body."""
        return Answer(self.status, self.headers, json.dumps(data).encode())


def understand(environ: dict[str, Any]) -> Call:
    """Read which operation of which service is called; the body stays readable."""
    credential = re.search(
        r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/", environ.get("HTTP_AUTHORIZATION", "")
    )
    region, service = credential.groups() if credential else ("us-east-1", "")
    method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "/")
    call = Call(service, region, method, path, environ.get("QUERY_STRING", ""), "")
    kind, target = environ.get("CONTENT_TYPE", ""), environ.get("HTTP_X_AMZ_TARGET", "")
    form = kind.startswith("application/x-www-form-urlencoded")
    if target or form or service == "account":
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        if not form:
            call.operation, call.parameters = target.rpartition(".")[2], json.loads(body or b"{}")
        else:
            call.parameters = {key: value[0] for key, value in parse_qs(body.decode()).items()}
            call.operation = call.parameters.get("Action", "")
    elif service == "s3" and path.startswith("/v20180820/"):
        call.service = "s3control"
    if service in OURS:
        call.botocore, call.operation, told = whose(
            service, method, path, call.operation or f"{method} {path}"
        )
        query = {name: value[0] for name, value in parse_qs(call.query).items()}
        call.parameters = {**query, **call.parameters, **told}
    if not call.operation:
        first = call.query.partition("&")[0].partition("=")[0] if service == "s3" else path
        call.operation = f"{method} {first}"
    return call


def data(body: Any) -> Answer:
    """Return an answer in JSON."""
    text = json.dumps(body).encode()
    return Answer(200, [("Content-Type", "application/x-amz-json-1.1")], text)


def xml(body: str) -> Answer:
    """Return an answer in XML."""
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode()
    return Answer(200, [("Content-Type", "application/xml")], text)


def refusal(call: Call, status: int, code: str, message: str) -> Answer:
    """Return an error in the words of the service's protocol."""
    error = f"<Code>{code}</Code><Message>{message}</Message>"
    if call.service == "s3":
        answer = xml(f"<Error>{error}</Error>")
    elif call.service == "ec2":
        answer = xml(f"<Response><Errors><Error>{error}</Error></Errors></Response>")
    elif call.service in {"s3control", "iam", "sts", "monitoring", "sns"}:
        answer = xml(f"<ErrorResponse><Error>{error}</Error></ErrorResponse>")
    else:
        answer = data({"__type": code, "message": message})
        answer.headers.append(("x-amzn-ErrorType", code))
    answer.status = status
    return answer


class Truth:
    """The WSGI application: moto's, with what it gets wrong put right.

    Until `seal` it also remembers what is created, and then refuses to change anything.
    """

    def __init__(self, moto: Callable[..., Iterable[bytes]]) -> None:
        """Stand in front of moto's application."""
        self._moto = moto
        self._sealed = False
        self._services: Services | None = None
        self._created: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._instead: dict[tuple[str, str], Callable[[Call], Answer | None]] = {
            ("account", "POST /listRegions"): self._list_regions,
            ("sagemaker", "ListNotebookInstanceLifecycleConfigs"): self._lifecycles,
            ("sagemaker", "ListMonitoringSchedules"): self._monitoring_schedules,
            ("sagemaker", "DescribeMonitoringSchedule"): self._monitoring_schedule,
        }
        self._amend: dict[tuple[str, str], Callable[[Call, Answer], Answer]] = {
            ("ec2", "DescribeRegions"): _enabled_regions,
            ("ec2", "DescribeVpcBlockPublicAccessOptions"): _block_off,
            ("tagging", "GetResources"): self._tags,
            ("sts", "GetCallerIdentity"): _caller,
            ("kms", "DescribeKey"): _aws_managed,
            ("kms", "GetKeyRotationStatus"): _rotates,
            ("kms", "GetKeyPolicy"): _default_policy,
            ("s3", "GET encryption"): _encrypted_by_default,
            ("s3", "GET versioning"): _mfa_delete,
            ("s3", "GET notification"): _to_eventbridge,
            ("cloudtrail", "DescribeTrails"): _trail_selectors,
            ("cloudtrail", "GetEventSelectors"): _management_events,
            ("cloudtrail", "GetInsightSelectors"): _no_insights,
            ("cloudtrail", "GetTrailStatus"): _log_delivery,
        }

    def seal(self, services: Services) -> None:
        """Let nobody change the world from now on, and have the rest of it answered too."""
        self._services = services
        self._sealed = True

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        call = understand(environ)
        answer = self._answer(call, environ)
        headers = [pair for pair in answer.headers if pair[0].lower() != "content-length"]
        headers.append(("Content-Length", str(len(answer.body))))
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [] if call.method == "HEAD" else [answer.body]

    def _answer(self, call: Call, environ: dict[str, Any]) -> Answer:
        told = self._table(call)
        if told:
            return told
        if call.service == "s3" and call.path.split("/")[1] in world.FOREIGN_BUCKETS:
            # moto knows one account, so a bucket of another one would be missing, not forbidden.
            return refusal(call, 403, "AccessDenied", "Access Denied")
        instead = self._instead.get((call.service, call.operation))
        answer = instead(call) if instead else None
        if answer:
            return answer
        if self._sealed and not _reads(call):
            return refusal(call, 403, "AccessDeniedException", "the demo's AWS is read-only")
        answer = self._ask(environ)
        if call.service == "s3control" and "/accesspoint" in call.path:
            return _access_points(call, answer)
        amend = self._amend.get((call.service, call.operation))
        if amend:
            return amend(call, answer)
        if answer.status in (404, 500) and answer.body[:14].lower() == b"<!doctype html":
            return self._unknown(call)
        if call.service == "sagemaker" and answer.status == 200:
            return self._sagemaker(call, answer)
        return answer

    def _ask(self, environ: dict[str, Any]) -> Answer:
        """Return moto's own answer."""
        head: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            head[:] = [int(status.split()[0]), headers]

        body = b"".join(self._moto(environ, start))
        return Answer(head[0], head[1], body)

    def _unknown(self, call: Call) -> Answer:
        """Answer what moto never implemented: an error that is not worth a retry.

        moto says 500 or a page of HTML. A list that it does not know is empty here, as it would
        be for any account that uses none of that.
        """
        said = self._services.nothing(call.service, call.operation) if self._services else None
        if isinstance(said, dict):
            return data(said)
        said = said or Refusal(*NO_OPERATION)
        return refusal(call, said.status, said.code, said.message)

    def _sagemaker(self, call: Call, answer: Answer) -> Answer:
        """Describe what was created, with every member that it was created with.

        moto drops members (PlatformIdentifier, InstanceMetadataServiceConfiguration,
        Environment, ShadowProductionVariants, a model's EnableNetworkIsolation …), says `{}` or
        `[]` where AWS says nothing, and has no endpoints without a model.
        """
        verb, noun = re.match(r"(Create|Describe)?(.*)", call.operation).groups()  # type: ignore[union-attr]
        key = call.region, noun, call.parameters.get(f"{noun}Name", "")
        if verb == "Create":
            self._created[key] = call.parameters
        if verb != "Describe":
            return answer
        members = _shapes(call.operation).members
        said = {name: value for name, value in answer.json().items() if value not in (None, {}, [])}
        given = {k: v for k, v in self._created.get(key, {}).items() if k in members}
        merged = {**said, **given}
        if noun == "NotebookInstance" and "SubnetId" in merged:
            merged["NetworkInterfaceId"] = "eni-0" + world.derived(key[2], 16, "0123456789abcdef")
        if noun == "EndpointConfig" and key[2] in world.COMPONENT_CONFIGS:
            for variant in merged["ProductionVariants"]:
                variant.pop("ModelName", None)
        if noun == "Endpoint":
            for variant in merged["ProductionVariants"]:
                variant.setdefault("CurrentWeight", 0.0)  # moto drops a weight of none
                variant.setdefault("DesiredWeight", 0.0)
            if capture := merged.get("DataCaptureConfig"):
                capture["CaptureStatus"] = "Started" if capture["EnableCapture"] else "Stopped"
                capture["CurrentSamplingPercentage"] = 20
        return answer.say(merged)

    def _lifecycles(self, call: Call) -> Answer:
        """List the lifecycle configurations; moto cannot."""
        from moto.sagemaker.models import sagemaker_backends

        known = sagemaker_backends[world.ACCOUNT][call.region]
        items = [
            {
                "NotebookInstanceLifecycleConfigName": name,
                "NotebookInstanceLifecycleConfigArn": each.arn,
                "CreationTime": each.creation_time.replace(tzinfo=UTC).timestamp(),
                "LastModifiedTime": each.last_modified_time.replace(tzinfo=UTC).timestamp(),
            }
            for name, each in known.notebook_instance_lifecycle_configurations.items()
        ]
        return data({"NotebookInstanceLifecycleConfigs": items})

    def _monitoring_schedules(self, call: Call) -> Answer:
        """List the monitoring schedules; moto has none."""
        wanted = call.parameters.get("EndpointName")
        endpoints = [name for region, name in world.MONITORED if region == call.region]
        items = [_schedule(call.region, name) for name in endpoints if wanted in (None, name)]
        return data({"MonitoringScheduleSummaries": items})

    def _monitoring_schedule(self, call: Call) -> Answer:
        """Describe a monitoring schedule; moto has none."""
        here = [
            _schedule(region, name) for region, name in world.MONITORED if region == call.region
        ]
        for each in here:
            if each["MonitoringScheduleName"] == call.parameters.get("MonitoringScheduleName"):
                same = ("MonitoringJobDefinitionName", "MonitoringType")
                config = {name: each[name] for name in same}
                config["ScheduleConfig"] = {"ScheduleExpression": "cron(0 * ? * * *)"}
                return data({**each, "MonitoringScheduleConfig": config})
        return refusal(call, 400, "ResourceNotFound", "there is no such monitoring schedule")

    def _table(self, call: Call) -> Answer | None:
        """Answer what is not moto's to say; None where it is."""
        if self._services is None or not _reads(call):
            return None
        service, region = call.botocore or call.service, call.region
        said = self._services.answer(service, region, call.operation, call.parameters)
        if said is None and call.botocore:
            said = self._services.nothing(service, call.operation) or Refusal(*NO_OPERATION)
        if isinstance(said, Refusal):
            return refusal(call, said.status, said.code, said.message)
        return None if said is None else data(said)

    def _tags(self, call: Call, answer: Answer) -> Answer:
        """Add to the last page of tags those of what moto does not have."""
        said = answer.json()
        if answer.status != 200 or said.get("PaginationToken") or self._services is None:
            return answer
        wanted = call.parameters.get("ResourceARNList")
        types = call.parameters.get("ResourceTypeFilters")
        said["ResourceTagMappingList"] += [
            each for each in self._services.tags(call.region)
            if (wanted is None or each["ResourceARN"] in wanted)
            and (types is None or any(_is_of(each["ResourceARN"], name) for name in types))
        ]
        return answer.say(said)

    def _list_regions(self, call: Call) -> Answer:
        """List the regions of the account; moto's `account` cannot."""
        from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

        words = {"not-opted-in": "DISABLED", "opt-in-not-required": "ENABLED_BY_DEFAULT"}
        wanted = call.parameters.get("RegionOptStatusContains") or words.values()
        items = [
            {"RegionName": each.name, "RegionOptStatus": words.get(each.opt_in_status, "ENABLED")}
            for each in RegionsAndZonesBackend.regions
        ]
        return data({"Regions": [each for each in items if each["RegionOptStatus"] in wanted]})


def _reads(call: Call) -> bool:
    """Whether the operation leaves the account as it is."""
    if call.path.startswith("/moto-api"):
        return False
    if " " in call.operation:
        return call.method in ("GET", "HEAD")
    return call.operation.lower().startswith(READS)


@functools.cache
def _shapes(operation: str) -> Any:
    """Return botocore's shape of what an operation of SageMaker answers."""
    return _sagemaker_model().operation_model(operation).output_shape


@functools.cache
def _sagemaker_model() -> Any:
    import botocore.session

    return botocore.session.get_session().get_service_model("sagemaker")


def _is_of(arn: str, kind: str) -> bool:
    """Whether an ARN is of a type such as `sagemaker:domain`, or of a service."""
    service, what = arn.split(":", 5)[2::3]
    return kind in (service, f"{service}:{what.partition('/')[0]}")


def _schedule(region: str, endpoint: str) -> dict[str, Any]:
    name = f"{endpoint}-data-quality"
    made = (STARTED - timedelta(days=7)).timestamp()
    return {
        "MonitoringScheduleName": name,
        "MonitoringScheduleArn": (
            f"arn:aws:sagemaker:{region}:{world.ACCOUNT}:monitoring-schedule/{name}"
        ),
        "MonitoringScheduleStatus": "Scheduled",
        "MonitoringType": "DataQuality",
        "MonitoringJobDefinitionName": f"{name}-definition",
        "EndpointName": endpoint,
        "CreationTime": made,
        "LastModifiedTime": made,
    }


# --- corrections of single answers --------------------------------------------------------------


def _enabled_regions(call: Call, answer: Answer) -> Answer:
    """Leave out the regions that are not enabled, unless all were asked for; moto lists them."""
    if call.parameters.get("AllRegions") == "true":
        return answer
    items = re.findall(rb"<item>.*?</item>", answer.body, re.DOTALL)
    body = answer.body
    for item in items:
        if b"not-opted-in" in item:
            body = body.replace(item, b"")
    return Answer(answer.status, answer.headers, body)


def _caller(call: Call, answer: Answer) -> Answer:
    """Be the audit role; moto says that everyone is a user called moto."""
    body = answer.body.replace(b":user/moto", b":assumed-role/SecurityAudit/auditor-demo")
    body = re.sub(rb"<UserId>[^<]*", b"<UserId>AROA5DEMODEMODEMODEMO:auditor-demo", body)
    return Answer(answer.status, answer.headers, body)


def _aws_managed(call: Call, answer: Answer) -> Answer:
    """Say that alias/aws/* is managed by AWS; moto says that it is the customer's."""
    said = answer.json()
    metadata = said.get("KeyMetadata", {})
    if metadata.get("Description") != MOTO_DEFAULT_KEY:
        return answer
    return answer.say({"KeyMetadata": {**metadata, "KeyManager": "AWS"}})


def _default_policy(call: Call, answer: Answer) -> Answer:
    """Say the one policy that a key has; moto wants to hear its name, `default`, first."""
    from moto.kms.models import kms_backends

    keys = kms_backends[world.ACCOUNT][call.region].keys
    key = keys.get(str(call.parameters.get("KeyId", "")).rpartition("/")[2])
    return answer if key is None else data({"Policy": key.policy, "PolicyName": "default"})


def _block_off(call: Call, answer: Answer) -> Answer:
    """Say that nothing blocks the internet from the VPCs; moto does not know the question."""
    return xml(
        '<DescribeVpcBlockPublicAccessOptionsResponse xmlns="http://ec2.amazonaws.com/doc/'
        '2016-11-15/"><vpcBlockPublicAccessOptions><internetGatewayBlockMode>off'
        "</internetGatewayBlockMode><state>default-state</state><exclusionsAllowed>allowed"
        "</exclusionsAllowed></vpcBlockPublicAccessOptions>"
        "</DescribeVpcBlockPublicAccessOptionsResponse>"
    )


def _rotates(call: Call, answer: Answer) -> Answer:
    """Say that keys managed by AWS rotate; moto says that they do not."""
    from moto.kms.models import kms_backends

    keys = kms_backends[world.ACCOUNT][call.region].keys
    key = keys.get(str(call.parameters.get("KeyId", "")).rpartition("/")[2])
    if answer.status != 200 or key is None or key.description != MOTO_DEFAULT_KEY:
        return answer
    return answer.say({**answer.json(), "KeyRotationEnabled": True, "RotationPeriodInDays": 365})


def _encrypted_by_default(call: Call, answer: Answer) -> Answer:
    """Say SSE-S3 where nothing is set, as AWS does since 2023; moto says that nothing is set."""
    if b"ServerSideEncryptionConfigurationNotFoundError" not in answer.body:
        return answer
    return xml(
        f'<ServerSideEncryptionConfiguration xmlns="{S3_NAMES}"><Rule>'
        "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
        "</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled>"
        "</Rule></ServerSideEncryptionConfiguration>"
    )


def _mfa_delete(call: Call, answer: Answer) -> Answer:
    """Say which buckets want a second factor before they forget; moto drops it."""
    if call.path.split("/")[1] not in world.MFA_DELETE_BUCKETS:
        return answer
    body = answer.body.replace(b"</Status>", b"</Status><MfaDelete>Enabled</MfaDelete>")
    return Answer(answer.status, answer.headers, body)


def _to_eventbridge(call: Call, answer: Answer) -> Answer:
    """Say which buckets tell EventBridge; moto forgets it, for it is an empty element."""
    told = [name for name, *_, settings in world.BUCKETS if settings.keys() & world.EVENTS.keys()]
    if call.path.split("/")[1] not in told:
        return answer
    return xml(
        f'<NotificationConfiguration xmlns="{S3_NAMES}"><EventBridgeConfiguration/>'
        "</NotificationConfiguration>"
    )


def _access_points(call: Call, answer: Answer) -> Answer:
    """Keep access points in their region; moto has all of them in us-east-1."""
    mine = [name for name, region, *_ in world.ACCESS_POINTS if region == call.region]
    name = call.path.partition("/accesspoint/")[2].partition("/")[0]
    if name and call.method == "GET" and name not in mine:
        return refusal(call, 404, "NoSuchAccessPoint", "The specified accesspoint does not exist")
    body = answer.body
    for item in re.findall(rb"<AccessPoint>.*?</AccessPoint>", body, re.DOTALL):
        if not any(f"<Name>{each}</Name>".encode() in item for each in mine):
            body = body.replace(item, b"")
    body = body.replace(b"us-east-1", call.region.encode())
    return Answer(answer.status, answer.headers, body)


def _trail_selectors(call: Call, answer: Answer) -> Answer:
    """Say whether a trail has selectors of its own; moto always says that it has none."""
    said = answer.json()
    for trail in said.get("trailList", ()):
        own = _trail(trail["TrailARN"])
        trail["HasCustomEventSelectors"] = bool(own and own.advanced_event_selectors)
        trail["HasInsightSelectors"] = bool(own and own.insight_selectors)
    return answer.say(said)


def _management_events(call: Call, answer: Answer) -> Answer:
    """Say AWS's default selector where none is set, and only one of the two lists."""
    if answer.status != 200:
        return answer
    said = {name: value for name, value in answer.json().items() if value}
    if not {"EventSelectors", "AdvancedEventSelectors"} & set(said):
        said["EventSelectors"] = [
            {
                "ReadWriteType": "All",
                "IncludeManagementEvents": True,
                "DataResources": [],
                "ExcludeManagementEventSources": [],
            }
        ]
    return answer.say(said)


def _no_insights(call: Call, answer: Answer) -> Answer:
    """Refuse where a trail has no Insights, as AWS does; moto says nothing at all."""
    if answer.status == 200 and not answer.json().get("InsightSelectors"):
        return refusal(call, 400, "InsightNotEnabledException", "Insights is not enabled")
    return answer


def _log_delivery(call: Call, answer: Answer) -> Answer:
    """Say when a trail last wrote to CloudWatch Logs; moto does not, and says times as ''."""
    said = {name: value for name, value in answer.json().items() if value != ""}
    trail = _trail(str(call.parameters.get("Name", "")))
    if said.get("IsLogging") and trail and trail.cw_log_group_arn:
        said["LatestCloudWatchLogsDeliveryTime"] = time.time()
    return answer.say(said)


def _trail(name: str) -> Any:
    from moto.cloudtrail.models import cloudtrail_backends

    every = (backend.trails for backend in cloudtrail_backends[world.ACCOUNT].values())
    found = (trail for trails in every for trail in trails.values())
    return next((trail for trail in found if name in (trail.arn, trail.trail_name)), None)


# --- what no API lets one create ----------------------------------------------------------------


def seed() -> None:
    """Put AWS's own policies, keys and regions there.

    moto has none of the policies, or a thousand and a second's wait, and more regions enabled
    than an account has that opted in to none.
    """
    from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
    from moto.iam.aws_managed_policies import aws_managed_policies_data
    from moto.iam.models import AWSManagedPolicy, iam_backends
    from moto.kms.utils import RESERVED_ALIASES

    here = [
        each for each in RegionsAndZonesBackend.regions if not re.match("cn-|us-gov-", each.name)
    ]
    RegionsAndZonesBackend.regions[:] = here
    for region in here:
        on = region.name in world.ENABLED_REGIONS
        region.opt_in_status = "opt-in-not-required" if on else "not-opted-in"
    RESERVED_ALIASES.append("alias/aws/sagemaker")
    backend, published = iam_backends[world.ACCOUNT]["aws"], json.loads(aws_managed_policies_data)
    for name in world.AWS_POLICIES:
        policy = AWSManagedPolicy.from_data(name, world.ACCOUNT, "aws", published[name])
        backend.aws_managed_policies.append(policy)
        backend.managed_policies[policy.arn] = policy


def backdate() -> None:
    """Give everything the age and the state it would have; moto made it all just now."""
    from moto.sagemaker.models import sagemaker_backends

    now = STARTED.replace(tzinfo=None)
    for region in world.REGIONS:
        known = sagemaker_backends[world.ACCOUNT][region]
        for table in (
            known.notebook_instances, known.notebook_instance_lifecycle_configurations,
            known.training_jobs, known._models, known.endpoint_configs, known.endpoints,
        ):  # fmt: skip
            for name, thing in table.items():
                made = now - world.AGES.get(name, 7) * world.DAY
                thing.creation_time = thing.last_modified_time = made
                if table is known.training_jobs:
                    thing.training_start_time = made + timedelta(minutes=4)
                    thing.training_end_time = made + timedelta(minutes=95)
                    thing.last_modified_time = min(thing.training_end_time, now)
                    for phase in thing.secondary_status_transitions:
                        phase["StartTime"] = phase["EndTime"] = made
                    for metric in thing.final_metric_data_list:
                        metric["Timestamp"] = thing.last_modified_time
                for member, value in world.STATES.get(name, {}).items():
                    setattr(thing, member, value)


# --- the process --------------------------------------------------------------------------------


def clients(url: str) -> world.Clients:
    """Return where `fill` gets its clients: one each, all of them talking to ``url`` only."""
    import boto3
    from botocore.config import Config

    session = boto3.session.Session("AKIA" + "DEMO", "demo", region_name=world.EU)
    config = Config(retries={"max_attempts": 0}, proxies={})

    def bare(request: Any, **_: Any) -> None:
        """Take the account off the front of the host name: 127.0.0.1 has no subdomains."""
        request.url = request.url.replace(f"//{world.ACCOUNT}.", "//")

    @functools.cache
    def client(service: str, region: str) -> Any:
        made = session.client(service, region_name=region, endpoint_url=url, config=config)
        made.meta.events.register("before-sign.s3-control", bare)
        return made

    return client


def serve() -> tuple[str, Truth]:
    """Start answering on a free port of this machine; return its URL and the application."""
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    quiet: Any = type("Quiet", (MotoRequestHandler,), {"log": lambda *_: None})

    def create(service: Any) -> Any:
        made = create_backend_app(service)
        made.debug = False
        made.logger.disabled = True
        return made

    truth = Truth(DomainDispatcherApplication(create))
    server = make_server("127.0.0.1", 0, truth, threaded=True, request_handler=quiet)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}", truth


def read_models_once() -> None:
    """Let boto3 and moto share what they read; reading each model twice takes a third of the start.

    Only this process, which nobody else's code runs in, is touched by it.
    """
    from botocore.loaders import JSONFileLoader

    read = functools.cache(JSONFileLoader().load_file)
    JSONFileLoader.load_file = lambda _, path: read(path)


def forget_the_machine() -> None:
    """Drop what the environment says about AWS and proxies: this process talks to itself."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "MOTO_")) or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ.update(
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        MOTO_ACCOUNT_ID=world.ACCOUNT,
        MOTO_EC2_LOAD_DEFAULT_AMIS="false",
    )


def main() -> int:
    """Serve the demo's AWS until standard input ends or a signal comes."""

    def stop(_: int, __: FrameType | None) -> None:
        raise SystemExit(0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    forget_the_machine()
    read_models_once()
    warnings.simplefilter("ignore")
    try:
        url, truth = serve()
        seed()
    except ImportError:
        print(MISSING, file=sys.stderr)
        return 2
    ids = world.fill(clients(url))
    backdate()
    truth.seal(Services(ids))
    print(
        json.dumps({"url": url, "account": world.ACCOUNT, "regions": list(world.REGIONS)}),
        flush=True,
    )
    while os.read(sys.stdin.fileno(), 4096):
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
