"""Buckets: where one lies, and whose it is that somebody names."""

from __future__ import annotations

import re
from typing import Any

from auditor.aws.pace import Pace, Refused
from auditor.aws.plan import Call
from auditor.aws.seen import NOWHERE, Asked, Asker, Seen
from auditor.aws.session import Caller
from auditor.inventory import GLOBAL, Kind, Resource
from auditor.masks import Masker

HEAD_BUCKET = Call("s3", "HeadBucket")
BUCKET_LOCATION = Call("s3", "GetBucketLocation")


class Buckets(Asker):
    """Asks S3 about buckets; safe to use from many threads."""

    def __init__(self, pace: Pace, caller: Caller, home: str, masker: Masker) -> None:
        super().__init__(pace, caller, home, masker)
        self.denials_tell = False  # whether a 403 for a bucket means that it is not ours

    def _bucket_region(self, seen: Seen) -> str:
        """Return where a bucket lies; S3 calls us-east-1 by no name and eu-west-1 also EU."""
        told = seen.document.get("BucketRegion")
        if told:
            return str(told)
        try:
            answer = self.pace.call(BUCKET_LOCATION, self.home, {"Bucket": seen.name})
        except Refused as refused:
            try:
                head = self.pace.call(HEAD_BUCKET, self.home, {"Bucket": seen.name})
            except Refused:
                head = {}
            if head.get("BucketRegion"):
                return str(head["BucketRegion"])
            seen.gaps.append(self.gap(
                seen.kind, self.home, BUCKET_LOCATION, refused, seen.arn, "LocationConstraint"
            ))
            return NOWHERE
        place = answer.get("LocationConstraint") or "us-east-1"
        return "eu-west-1" if place == "EU" else str(place)

    def try_denials(self, ours: list[Resource[Any]]) -> None:
        """Learn, from buckets of our own, whether S3's 403 means "not yours" or "not you".

        HEAD has no body to tell them apart. Where not one of our own buckets answers, we may not
        ask at all, and a 403 for another says nothing about its owner.
        """
        self.denials_tell = any(self._head(b.name, self.at(b.region)) is None for b in ours)

    def _head(self, name: str, region: str) -> Refused | None:
        """Ask for a bucket as its owner; return the refusal.

        ``ExpectedBucketOwner`` makes S3 answer 403 for a bucket of another account even where
        its policy lets us in; 404 means that nobody owns the name.
        """
        try:
            self.pace.call(HEAD_BUCKET, region, {
                "Bucket": name, "ExpectedBucketOwner": self.caller.account,
            })
        except Refused as refused:
            return refused
        return None

    def _bucket(self, kind: Kind[Any], value: str) -> Asked:
        """Return whether a bucket that somebody names exists, and whether it is ours."""
        name = kind.canon(value)
        refused: Refused | None
        if ":accesspoint" in value:
            refused = Refused("AccessPoint", "the bucket behind an access point was not looked up")
        elif not re.fullmatch(r"[A-Za-z0-9._-]{3,255}", name):
            return Asked("missing")
        else:
            refused = self._head(name, self.home)
        if refused is None:
            arn, _ = kind.identity(
                {"Name": name}, self.caller.account, self.caller.partition, GLOBAL
            )
            return Asked("here", arn)
        if refused.means(("404", "NoSuchBucket")):
            return Asked("missing")
        if refused.means(("403", "AccessDenied")):
            if self.denials_tell:
                return Asked("foreign")
            refused.message = "another account's, or we may not ask: no bucket of ours answers"
        return Asked("unseen", gap=self.gap(kind, GLOBAL, HEAD_BUCKET, refused, value))
