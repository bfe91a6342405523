"""What the rules on notebook instances share: when to judge one, and how one is changed."""

from __future__ import annotations

from ._status import unless

living = unless("NotebookInstanceStatus", "Deleting", "Failed")

STOP = (
    "`aws sagemaker stop-notebook-instance --notebook-instance-name {name} --region {region}`, wait"
    " with `aws sagemaker wait notebook-instance-stopped --notebook-instance-name {name}"
    " --region {region}`, then "
)
UPDATE = (
    "aws sagemaker update-notebook-instance --notebook-instance-name {name} --region {region}"
)


def recreate(options: str) -> str:
    """Return the fix for what is settled when a notebook instance is made."""
    return (
        "This is settled when the instance is made. Save its notebooks elsewhere, make another with"
        " `aws sagemaker create-notebook-instance --notebook-instance-name NEW_NAME --region"
        f" {{region}} --instance-type TYPE --role-arn ROLE_ARN {options}`, then delete this one:"
        " `aws sagemaker stop-notebook-instance --notebook-instance-name {name} --region {region}`"
        " and, once it is Stopped, `aws sagemaker delete-notebook-instance"
        " --notebook-instance-name {name} --region {region}`."
    )


def enabled(member: str, value: str | None) -> str:
    """Put into words a switch that is on, or that is left at AWS's default, which is on."""
    return f"{member} is {value}" if value else f"{member} is not set, which AWS takes as Enabled"
