"""Notebook instances and their lifecycle configurations."""

from __future__ import annotations

import base64
from datetime import date, timedelta

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import KEY, NOTEBOOK, NOTEBOOK_LIFECYCLE
from auditor.rule import Other, Sample, Setting, rule
from auditor.shape import when
from auditor.shapes.sagemaker import (
    DescribeNotebookInstanceLifecycleConfigOutput as Lifecycle,
)
from auditor.shapes.sagemaker import DescribeNotebookInstanceOutput as Notebook
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import ACCESS, ENCRYPTION, ENVIRONMENT, LENS, NIST, SECRETS
from ._keys import customer_managed, named
from ._notebooks import STOP, UPDATE, enabled, living, recreate
from ._secrets import script, secrets_in

_KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_OWN_KEY = Other(KEY, {
    "KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab", "Arn": _KEY_ARN,
    "KeyManager": "CUSTOMER", "KeyState": "Enabled",
})
_AWS_KEY = Other(
    KEY,
    {"KeyId": "9999abcd-12ab-34cd-56ef-1234567890ab", "KeyManager": "AWS", "KeyState": "Enabled",
     "Arn": "arn:aws:kms:eu-west-1:111122223333:key/9999abcd-12ab-34cd-56ef-1234567890ab"},
    names=("alias/aws/sagemaker",),
)


# -- who can do what on it


@rule(
    "sagemaker-notebook-root-access",
    "Notebook users have no root",
    on=NOTEBOOK,
    severity=Severity.HIGH,
    controls=ACCESS | {
        "AWS FSBP": ["SageMaker.3"],
        NIST: ["AC-2(1)", "AC-3(15)", "AC-3(7)", "AC-6", "AC-6(10)", "AC-6(2)"],
        "AWS Config": ["sagemaker-notebook-instance-root-access-check"],
    },
    fix=f"{STOP}`{UPDATE} --root-access Disabled`, and start it again.",
    good={"RootAccess": "Disabled"},
    bad=[{"RootAccess": "Enabled"}, {}],
)
@living
def no_root(notebook: Resource[Notebook]) -> Verdict:
    """Whoever is root on the instance can switch off its logging, undo what the lifecycle scripts
    set up, and run code as any other user of the same instance. Work in notebooks does not need
    it: packages install into the user's own environments. Lifecycle scripts run as root whether
    this is on or off.
    """
    root = notebook.data.RootAccess
    if root == "Disabled":
        return Pass()
    return Fail(enabled("RootAccess", root) + ": whoever opens the notebook is root on it")


