"""Who we are to AWS: credentials, partition, regions, clients, and the guard that only reads."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import boto3
import botocore.config
import botocore.exceptions
import botocore.parsers
import botocore.session
from botocore.model import OperationModel

import auditor
from auditor.aws.declared import mistyped
from auditor.aws.models import loader, reads
from auditor.aws.wire import SOUND, Parsers, read
from auditor.errors import AuditorError, nearest

_UNREACHED = (
    botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError,
)
_NO_ANSWER = (
    botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError,
    botocore.parsers.ResponseParserError,
)
# Operations whose body is no XML but a policy, which S3 takes and gives only as a JSON object.
JSON_BODIES = {"GetBucketPolicy"}


class ReadOnlyViolation(AuditorError):
    """A call that could change something, or hand out data, was about to leave the process."""


class MalformedAnswer(botocore.exceptions.BotoCoreError):  # type: ignore[misc]
    """AWS's answer is not what its protocol says: truncated, garbled, or somebody else's page."""

    fmt = "the answer is not {protocol}: {reason}"


def _busy(error: botocore.exceptions.ClientError) -> bool:
    """Tell whether an error says nothing about us, but that AWS is throttling or broken."""
    told = error.response
    code = str(told.get("Error", {}).get("Code", ""))
    status = int(told.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    return "Throttl" in code or status in (429, 500, 502, 503, 504) or code in (
        "RequestLimitExceeded", "TooManyRequestsException", "SlowDown",
    )


def only_read(model: OperationModel, **_: Any) -> None:
    """Refuse an operation that is not on the list of those that read (a ``before-call`` hook).

    Clients are made of models that have no other (``models.py``); this holds whatever the models.
    """
    service, operation = model.service_model.service_name, model.name
    if not reads(service, operation):
        raise ReadOnlyViolation(f"refused before it left: {service}:{operation} is not a read")


def sound_body(operation_model: OperationModel, response_dict: Any, **_: Any) -> None:
    """Refuse a body that botocore would silently read as empty (a ``before-parse`` hook).

    botocore parses truncated JSON and HTML pages with status 200 to ``{}``; a List answered so
    would be a clean account. Of what it parses it does not look at the types.
    """
    status, body = response_dict["status_code"], response_dict["body"]
    protocol = operation_model.service_model.resolved_protocol
    output = operation_model.output_shape
    if status >= 300 or output is None or operation_model.has_streaming_output:
        return
    payload = output.serialization.get("payload")
    plain = payload and output.members[payload].type_name in ("string", "blob")
    if operation_model.http["method"] == "HEAD":
        return
    if plain and operation_model.name not in JSON_BODIES:
        return  # the body is the value itself
    text = body.strip()
    if plain or protocol in ("json", "rest-json"):
        if not text and not output.members:
            return
        try:
            answer = read(text)
        except ValueError as error:
            raise MalformedAnswer(protocol="JSON", reason=str(error)) from None
        if not isinstance(answer, dict):
            raise MalformedAnswer(protocol="JSON", reason="it is no object")
        service = operation_model.service_model.service_name
        if wrong := "" if plain else mistyped(service, operation_model.name, answer):
            raise MalformedAnswer(protocol="JSON", reason=wrong)
        response_dict[SOUND] = answer
        return
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise MalformedAnswer(protocol="XML", reason=str(error)) from None
    if root.tag.rpartition("}")[2].lower() in ("html", "error"):
        raise MalformedAnswer(protocol="XML", reason=f"it is <{root.tag}>")


def bare_host(request: Any, **_: Any) -> None:
    """Take the account id off the host of a custom s3control endpoint.

    botocore's endpoint rules put it before any host; ``111122223333.127.0.0.1`` leads nowhere.
    The account still travels in the header ``x-amz-account-id``.
    """
    request.url = re.sub(r"^(https?://)\d{12}\.", r"\1", request.url)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who AWS says we are."""

    account: str
    arn: str
    partition: str


