"""What the rules on training jobs share: when to judge one, and how one is replaced."""

from __future__ import annotations

from ._status import unless

living = unless("TrainingJobStatus", "Deleting")
_DELETE = (
    "delete this one's record: `aws sagemaker delete-training-job --training-job-name {name}"
    " --region {region}`"
)


def replace(what: str) -> str:
    """Return the fix for what cannot be changed in a job: change its source, delete its record."""
    return (
        "A training job cannot be changed. Where it is made (pipeline, SDK, `aws sagemaker"
        f" create-training-job`) {what}; once it has run anew, {_DELETE}. A job still running is"
        " stopped first: `aws sagemaker stop-training-job --training-job-name {name} --region"
        " {region}`."
    )
