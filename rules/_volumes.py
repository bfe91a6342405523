"""The KMS key of a job's volumes, where its instance types have volumes that take one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.shapes.sagemaker import ProcessingClusterConfig, ResourceConfig
from auditor.verdict import NotApplicable, Pass, Verdict

from ._instances import storage_of
from ._keys import named


def volume_key(
    resource: Resource[Any], key: str | None, member: str, types: Iterable[str | None]
) -> Verdict:
    """Judge whether ``member``, whose value is ``key``, names a key for the volumes of a job.

    ``types`` are its instance types. One with local NVMe storage settles it: SageMaker then
    refuses a key (CreateTrainingJob, CreateProcessingJob, CreateTransformJob). Raises
    :class:`Unseen` where the types are not told.
    """
    verdict = named(key, member, "the volumes of the job")
    if isinstance(verdict, Pass):
        return verdict
    found = storage_of(resource, types)
    if found.local:
        return NotApplicable(f"{member.rpartition('.')[2]} cannot be set with"
                             f" {', '.join(found.local)}, whose local NVMe storage is encrypted in"
                             " hardware")
    if found.unseen:
        raise found.unseen[0]
    if not found.volumes:
        raise Unseen("AWS names no InstanceType of the job")
    return verdict


def training_types(config: ResourceConfig) -> list[str | None]:
    """Return the instance types of training: its one, its groups', the chosen, or those offered."""
    if not config.InstanceType and config.InstanceGroups:
        return [group.InstanceType for group in config.InstanceGroups]
    return one_or_offered(config)


def one_or_offered(config: ResourceConfig | ProcessingClusterConfig) -> list[str | None]:
    """Return the instance type of a cluster, the one that was chosen for it, or those offered."""
    one = config.InstanceType or config.SelectedInstanceType
    if one:
        return [one]
    return [preference.InstanceType for preference in config.InstancePreferences or ()]