@rule(
    "sagemaker-notebook-imdsv2",
    "The notebook's metadata service answers version 2 only",
    on=NOTEBOOK,
    severity=Severity.MEDIUM,
    controls=ACCESS | {NIST: ["AC-3", "AC-6"], "MITRE ATLAS": ["AML.T0055"]},
    fix=f"{STOP}`{UPDATE} --instance-metadata-service-configuration"
        " MinimumInstanceMetadataServiceVersion=2`, and start it again.",
    good={"InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "2"}},
    bad=[
        {"InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "1"}},
        {},
    ],
)
@living
def imds_v2(notebook: Resource[Notebook]) -> Verdict:
    """The metadata service hands the execution role's credentials to any process that asks.
    Version 1 answers a plain GET, so that a server-side request forgery in a library or a proxied
    web page is enough to steal them; version 2 wants a token fetched with a PUT first. AWS allows
    version 1 unless the instance says otherwise.
    """
    config = notebook.data.InstanceMetadataServiceConfiguration
    least = config.MinimumInstanceMetadataServiceVersion if config else None
    if least == "2":
        return Pass()
    member = "InstanceMetadataServiceConfiguration.MinimumInstanceMetadataServiceVersion"
    return Fail(f"{member} is {least or 'not set'}: IMDSv1 hands out the role's credentials to a"
                " plain GET")


# -- what it keeps


@rule(
    "sagemaker-notebook-volume-kms",
    "The notebook's volume names a KMS key",
    on=NOTEBOOK,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION | {
        "AWS FSBP": ["SageMaker.21"],
        "AWS Config": ["sagemaker-notebook-instance-storage-vol-kms-encrypted",
                       "sagemaker-notebook-instance-kms-key-configured"],
    },
    fix=recreate("--kms-key-id KEY_ARN"),
    good={"KmsKeyId": _KEY_ARN},
    bad=[{}, {"KmsKeyId": ""}],
)
@living
def volume_names_key(notebook: Resource[Notebook]) -> Verdict:
    """Notebooks, the data people pull into them and the tokens they leave behind lie on this
    volume. Without a key of yours it is encrypted with one of AWS's, whose policy you cannot write
    and which you cannot disable when the instance or its snapshots must become unreadable.
    """
    return named(notebook.data.KmsKeyId, "KmsKeyId", "the notebook's volume")


@rule(
    "sagemaker-notebook-volume-cmk",
    "The notebook's volume key is customer managed and enabled",
    on=NOTEBOOK,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION,
    fix="If the key is Disabled, `aws kms enable-key --key-id KEY --region {region}`; if it is"
        " PendingDeletion, `aws kms cancel-key-deletion --key-id KEY --region {region}` and then"
        " enable it. Otherwise another key is needed. " + recreate("--kms-key-id KEY_ARN"),
    good=Sample({"KmsKeyId": _KEY_ARN}, (_OWN_KEY,)),
    bad=[Sample({"KmsKeyId": "alias/aws/sagemaker"}, (_AWS_KEY,)), {}],
)
@living
def volume_key_is_ours(notebook: Resource[Notebook]) -> Verdict:
    """A key id alone proves little: it may be the alias of a key that AWS manages, whose policy
    lets every principal of the account use it, or a key that is disabled or about to be deleted,
    with which the volume cannot be opened again. Only KMS can tell, so it is asked.
    """
    verdict = named(notebook.data.KmsKeyId, "KmsKeyId", "the notebook's volume")
    if isinstance(verdict, Fail):
        return verdict
    return customer_managed(notebook, "KmsKeyId", "the notebook's volume")


# -- how it is kept


# When AWS stopped to send security updates, from "Amazon Linux 2 notebook instances" in the
# SageMaker developer guide. A platform that is not listed is newer than this table.
_ENDS = {
    "notebook-al1-v1": date(2024, 3, 31),
    "notebook-al2-v1": date(2025, 6, 30),
    "notebook-al2-v2": date(2025, 6, 30),
    "notebook-al2-v3": date(2026, 6, 30),
}


@rule(
    "sagemaker-notebook-supported-platform",
    "The notebook runs a platform that AWS still supports",
    on=NOTEBOOK,
    severity=Severity.MEDIUM,
    controls=ENVIRONMENT | {
        NIST: ["SI-2"],
        "AWS FSBP": ["SageMaker.8"],
        "AWS Config": ["sagemaker-notebook-instance-platform-version"],
    },
    fix=f"From Amazon Linux 2: {STOP}`{UPDATE} --platform-identifier notebook-al2023-v1`, and"
        " start it again (the volume is kept; yum becomes dnf in lifecycle scripts). From"
        " notebook-al1-v1 there is no upgrade. "
        + recreate("--platform-identifier notebook-al2023-v1"),
    good={"PlatformIdentifier": "notebook-al2023-v1"},
    bad=[
        {"PlatformIdentifier": "notebook-al2-v2"},
        Sample({"PlatformIdentifier": "notebook-al2-v3"}, seen="2026-07-01T00:00:00+00:00"),
    ],
)
@living
def supported_platform(notebook: Resource[Notebook]) -> Verdict:
    """A platform past its end gets no security updates, neither for the operating system nor for
    Jupyter, while it goes on holding a role and data; once stopped, it may not start again.
    Platforms that AWS has ended are listed here with their dates; a newer one than the list knows
    is sound.
    """
    platform = notebook.data.PlatformIdentifier
    if not platform:
        raise Unseen("AWS names no PlatformIdentifier, so the platform is not known")
    end = _ENDS.get(platform)
    if end is None:
        return Pass()
    if when(notebook.seen).date() > end:
        return Fail(f"PlatformIdentifier is {platform}, whose support ended on {end}")
    return Pass(f"support of {platform} ends on {end}")


@rule(
    "sagemaker-notebook-idle",
    "No notebook runs on untouched",
    on=NOTEBOOK,
    severity=Severity.MEDIUM,
    controls=ENVIRONMENT | {NIST: ["CM-7"]},
    fix=(
        "Ask its owner, then `aws sagemaker stop-notebook-instance --notebook-instance-name {name}"
        " --region {region}`; if nobody needs it, delete it once it is Stopped: `aws sagemaker"
        " delete-notebook-instance --notebook-instance-name {name} --region {region}`."
    ),
    settings=(Setting("days", 30, "Days in service without a change after which to ask."),),
    good={"NotebookInstanceStatus": "InService", "LastModifiedTime": "2026-01-20T08:00:00+00:00"},
    bad={"NotebookInstanceStatus": "InService", "LastModifiedTime": "2025-10-01T08:00:00+00:00"},
)
@living
def not_idle(notebook: Resource[Notebook], days: int) -> Verdict:
    """An instance that runs on for weeks costs money, and holds a role's credentials, data and an
    operating system that is patched only when it restarts. SageMaker does not tell when a notebook
    was last used; that its settings or state have not changed for long is a reason to ask, not
    proof that it is idle.
    """
    status = notebook.data.NotebookInstanceStatus
    if not status:
        raise Unseen("AWS names no NotebookInstanceStatus")
    if status != "InService":
        return NotApplicable(f"NotebookInstanceStatus is {status}")
    modified = notebook.data.LastModifiedTime
    if modified is None:
        raise Unseen("AWS names no LastModifiedTime")
    since = when(notebook.seen) - modified
    if since <= timedelta(days=days):
        return Pass()
    return Fail(
        f"InService, and LastModifiedTime is {modified:%Y-%m-%d}, {since.days} days ago: it has not"
        " been stopped or changed since (whether it is used, AWS does not tell)"
    )


# -- lifecycle configurations


def _encoded(text: str) -> list[dict[str, str]]:
    """Return a script as the API carries it, for the samples."""
    return [{"Content": base64.b64encode(text.encode()).decode()}]


@rule(
    "sagemaker-notebook-lifecycle-attached",
    "The notebook starts with a lifecycle configuration",
    on=NOTEBOOK,
    severity=Severity.LOW,
    controls=ENVIRONMENT,
    fix="`aws sagemaker create-notebook-instance-lifecycle-config"
        " --notebook-instance-lifecycle-config-name CONFIG --region {region} --on-start"
        f" Content=\"$(base64 -w0 on-start.sh)\"` once; then {STOP}`{UPDATE}"
        " --lifecycle-config-name CONFIG`, and start it again.",
    good=Sample(
        {"NotebookInstanceLifecycleConfigName": "baseline"},
        (Other(NOTEBOOK_LIFECYCLE, {
            "NotebookInstanceLifecycleConfigName": "baseline",
            "OnStart": _encoded("#!/bin/bash\n/opt/idle-shutdown --after 3600\n"),
        }),),
    ),
    bad=[{}, Sample(
        {"NotebookInstanceLifecycleConfigName": "empty"},
        (Other(NOTEBOOK_LIFECYCLE, {"NotebookInstanceLifecycleConfigName": "empty"}),),
    )],
)
@living
def lifecycle_attached(notebook: Resource[Notebook]) -> Verdict:
    """The scripts of a lifecycle configuration run as root at every start. They are the only place
    where an organisation can put its baseline on notebook instances: idle shutdown, package
    mirrors, monitoring agents. An instance without one is whatever its user makes of it.
    """
    name = notebook.data.NotebookInstanceLifecycleConfigName
    if not name:
        return Fail("NotebookInstanceLifecycleConfigName is not set: no script sets a baseline")
    configs = notebook.to(NOTEBOOK_LIFECYCLE, "NotebookInstanceLifecycleConfigName")
    if not configs:
        return Fail(f"NotebookInstanceLifecycleConfigName is {name}, which does not exist")
    if not any(config.data.OnCreate or config.data.OnStart for config in configs):
        return Fail(f"the lifecycle configuration {name} has no script: it sets no baseline")
    return Pass()


@rule(
    "sagemaker-notebook-lifecycle-secrets",
    "Lifecycle scripts hold no secrets",
    on=NOTEBOOK_LIFECYCLE,
    severity=Severity.HIGH,
    controls=SECRETS | {LENS: ["MLSEC03-BP01", "MLSEC03-BP02"]},
    fix=(
        "Revoke the secret first: it has been readable to everybody who may describe the"
        " configuration. Put its successor into AWS Secrets Manager, let the script fetch it with"
        " `aws secretsmanager get-secret-value`, and replace the script: `aws sagemaker"
        " update-notebook-instance-lifecycle-config --notebook-instance-lifecycle-config-name"
        " {name} --region {region} --on-start Content=\"$(base64 -w0 on-start.sh)\"` (--on-create"
        " likewise)."
    ),
    good={"OnStart": _encoded(
        "#!/bin/bash\nTOKEN=$(aws secretsmanager get-secret-value --secret-id git-token)\n"
    )},
    bad={"OnStart": _encoded("#!/bin/bash\nexport GIT_TOKEN=[[secret:github-token:0a1b2c3d]]\n")},
)
def lifecycle_without_secrets(config: Resource[Lifecycle]) -> Verdict:
    """A lifecycle script is kept in plain text and returned whole by a Describe call that nearly
    every read-only role may make; it also lies readable on each instance. A password or key in it
    is known to all of them, and the scripts are copied from team to team with what they hold.
    """
    hooks = {
        f"{member}[{i}]": hook.Content
        for member, many in (("OnCreate", config.data.OnCreate), ("OnStart", config.data.OnStart))
        for i, hook in enumerate(many or ())
    }
    if not hooks:
        return NotApplicable("the configuration has no script")
    secrets = {where: secrets_in(script(content)) for where, content in hooks.items() if content}
    held = [f"{where}.Content holds {what}" for where, what in secrets.items() if what]
    if held:
        return Fail("; ".join(held) + ", in plain text for whoever may describe it")
    if len(secrets) < len(hooks):
        raise Unseen("AWS gives no Content for a script")
    return Pass()
