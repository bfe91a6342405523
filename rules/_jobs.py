"""What the rules on jobs share: how a job, which cannot be changed, is replaced."""

from __future__ import annotations

from collections.abc import Callable

_NOTHING_DELETES = (
    "AWS keeps the record of this one, and nothing deletes it: its finding counts as historical"
    " once the job ended before the window"
)


def replacing(
    noun: str, options: str, *, create: str = "", makers: str = "pipeline, SDK",
    deletable: bool = True,
) -> Callable[[str], str]:
    """Return the function that says how a kind of job is replaced.

    ``noun`` is what people call it, ``options`` the middle of its commands and of its option
    (``training-job``: delete-training-job --training-job-name); ``create`` is the creating
    command where its name departs from that, ``makers`` are what else makes such jobs. Transform
    and AutoML jobs have no deleting call.
    """
    create = create or f"create-{options}"
    named = f"--{options}-name {{name}} --region {{region}}`"
    after = (
        f"delete this one's record: `aws sagemaker delete-{options} {named}"
        if deletable else _NOTHING_DELETES
    )

    def replace(what: str) -> str:
        """Return the fix: ``what`` is to be changed where the job is made."""
        article = "An" if noun[0] in "AEIOUaeiou" else "A"
        return (
            f"{article} {noun} job cannot be changed. Where it is made ({makers}, `aws"
            f" sagemaker {create}`) {what}; once it has run anew, {after}. A job still running is"
            f" stopped first: `aws sagemaker stop-{options} {named}."
        )

    return replace
