"""What the rules on Studio domains share: when to judge one, and how one is changed."""

from __future__ import annotations

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.shapes.sagemaker import DescribeDomainResponse as Domain
from auditor.shapes.sagemaker import UserSettings

from ._status import unless

# A domain whose update or deletion failed still stands, and people still work in it.
living = unless("Status", "Deleting", "Failed")


def update(options: str) -> str:
    """Return the fix for what can be changed in a domain."""
    return f"`aws sagemaker update-domain --domain-id {{name}} --region {{region}} {options}`"


REPLACE = (
    "This is settled when the domain is made. Make another with `aws sagemaker create-domain"
    " --region {region} --cli-input-json file://domain.json`, move people and their files to it,"
    " delete the apps, spaces and profiles of this one, and then `aws sagemaker delete-domain"
    " --domain-id {name} --region {region} --retention-policy HomeEfsFileSystem=Retain`."
)


def user_settings(domain: Resource[Domain]) -> UserSettings:
    """Return what holds for users who have no setting of their own; a domain always has it."""
    found = domain.data.DefaultUserSettings
    if found is None:
        raise Unseen(f"AWS names no DefaultUserSettings of {domain.name}")
    return found