class Session:
    """One botocore session for the process, and its clients, made when first needed.

    boto3 sessions are not thread-safe, clients are; making one is done under a lock.
    """

    def __init__(
        self, profile: str | None = None, *, timeout: float = 30.0, connections: int = 96
    ) -> None:
        core = botocore.session.Session(profile=profile)
        core.register_component("data_loader", loader())
        core.register_component("response_parser_factory", Parsers())
        try:
            core.full_config  # noqa: B018 - reads the files now, so that errors come now
            if profile and profile not in core.available_profiles:
                raise AuditorError(
                    f"no AWS profile {profile}{nearest(profile, core.available_profiles)};"
                    " `aws configure list-profiles` shows them"
                )
        except botocore.exceptions.BotoCoreError as error:
            raise AuditorError(f"the AWS configuration cannot be read: {error}") from None
        events = core.get_component("event_emitter")
        events.register_first("before-call.*.*", only_read)
        events.register_first("before-parse.*.*", sound_body)
        events.register_first("before-parse.*.*", self._weigh)
        self._core = core
        self._boto = boto3.Session(botocore_session=core)
        self._config = botocore.config.Config(
            connect_timeout=min(timeout, 10.0), read_timeout=timeout,
            retries={"mode": "standard", "total_max_attempts": 1},  # pace.py retries
            max_pool_connections=connections,
            user_agent=f"sagemaker-auditor/{auditor.__version__} boto3/{boto3.__version__}",
            s3={"addressing_style": "auto"},
        )
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        self._weighed = threading.local()

    def _weigh(self, response_dict: Any, **_: Any) -> None:
        """Remember how long a body is, before anybody reads it (a ``before-parse`` hook)."""
        body = response_dict["body"]
        if isinstance(body, bytes):
            self._weighed.bytes = getattr(self._weighed, "bytes", 0) + len(body)

    def received(self) -> int:
        """Return how many bytes this thread was answered since it last asked."""
        size = int(getattr(self._weighed, "bytes", 0))
        self._weighed.bytes = 0
        return size

    def key(self) -> str:
        """Return the access key that signs the next call, "" where there is none.

        Credentials that can be renewed are renewed by this, where that is due.
        """
        try:
            credentials = self._core.get_credentials()
            return str(credentials.access_key) if credentials else ""
        except botocore.exceptions.BotoCoreError:
            return ""  # the call itself meets it too, and says so

    @property
    def default_region(self) -> str | None:
        """Return the region of the profile or the environment, if one is set."""
        region = self._core.get_config_variable("region")
        return str(region) if region else None

    def client(self, service: str, region: str) -> Any:
        """Return the client of a service in a region; always the same one."""
        with self._lock:
            found = self._clients.get((service, region))
            if found is None:
                found = self._boto.client(service, region_name=region, config=self._config)
                if service == "s3control" and self.custom_endpoint(found):
                    found.meta.events.register("before-sign.s3-control", bare_host)
                self._clients[service, region] = found
            return found

    def _patient(self, service: str, region: str) -> Any:
        """Return a client that retries by itself, for what is asked before pace.py begins."""
        config = self._config.merge(botocore.config.Config(retries={"mode": "standard"}))
        return self._boto.client(service, region_name=region, config=config)

    def custom_endpoint(self, client: Any) -> bool:
        """Tell whether a client was sent somewhere else than AWS."""
        host = urlsplit(str(client.meta.endpoint_url)).hostname or ""
        return not any(host.endswith(f".{suffix}") for suffix in self._suffixes())

    def _suffixes(self) -> set[str]:
        """Return what the names of AWS's hosts end in, in every partition."""
        outputs = [one["outputs"] for one in self._partitions()]
        return {one[suffix] for one in outputs for suffix in ("dnsSuffix", "dualStackDnsSuffix")}

    def main_region(self, partition: str = "") -> str:
        """Return where a partition (or botocore's first) answers for what has no region."""
        known = self._partitions()
        one = next((p for p in known if p["id"] == partition), known[0])
        return str(one["outputs"]["implicitGlobalRegion"])

    def partition_of(self, region: str) -> str:
        """Return the partition that names its regions so, "" where none does."""
        for one in self._partitions():
            if region in one["regions"] or re.fullmatch(one["regionRegex"], region):
                return str(one["id"])
        return ""

    def _partitions(self) -> Any:
        return self._core.get_component("data_loader").load_data("partitions")["partitions"]

    def caller(self, region: str | None = None) -> Caller:
        """Ask AWS who we are.

        Raises :class:`AuditorError` that says what to do where there are no credentials, they
        have expired, or AWS cannot be reached.
        """
        try:
            answer = self._identity(region)
        except botocore.exceptions.NoCredentialsError:
            raise AuditorError(
                "no AWS credentials: set AWS_PROFILE, pass --profile, or run `aws sso login`"
                " (to see the auditor at work without any: `auditor demo`)"
            ) from None
        except (botocore.exceptions.TokenRetrievalError, botocore.exceptions.SSOError) as error:
            raise AuditorError(
                f"the SSO session has ended: run `aws sso login` ({error})"
            ) from None
        except botocore.exceptions.ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if "Expired" in code:
                raise AuditorError(
                    f"the AWS credentials have expired ({code}): get new ones,"
                    " for example with `aws sso login`"
                ) from None
            if _busy(error):
                raise AuditorError(
                    f"AWS did not tell who we are, it is busy or throttles this account ({code}):"
                    " the credentials may be good; try again in a minute"
                ) from None
            raise AuditorError(
                f"AWS does not accept these credentials ({code}): check AWS_PROFILE,"
                " AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN, this machine's clock, and AWS_REGION"
                " where they are another partition's"
            ) from None
        except botocore.exceptions.BotoCoreError as error:
            raise AuditorError(f"AWS cannot be reached to ask who we are: {error}") from None
        return Caller(answer["Account"], answer["Arn"], answer["Arn"].split(":")[1])

    def _identity(self, region: str | None) -> Any:
        """Ask in a region, and where that fails in the partition's main one.

        A region that is not enabled for the account accepts nobody, and neither does one that a
        service control policy closes.
        """
        at = region or self.default_region or self.main_region()
        main = self.main_region(self.partition_of(at))
        try:
            return self._patient("sts", at).get_caller_identity()
        except botocore.exceptions.ClientError as error:
            if at == main or "Expired" in error.response.get("Error", {}).get("Code", ""):
                raise
        except _UNREACHED:
            if at == main:
                raise
        return self._patient("sts", main).get_caller_identity()

    def regions_of(self, service: str, partition: str) -> list[str]:
        """Return the regions of a partition where botocore knows the service."""
        return sorted(self._core.get_available_regions(service, partition))

    def regions(self, partition: str, asked: Sequence[str] = ()) -> list[str]:
        """Return the regions to scan: those asked for, or those enabled for the account.

        Raises :class:`AuditorError` for a region that is not one of the partition, and where
        AWS does not tell which are enabled: none is ever left out silently.
        """
        known = self.regions_of("sagemaker", partition)
        if asked:
            for region in asked:
                if region not in known:
                    raise AuditorError(
                        f"SageMaker has no region {region} in partition {partition}"
                        f"{nearest(region, known)}"
                    )
            return list(dict.fromkeys(asked))
        try:
            enabled = self._enabled(partition, known)
        except _NO_ANSWER as error:
            raise AuditorError(
                "AWS does not tell which regions are enabled for this account; allow"
                f" ec2:DescribeRegions or name the regions with --region ({error})"
            ) from None
        return [region for region in known if region in enabled]

    def _enabled(self, partition: str, known: Sequence[str]) -> set[str]:
        """Ask for the enabled regions, in one region after another: some may be closed to us."""
        first = [region for region in known if region == self.default_region]
        first_error: Exception | None = None
        for where in list(dict.fromkeys([*first, self.main_region(partition), *known]))[:4]:
            try:
                answer = self._patient("ec2", where).describe_regions()
            except _NO_ANSWER as error:
                first_error = first_error or error
                continue
            return {str(r["RegionName"]) for r in answer["Regions"]}
        assert first_error is not None
        raise first_error
