"""The services that look for trouble: whether they look where machine learning is used."""

from __future__ import annotations

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import (
    CONFIG,
    GUARDDUTY,
    INSPECTOR,
    SECURITY_HUB,
    ConfigRecorders,
    GuardDuty,
    Inspector,
    SecurityHub,
)
from auditor.rule import Sample, rule
from auditor.shapes.config import ConfigurationRecorder, ConfigurationRecorderStatus
from auditor.shapes.guardduty import GetDetectorResponse
from auditor.verdict import Fail, Pass, Severity, Verdict

from ._controls import LENS, MONITORING, NIST, RMF
from ._use import A_NOTEBOOK, unused

_WATCHED = {LENS: MONITORING[LENS], RMF: MONITORING[RMF]}
_ALL = {"allSupported": True, "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"}}
_SAGEMAKER = "AWS::SageMaker::"


def _recorder(recording: bool = True, **group: object) -> dict[str, object]:
    return {
        "ConfigurationRecorders": [{"name": "default", "recordingGroup": {**_ALL, **group}}],
        "ConfigurationRecordersStatus": [
            {"name": "default", "recording": recording, "lastStatus": "Success"}],
    }  # fmt: skip


@rule(
    "config-recorder",
    "AWS Config records every type of resource",
    on=CONFIG,
    severity=Severity.CRITICAL,
    controls=_WATCHED | {
        NIST: ["CM-3", "CM-6(1)", "CM-8", "CM-8(2)"],
        "AWS FSBP": ["Config.1"],
        "CIS AWS v1.4": ["3.5"],
        "CIS AWS v3.0": ["3.3"],
        "CIS AWS v5.0": ["3.3"],
        "CIS AWS v6.0": ["4.3"],
        "CIS AWS v7.0": ["4.3"],
    },
    fix="`aws configservice put-configuration-recorder --region {region} --configuration-recorder"
    " name=default,roleARN=ROLE_ARN --recording-group allSupported=true`, `aws configservice"
    " put-delivery-channel`, then `aws configservice start-configuration-recorder --region"
    " {region} --configuration-recorder-name default`. Where deliveries fail, lastErrorMessage of"
    " `aws configservice describe-configuration-recorder-status --region {region}` says why.",
    good=_recorder(),
    bad=[
        Sample(
            {"ConfigurationRecorders": [], "ConfigurationRecordersStatus": []}, (A_NOTEBOOK,)
        ),
        Sample(_recorder(recording=False), (A_NOTEBOOK,)),
        Sample(_recorder(
            allSupported=False,
            recordingStrategy={"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
            exclusionByResourceTypes={"resourceTypes": ["AWS::SageMaker::Model"]},
        ), (A_NOTEBOOK,)),
    ],
)  # fmt: skip
def configuration_is_recorded(config: Resource[ConfigRecorders]) -> Verdict:
    """What an endpoint, a model or a role looked like last month is known only if it was recorded.

    Config keeps each change, and the rules of others (Security Hub's among them) are judged on
    what it records: types that it leaves out pass unseen.
    """
    recorders = config.data.ConfigurationRecorders
    states = config.data.ConfigurationRecordersStatus
    if recorders is None or states is None:
        raise Unseen("the configuration recorders were not seen")
    # a service's own recorder (INTERNAL) writes for that service alone
    ours = [one for one in recorders if one.recordingScope != "INTERNAL"]
    wrong = {}
    for one in ours:
        why, grave = _unrecorded(one, states)
        if not why:
            return Pass(f"the recorder {one.name} records all types")
        wrong[f"the recorder {one.name} {why}"] = grave
    nothing = unused(config, config.region)
    if nothing:
        return nothing
    if not wrong:
        return Fail(f"there is no configuration recorder in {config.region}")
    return Fail("; ".join(wrong), None if all(wrong.values()) else Severity.MEDIUM)


def _unrecorded(
    one: ConfigurationRecorder, states: list[ConfigurationRecorderStatus]
) -> tuple[str, bool]:
    """Return what a recorder misses, "" for nothing, and whether SageMaker is part of it."""
    state = next((s for s in states if s.name == one.name), None)
    if state is None or state.recording is None:
        raise Unseen(f"whether the recorder {one.name} records was not seen")
    if not state.recording:
        return "is stopped (recording is false)", True
    if state.lastStatus and state.lastStatus.lower() == "failure":
        return f"fails (lastStatus is {state.lastStatus}, {state.lastErrorCode})", True
    group = one.recordingGroup
    if group is None:
        raise Unseen(f"what the recorder {one.name} records was not seen")
    if group.allSupported:
        return "", False
    excluded = group.exclusionByResourceTypes
    left_out = (excluded.resourceTypes or []) if excluded else []
    if left_out:
        grave = any(name.startswith(_SAGEMAKER) for name in left_out)
        return f"leaves out {', '.join(left_out)}", grave
    strategy = group.recordingStrategy
    if strategy and strategy.useOnly == "EXCLUSION_BY_RESOURCE_TYPES":
        return "", False  # excludes nothing
    listed = group.resourceTypes or []
    models = sum(name.startswith(_SAGEMAKER) for name in listed)
    return f"records {len(listed)} listed types, {models} of them SageMaker's", True


# -- GuardDuty


@rule(
    "guardduty-enabled",
    "GuardDuty is on",
    on=GUARDDUTY,
    severity=Severity.HIGH,
    controls=_WATCHED | {
        NIST: [
            "AC-2(12)", "AU-6(1)", "AU-6(5)", "CA-7", "CM-8(3)", "RA-3(4)", "SA-11(1)",
            "SA-11(6)", "SA-15(2)", "SA-15(8)", "SA-8(19)", "SA-8(21)", "SA-8(25)", "SC-5",
            "SC-5(1)", "SC-5(3)", "SI-20", "SI-3(8)", "SI-4", "SI-4(1)", "SI-4(13)", "SI-4(2)",
            "SI-4(22)", "SI-4(25)", "SI-4(4)", "SI-4(5)",
        ],
        "AWS FSBP": ["GuardDuty.1"],
        "AWS Config": ["guardduty-enabled-centralized"],
    },
    fix="`aws guardduty create-detector --enable --region {region}`, or `aws guardduty"
    " update-detector --detector-id DETECTOR_ID --enable --region {region}` where it is suspended.",
    good={"Detectors": [{"Status": "ENABLED"}]},
    bad=[
        Sample({"Detectors": []}, (A_NOTEBOOK,)),
        Sample({"Detectors": [{"Status": "DISABLED"}]}, (A_NOTEBOOK,)),
    ],
)
def guardduty_is_on(region: Resource[GuardDuty]) -> Verdict:
    """Credentials of a notebook's role that are used from elsewhere look like any other call.

    GuardDuty knows whose addresses are whose and what an account usually does: it tells of
    stolen role credentials, of mining on GPUs and of trails that were switched off.
    """
    if any(one.Status == "ENABLED" for one in _detectors(region)):
        return Pass()
    return unused(region, region.region) or Fail(_off(region))


def _detectors(region: Resource[GuardDuty]) -> list[GetDetectorResponse]:
    found = region.data.Detectors
    if found is None:
        raise Unseen("the detectors were not seen")
    return found


def _off(region: Resource[GuardDuty]) -> str:
    found = _detectors(region)
    if not found:
        return f"GuardDuty is off in {region.region}: there is no detector"
    return f"GuardDuty is suspended in {region.region}: Status is {found[0].Status}"


@rule(
    "guardduty-s3-protection",
    "GuardDuty watches what is done to objects in S3",
    on=GUARDDUTY,
    severity=Severity.HIGH,
    controls=_WATCHED | {
        NIST: ["CA-7", "SI-4", "SI-4(4)"],
        "AWS FSBP": ["GuardDuty.10"],
        "PCI DSS v4.0": ["11.5.1"],
        "AWS Config": ["guardduty-s3-protection-enabled"],
    },
    fix="`aws guardduty update-detector --detector-id DETECTOR_ID --region {region} --features"
    " Name=S3_DATA_EVENTS,Status=ENABLED`, in the administrator account if the account belongs to"
    " an organization; `aws guardduty create-detector --enable --region {region}` first where it"
    " is off.",
    good=[
        {"Detectors": [{"Status": "ENABLED", "Features": [
            {"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}]}]},
        {"Detectors": [{"Status": "ENABLED", "DataSources": {"S3Logs": {"Status": "ENABLED"}}}]},
    ],
    bad=[
        Sample({"Detectors": [{"Status": "ENABLED", "Features": [
            {"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}]}]}, (A_NOTEBOOK,)),
        Sample({"Detectors": []}, (A_NOTEBOOK,)),
    ],
)  # fmt: skip
def objects_are_watched(region: Resource[GuardDuty]) -> Verdict:
    """Training data and models leave through S3, by calls that a trail leaves out by default.

    With this, GuardDuty reads the data events itself and tells of a bucket that is suddenly
    listed and copied, from an address or by a role that never did so.
    """
    active = [one for one in _detectors(region) if one.Status == "ENABLED"]
    states = [_s3(one) for one in active]
    if "ENABLED" in states:
        return Pass()
    nothing = unused(region, region.region)
    if nothing:
        return nothing
    if not active:
        return Fail(_off(region))
    if None in states:
        raise Unseen("GuardDuty does not say whether S3 protection is on")
    return Fail(f"S3_DATA_EVENTS is {states[0]}")


def _s3(detector: GetDetectorResponse) -> str | None:
    """Return the status of S3 protection; the older DataSources tell where Features do not."""
    for feature in detector.Features or []:
        if feature.Name == "S3_DATA_EVENTS" and feature.Status:
            return feature.Status
    older = detector.DataSources and detector.DataSources.S3Logs
    return older.Status if older else None


# -- Inspector and Security Hub


@rule(
    "inspector-ecr-scanning",
    "Inspector scans images in ECR",
    on=INSPECTOR,
    severity=Severity.HIGH,
    controls=_WATCHED | {
        NIST: ["RA-5", "SI-2", "SR-3"],
        "AWS FSBP": ["Inspector.2"],
        "PCI DSS v4.0": ["11.3.1"],
        "AWS Config": ["inspector-ecr-scan-enabled"],
    },
    fix="`aws inspector2 enable --resource-types ECR --region {region}`, in the delegated"
    " administrator's account if there is one.",
    good={"Accounts": [{"accountId": "111122223333", "resourceState": {
        "ecr": {"status": "ENABLED"}}}]},
    bad=Sample({"Accounts": [{"accountId": "111122223333", "resourceState": {
        "ecr": {"status": "DISABLED"}}}]}, (A_NOTEBOOK,)),
)  # fmt: skip
def images_are_scanned(region: Resource[Inspector]) -> Verdict:
    """The image of an endpoint serves for months, and holes in it are found every week.

    Basic scanning looks at the operating system once, when an image is pushed. Inspector also
    knows the Python packages, where the holes of ML images are, and looks again as they are found.
    """
    # absent where Inspector answered nothing about this account
    for one in region.data.Accounts or []:
        ecr = one.resourceState and one.resourceState.ecr
        if one.accountId not in (None, region.account) or not ecr or not ecr.status:
            continue
        if ecr.status == "ENABLED":
            return Pass()
        return unused(region, region.region) or Fail(
            f"resourceState.ecr.status is {ecr.status} in {region.region}"
        )
    raise Unseen("Inspector does not say what it scans of this account")


@rule(
    "securityhub-enabled",
    "Security Hub CSPM is on",
    on=SECURITY_HUB,
    severity=Severity.MEDIUM,
    controls=_WATCHED | {
        NIST: ["CA-7", "SI-4", "RA-5"],
        "CIS AWS v3.0": ["4.16"],
        "CIS AWS v5.0": ["4.16"],
        "CIS AWS v6.0": ["5.16"],
        "CIS AWS v7.0": ["5.16"],
        "AWS Config": ["securityhub-enabled"],
    },
    fix="`aws securityhub enable-security-hub --enable-default-standards --region {region}`, or"
    " let the organization's administrator add the account.",
    good={"Hub": {"HubArn": "arn:aws:securityhub:eu-west-1:111122223333:hub/default"}},
    bad=Sample({}, (A_NOTEBOOK,)),
)
def findings_come_together(region: Resource[SecurityHub]) -> Verdict:
    """Findings of GuardDuty, Macie, Inspector and Config lie in four places, and are read in none.

    Security Hub puts them in one list for the account and the organization, and checks the same
    standards everywhere, so that a Region with models in it does not go its own way.
    """
    hub = region.data.Hub
    if hub is not None and hub.HubArn:
        return Pass()
    if hub is not None:
        raise Unseen("Security Hub's answer names no hub")
    return unused(region, region.region) or Fail(f"Security Hub is off in {region.region}")
