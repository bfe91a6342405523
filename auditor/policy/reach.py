"""How far an identity reaches: everything, whole services, all data, every key, the logs.

Each looks for a request on something that nobody named, or anywhere where that is said; Deny, the
boundary and conditions count as everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from .answer import Answer, Identity
from .decide import Found
from .escalation import anywhere
from .explain import witness
from .globs import GaveUp
from .identity import FRESH_ACTION, Documents, documents_of, first, granted
from .model import Statement
from .solve import Domain

# A service, a region and a kind of resource that nobody names.
_ALL: Final = f"{FRESH_ACTION}:fresh-region-1:{{account}}:{{name}}/{{name}}"


def full_access(identity: Identity) -> Answer:
    """Say whether an Allow grants every action on every resource, as CIS and AWS Config read it.

    Its conditions do not matter; a Deny or a boundary does where it takes all of it away.
    """
    documents = documents_of(identity)
    if isinstance(documents, Answer):
        return documents
    found = first(
        documents, (f"{FRESH_ACTION}:{FRESH_ACTION}",), shape=_ALL, counts=_positive
    )
    if isinstance(found, Answer):
        return found
    if found is None:
        return Answer(False, "no statement grants every action on every resource")
    statement = found.statements[0]
    keys = ", ".join(condition.name for condition in statement.conditions)
    held = f", under a condition on {keys}" if keys else ""
    because = f"{statement.place} grants every action on every resource{held}"
    return Answer(True, because, statement.label, witness(found))


def _positive(statement: Statement) -> bool:
    """Say whether a statement grants what it names, rather than all but what it names."""
    return not statement.not_action and not statement.not_resource


# Services that are named first where a statement grants them all.
_COMMON: Final = ("s3", "iam", "ec2", "sagemaker", "kms", "lambda", "sts", "logs", "dynamodb")
# Where a service's ARNs have no region or account; the service authorization reference.
_SHAPES: Final = {"s3": "s3:::{name}", "iam": "iam::{account}:{name}/{name}"}


def service_wildcard(identity: Identity, *, services: Collection[str] = ()) -> Answer:
    """Say whether an identity is granted every action of a service on all its resources.

    ``services`` are those that count ("sagemaker", "s3"); without them every one does. A statement
    that grants everything, or all but some actions, grants whole services too.
    """
    documents = documents_of(identity)
    if isinstance(documents, Answer):
        return documents
    doubt: Answer | None = None
    for service in services or _services(documents):
        shape = _SHAPES.get(service, f"{service}:fresh-region-1:{{account}}:{{name}}/{{name}}")
        found = first(documents, (f"{service}:{FRESH_ACTION}",), shape=shape)
        if isinstance(found, Answer):
            doubt = found
        elif found:
            statement = found.statements[0]
            because = f"{statement.place} grants every action of {service} on all its resources"
            return Answer(True, because, statement.label, witness(found))
    which = " or ".join(services) or "any service"
    return doubt or Answer(False, f"it is not granted every action of {which} on all resources")


def _services(documents: Documents) -> Iterator[str]:
    """Yield the services that could be granted whole: those named with a wildcard, and common ones
    where a statement names all.
    """
    seen = set()
    every = False
    for statement in documents.grants.statements:
        if not statement.allow:
            continue
        every |= statement.not_action or statement.actions is None
        for action in statement.actions or ():
            service, colon, name = action.lower().partition(":")
            if "*" in service or "?" in service or not colon:
                every = True
            elif "*" in name and service not in seen and not statement.not_action:
                seen.add(service)
                yield service
    if every:
        yield from (service for service in _COMMON if service not in seen)


# Reads of what is stored, and what they read; the service authorization reference.
DATA_READS: Final = {
    "s3:GetObject": "s3:::{name}/object",
    "s3:GetObjectVersion": "s3:::{name}/object",
    "secretsmanager:GetSecretValue": "secretsmanager:{region}:{account}:secret:{name}",
    "ssm:GetParameter": "ssm:{region}:{account}:parameter/{name}",
    "ssm:GetParameters": "ssm:{region}:{account}:parameter/{name}",
    "ssm:GetParametersByPath": "ssm:{region}:{account}:parameter/{name}",
    "dynamodb:GetItem": "dynamodb:{region}:{account}:table/{name}",
    "dynamodb:Query": "dynamodb:{region}:{account}:table/{name}",
    "dynamodb:Scan": "dynamodb:{region}:{account}:table/{name}",
    "sagemaker:GetRecord": "sagemaker:{region}:{account}:feature-group/{name}",
    "sagemaker:BatchGetRecord": "sagemaker:{region}:{account}:feature-group/{name}",
}


def data_wildcard(identity: Identity, *, actions: Collection[str] = ()) -> Answer:
    """Say whether an identity may read stored data whichever it is: objects, secrets, tables.

    ``actions`` are those that count, of ``DATA_READS``; without them all do.
    """
    documents = documents_of(identity)
    if isinstance(documents, Answer):
        return documents
    doubt: Answer | None = None
    for action in actions or DATA_READS:
        found = first(documents, (action,), shape=DATA_READS[action])
        if isinstance(found, Answer):
            doubt = found
        elif found:
            return granted(found, "data that no policy names")
    return doubt or Answer(False, "it may not read data that no policy names")


# KMS guide, "Key policies and IAM policies": what turns ciphertext into plaintext, or into
# ciphertext under a key of one's own.
_DECRYPTS: Final = ("kms:Decrypt", "kms:ReEncryptFrom")


def decrypts_any_key(identity: Identity) -> Answer:
    """Say whether an identity may decrypt with a key that no policy names.

    A condition on the key's tags or aliases names it; others, kms:ViaService too, do not.
    """
    documents = documents_of(identity)
    if isinstance(documents, Answer):
        return documents
    fixed = {
        "kms:resourcealiases": Domain(present=False), "kms:requestalias": Domain(present=False)
    }
    shape = "kms:{region}:{account}:key/{name}"
    found = first(documents, _DECRYPTS, shape=shape, fixed=fixed)
    if isinstance(found, Answer):
        return found
    if found is None:
        return Answer(False, "it may not decrypt with a key that no policy names")
    return granted(found, "a key that no policy names")


# What stops or removes the records of who did what, and those who look at them.
STOPS_TRAILS: Final = (
    "cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "cloudtrail:UpdateTrail",
    "cloudtrail:PutEventSelectors", "cloudtrail:DeleteEventDataStore",
    "cloudtrail:StopEventDataStoreIngestion",
)
DELETES_LOGS: Final = (
    "logs:DeleteLogGroup", "logs:DeleteLogStream", "logs:DeleteRetentionPolicy",
    "logs:PutRetentionPolicy", "logs:DeleteSubscriptionFilter", "logs:DeleteMetricFilter",
)
STOPS_WATCHING: Final = (
    "config:StopConfigurationRecorder", "config:DeleteConfigurationRecorder",
    "config:DeleteDeliveryChannel", "guardduty:DeleteDetector", "guardduty:UpdateDetector",
    "guardduty:StopMonitoringMembers", "securityhub:DisableSecurityHub", "macie2:DisableMacie",
    "access-analyzer:DeleteAnalyzer", "ec2:DeleteFlowLogs", "cloudwatch:DeleteAlarms",
    "cloudwatch:DisableAlarmActions",
)
STOPS_MONITORS: Final = (
    "sagemaker:DeleteMonitoringSchedule", "sagemaker:StopMonitoringSchedule",
)


def tampers_logs(
    identity: Identity,
    *, actions: Collection[str] = (*STOPS_TRAILS, *DELETES_LOGS, *STOPS_WATCHING, *STOPS_MONITORS),
) -> Answer:
    """Say whether an identity may stop or remove what records and watches, anywhere at all.

    ``actions`` are those that count: ``STOPS_TRAILS`` and the others, or any.
    """
    documents = documents_of(identity)
    if isinstance(documents, Answer):
        return documents
    return _somewhere(documents, tuple(actions), "tamper with logs, trails or monitors")


def may(identity: Identity, *actions: str) -> Answer:
    """Say whether an identity may do one of these actions on anything at all."""
    documents = documents_of(identity)
    if isinstance(documents, Answer):
        return documents
    return _somewhere(documents, actions, f"do any of {', '.join(actions)}")


def _somewhere(documents: Documents, actions: Sequence[str], aim: str) -> Answer:
    doubt: Answer | None = None
    for action, found in anywhere(documents, actions):
        if isinstance(found, GaveUp):
            doubt = Answer(None, f"whether it may {action} could not be decided: {found}")
        elif found:
            statement = found.statements[0]
            because = f"it may {aim}: {action} on {found.request.resource} ({statement.place})"
            return Answer(True, because, statement.label, witness(found))
    return doubt or Answer(False, f"it may not {aim}")


_READS: Final = ("s3:GetObject", "s3:GetObjectVersion")
_FOREIGN: Final = ("999988887777", "777766665555")


def exfiltrates(identity: Identity) -> Answer:
    """Say whether an identity may read objects and write them to another account's bucket.

    The reading may be anywhere, the writing must be to a bucket that no policy names and that
    another account owns: a condition on aws:ResourceAccount or its organization holds it back.
    """
    documents = documents_of(identity)
    if isinstance(documents, Answer):
        return documents
    read = _somewhere(documents, _READS, "read objects")
    if not read.answer:
        return read
    foreign = tuple(one for one in _FOREIGN if one != documents.account)
    fixed = {"owner": Domain(False, values=foreign), "owner organization": Domain(present=False)}
    found: Found | Answer | None = first(
        documents, ("s3:PutObject",), shape="s3:::{name}/object", fixed=fixed
    )
    if isinstance(found, Answer):
        return found
    if found is None:
        return Answer(False, "it may write to no bucket of another account that no policy names")
    place = found.statements[0].place
    because = f"{read.because}, and s3:PutObject on any bucket of another account ({place})"
    return Answer(True, because, found.statements[0].label, witness(found))
