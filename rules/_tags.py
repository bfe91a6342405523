"""Whether somebody put a tag on a resource, and the tags that a team asks for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.rule import Setting
from auditor.verdict import Fail, Pass

from ._controls import NIST

REQUIRED = Setting(
    "required", (), "Keys of tags that it must carry; with none, any tag of your own will do.",
)
# What Security Hub publishes for its controls on tags is none of NIST's; these are ours.
TAGGED = {NIST: ["CM-8", "PM-5"]}
FIX = "`aws sagemaker add-tags --region {region} --resource-arn {arn} --tags Key=owner,Value=TEAM`."


def own(tags: Iterable[str]) -> list[str]:
    """Return the keys that people chose: those that begin with ``aws:`` are AWS's."""
    return [key for key in tags if not key.startswith("aws:")]


def lacks(resource: Resource[Any], required: Iterable[str]) -> str:
    """Return what tags a resource lacks, in words; "" where it lacks none.

    Keys are compared letter by letter, as AWS tells them apart. Raises :class:`Unseen` where the
    tags, or the resource itself, were not seen.
    """
    if "" in resource.unseen:
        raise Unseen(f"{resource.name} was not seen: {resource.unseen['']}", resource.unseen[""])
    keys = own(resource.tags)
    missing = [key for key in required if key not in keys]
    if missing:
        return f"no tag {', '.join(missing)}"
    if keys:
        return ""
    return "no tags but AWS's own" if resource.tags else "no tags"


def tagged(resource: Resource[Any], required: Iterable[str]) -> Pass | Fail:
    """Judge whether a resource has the tags that are ``required``, or any where none is."""
    lacking = lacks(resource, required)
    return Fail(f"it has {lacking}") if lacking else Pass()
