"""Buckets that a job names: whose they are, and what kind of name it is."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from auditor.errors import Unseen
from auditor.inventory import Edge, Resource
from auditor.kinds import Bucket, bucket_of
from auditor.rule import Setting

TRUSTED = Setting(
    "trusted_buckets", (),
    "Names, or globs of names, of buckets of other accounts that may be used.",
)


def express(uri: str) -> bool:
    """Tell whether a URI names a directory bucket of S3 Express One Zone, by its suffix."""
    return bucket_of(uri).endswith("--x-s3")


def trusted(uri: str, patterns: Iterable[str]) -> bool:
    """Tell whether a URI's bucket is among the names and globs that the team trusts."""
    return any(fnmatchcase(bucket_of(uri), pattern) for pattern in patterns)


def owner(edge: Edge) -> str:
    """Return whose the bucket is: ``ours``, ``foreign`` or ``nobody``.

    Raises :class:`Unseen` where S3 did not tell. ListBuckets leaves out directory buckets, and
    the alias of an access point is no bucket, so that neither is "nobody's" for being unlisted.
    """
    name = bucket_of(edge.value)
    if edge.state == "here":
        return "ours"
    if name.endswith(("-s3alias", ".mrap")):
        raise Unseen(f"{name} is an access point, whose bucket was not looked up")
    if edge.state == "foreign":
        return "foreign"
    if edge.state == "unseen":
        raise Unseen(f"the bucket {name} was not seen: {edge.gap}", edge.gap)
    if express(name):
        raise Unseen(f"{name} is a directory bucket, which was not looked up")
    return "nobody"


def bucket_behind(edge: Edge) -> Resource[Bucket] | None:
    """Return the bucket of ours that a link means; None where it no longer exists.

    Raises :class:`Unseen` where it belongs to another account or S3 did not tell.
    """
    if owner(edge) == "foreign":
        name = bucket_of(edge.value)
        raise Unseen(f"the bucket {name} belongs to another account, which was not scanned")
    return edge.target
