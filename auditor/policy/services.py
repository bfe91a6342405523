"""What is open where a policy is not all that counts: function URLs, file systems."""

from __future__ import annotations

from dataclasses import replace

from .answer import NO_TRUST, Answer, Document, Trust
from .questions import cross_account, public

_URL = ("lambda:InvokeFunctionUrl",)


def function_url_open(policy: Document, auth_type: str | None) -> Answer:
    """Say whether anyone on the internet may call a function's URL.

    That takes both: the URL's AuthType NONE, and a policy that lets everybody invoke the URL
    (Lambda guide, "Control access to Lambda function URLs"). ``auth_type`` is the URL's, None for
    a function without one. Under AWS_IAM callers sign, and the policy may still be public.
    """
    if auth_type is None:
        return Answer(False, "the function has no URL")
    if auth_type != "NONE":
        return Answer(False, f"callers of the URL must sign: its AuthType is {auth_type}")
    answer = public(policy, service="lambda", actions=_URL)
    if not answer.answer:
        return answer
    return replace(answer, because=(
        f"anyone on the internet may call the URL, whose AuthType is NONE: {answer.because}"
    ))


def file_system_open(policy: Document) -> Answer:
    """Say whether anyone may mount a file system, or write to it, from wherever they come.

    Without a policy whoever reaches a mount target may, which takes its VPC: not open, as a
    policy that asks for elasticfilesystem:AccessedViaMountTarget is not (EFS guide, "Using IAM to
    control file system data access", "The meaning of public").
    """
    if policy is None:
        return Answer(False, (
            "there is no policy: every client that reaches a mount target, anonymous ones too, "
            "may mount and write, but that takes the file system's network"
        ))
    return public(policy, service="elasticfilesystem")


def anonymous_clients(policy: Document, trust: Trust = NO_TRUST) -> Answer:
    """Say whether a file system serves clients that do not sign, in the mount targets' VPC too.

    No policy is the service's default: it serves them.
    """
    if policy is None:
        return Answer(True, "there is no policy, and by default every client is served")
    return cross_account(policy, trust, service="elasticfilesystem")
