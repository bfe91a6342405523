"""Whether machine learning is used where a service of a region or an account is judged."""

from __future__ import annotations

from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import ML, NOTEBOOK
from auditor.rule import Other
from auditor.verdict import NotApplicable

A_NOTEBOOK = Other(NOTEBOOK, {"NotebookInstanceName": "explore"})
"""Something of SageMaker's, for the samples of rules that ask for it."""


def unused(resource: Resource[Any], region: str = "") -> NotApplicable | None:
    """Return why a service need not be there: nothing of SageMaker's is, in a region or at all.

    One thing that was seen settles it; where there is none, a kind that was refused raises
    :class:`Unseen`.
    """
    refused: Unseen | None = None
    for kind in ML:
        try:
            if resource.all(kind, region):
                return None
        except Unseen as unseen:
            refused = refused or unseen
    if refused:
        raise refused
    return NotApplicable(f"nothing of SageMaker's lies in {region or 'the account'}")
