"""Whether a bucket is open to everybody: blocks of public access, ACLs, and its policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.inventory import Resource
from auditor.kinds import ACCOUNT_BLOCK, BUCKET, AccountBlock, Bucket
from auditor.policy import acl_grants
from auditor.rule import Other, Sample, rule
from auditor.verdict import Fail, Pass, Severity, Verdict

from ._controls import ACCESS, ATLAS, NETWORK, NIST
from ._s3 import ENFORCED, SETTINGS, acl, allow, blocks, not_public, ownership, policy, settings_on

_ALL_ON = dict.fromkeys(SETTINGS, True)
_FOUR = ",".join(f"{setting}=true" for setting in SETTINGS)
_BLOCK_FIX = (
    f"`aws s3api put-public-access-block --bucket {{name}} --public-access-block-configuration"
    f" {_FOUR}`"
)
_OPEN_FIX = (
    f"{_BLOCK_FIX} closes both doors at once. Whoever outside must still come in gets a statement"
    " of the bucket policy that names its account or organization before that."
)
_ENFORCE_FIX = (
    "`aws s3api put-bucket-acl --bucket {name} --acl private`, then `aws s3api"
    " put-bucket-ownership-controls --bucket {name} --ownership-controls"
    " 'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'`"
)
_PUBLIC_NIST = [
    "AC-21", "AC-3", "AC-3(7)", "AC-4", "AC-4(21)", "AC-6", "SC-7", "SC-7(11)", "SC-7(16)",
    "SC-7(20)", "SC-7(21)", "SC-7(3)", "SC-7(4)", "SC-7(9)",
]  # fmt: skip
_BLOCK_CONTROLS = {
    NIST: _PUBLIC_NIST,
    "PCI DSS v4.0": ["1.4.4"],
    "CIS AWS v1.4": ["2.1.5"],
    "CIS AWS v3.0": ["2.1.4"],
    "CIS AWS v5.0": ["2.1.4"],
    "CIS AWS v6.0": ["3.1.4"],
    "CIS AWS v7.0": ["3.1.4"],
}

_OWNER = {"Type": "CanonicalUser", "ID": "exampleownerexampleownerexampleownerexample"}


def _acl(group: str = "", permission: str = "READ") -> dict[str, Any]:
    """Return an ACL as S3 answers it: the owner's, and what a group of everybody's has."""
    grants: list[dict[str, Any]] = [{"Grantee": _OWNER, "Permission": "FULL_CONTROL"}]
    if group:
        uri = f"http://acs.amazonaws.com/groups/global/{group}"
        grants.append({"Grantee": {"Type": "Group", "URI": uri}, "Permission": permission})
    return {"Grants": grants}


def _off(on: Mapping[str, Any]) -> str:
    """Return the settings that are off, in words, and what follows from it."""
    off = [setting for setting in SETTINGS if not on[setting]]
    standing = {
        "IgnorePublicAcls": "public ACLs that exist stay in force",
        "RestrictPublicBuckets": "a public policy that exists stays in force",
    }
    follows = [text for setting, text in standing.items() if setting in off]
    if not follows:
        follows = ["new public ACLs or policies can be set, though they would not take effect"]
    return f"{', '.join(off)} {'is' if len(off) == 1 else 'are'} off: {' and '.join(follows)}"


@rule(
    "s3-account-public-access-block",
    "The account blocks public access to all of its buckets",
    on=ACCOUNT_BLOCK,
    severity=Severity.MEDIUM,
    controls=NETWORK | _BLOCK_CONTROLS | {
        "AWS FSBP": ["S3.1"],
        "AWS Config": [
            "s3-account-level-public-access-blocks-periodic",
            "s3-account-level-public-access-blocks",
        ],
    },
    fix="`aws s3control put-public-access-block --account-id {account}"
    f" --public-access-block-configuration {_FOUR}`. List the buckets that are public on purpose"
    " before that; they stop being so.",
    good={"PublicAccessBlockConfiguration": _ALL_ON},
    bad=[{}, {"PublicAccessBlockConfiguration": _ALL_ON | {"RestrictPublicBuckets": False}}],
)
def account_blocks(block: Resource[AccountBlock]) -> Verdict:
    """The account's block is the one switch that a slip on a single bucket cannot undo.

    Training sets and model weights end up in many buckets that jobs and notebooks create by
    themselves; without this block each of them is one ACL or one policy away from the internet.
    An auditor looks here first, since it covers buckets that are made tomorrow.
    """
    if block.data.PublicAccessBlockConfiguration is None:
        return Fail(
            "the account has no PublicAccessBlockConfiguration, so each bucket stands on its own"
        )
    on = settings_on(block.data)
    return Pass() if all(on.values()) else Fail(_off(on))


@rule(
    "s3-bucket-public-access-block",
    "All four settings of block public access hold for the bucket",
    on=BUCKET,
    severity=Severity.HIGH,
    controls=NETWORK | _BLOCK_CONTROLS | {
        "AWS FSBP": ["S3.8"], "AWS Config": ["s3-bucket-level-public-access-prohibited"],
    },
    fix=f"{_BLOCK_FIX}, or for every bucket at once `aws s3control put-public-access-block"
    f" --account-id {{account}} --public-access-block-configuration {_FOUR}`.",
    good=[
        {"Name": "ml-data", "PublicAccessBlockConfiguration": _ALL_ON},
        Sample(
            {"Name": "ml-data"},
            others=(Other(ACCOUNT_BLOCK, {"PublicAccessBlockConfiguration": _ALL_ON}),),
        ),
    ],
    bad=[
        {"Name": "ml-data"},
        {
            "Name": "ml-data",
            "PublicAccessBlockConfiguration": _ALL_ON | {"IgnorePublicAcls": False},
        },
    ],
)
def bucket_blocks(bucket: Resource[Bucket]) -> Verdict:
    """Block public access keeps one careless ACL or policy from publishing a bucket.

    S3 applies the stricter of the account's and the bucket's settings, so what counts is the
    two together; a bucket without a block of its own is sound where the account has all four.
    A bucket of training data or model artifacts without it is what scanners on the internet
    look for all day.
    """
    levels = blocks(bucket)
    if not all(levels.values()):
        return Fail(f"at bucket and account level, {_off(levels)}")
    supplied = " and the ".join(sorted(set(levels.values())))
    return Pass(f"all four settings are on; they come from the {supplied}")


@rule(
    "s3-bucket-acls-disabled",
    "ACLs are disabled by BucketOwnerEnforced",
    on=BUCKET,
    severity=Severity.MEDIUM,
    controls=ACCESS | {
        NIST: ["AC-2(1)", "AC-3", "AC-3(15)", "AC-3(7)", "AC-6"],
        "AWS FSBP": ["S3.12"],
        "AWS Config": ["s3-bucket-acl-prohibited"],
    },
    fix="Move what the ACL grants into the bucket policy, then " + _ENFORCE_FIX + ".",
    good={
        "Name": "ml-data", "OwnershipControls": {"Rules": [{"ObjectOwnership": ENFORCED}]},
    },
    bad=[
        {"Name": "ml-data"},
        {
            "Name": "ml-data",
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]},
        },
    ],
)  # fmt: skip
def acls_disabled(bucket: Resource[Bucket]) -> Verdict:
    """With ACLs on, each object may carry permissions that no bucket policy shows.

    Whoever uploads an object can own it and share it, so a training set may hold files that its
    owner can neither read nor protect, and a model artifact may be public on its own.
    BucketOwnerEnforced leaves the policies as the only place to look.
    """
    found = ownership(bucket)
    if found == ENFORCED:
        return Pass()
    if found:
        return Fail(f"ObjectOwnership is {found}: ACLs of the bucket and of each object count")
    return Fail(
        "the bucket has no OwnershipControls, which S3 takes as ObjectWriter: ACLs of the bucket"
        " and of each object count"
    )


@rule(
    "s3-bucket-authenticated-users-acl",
    "The bucket's ACL grants nothing to every AWS user",
    on=BUCKET,
    severity=Severity.HIGH,
    controls=NETWORK,
    fix=_ENFORCE_FIX + ".",
    good=[
        {"Name": "ml-data", "Acl": _acl()},
        {
            "Name": "ml-data",
            "Acl": _acl("AuthenticatedUsers"),
            "OwnershipControls": {"Rules": [{"ObjectOwnership": ENFORCED}]},
        },
    ],
    bad={"Name": "ml-data", "Acl": _acl("AuthenticatedUsers")},
)
def not_for_every_aws_user(bucket: Resource[Bucket]) -> Verdict:
    """The group AuthenticatedUsers means anyone who has any AWS account, not the users of this one.

    The name misleads: an account costs nothing, so the grant is public access with a login. Data
    or models shared in this way leave no trace of who fetched them unless data events are on.
    """
    granted = acl_grants(acl(bucket), to="authenticated")
    if not granted:
        return Pass()
    if ownership(bucket) == ENFORCED:
        return Pass(f"the ACL lists AuthenticatedUsers, but {ENFORCED} makes it count for nothing")
    if blocks(bucket)["IgnorePublicAcls"]:
        return Pass("the ACL lists AuthenticatedUsers, but IgnorePublicAcls is on")
    return Fail(
        f"Acl.Grants gives AuthenticatedUsers {', '.join(granted)}: anyone with an AWS account of"
        " any kind has it"
    )


@rule(
    "s3-bucket-public-read",
    "The public cannot read the bucket through its policy or ACL",
    on=BUCKET,
    severity=Severity.CRITICAL,
    controls=NETWORK | {
        NIST: _PUBLIC_NIST,
        "AWS FSBP": ["S3.2"],
        "AWS Config": ["s3-bucket-public-read-prohibited"],
    },
    fix=_OPEN_FIX,
    good=[
        {"Name": "ml-data", "Acl": _acl()},
        {
            "Name": "ml-data",
            "Acl": _acl(),
            "Policy": policy(allow("*", "s3:GetObject", Condition={
                "StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"},
            })),
            "PolicyStatus": {"IsPublic": False},
        },
    ],
    bad=[
        {
            "Name": "ml-data",
            "Acl": _acl(),
            "Policy": policy(allow("*", "s3:GetObject")),
            "PolicyStatus": {"IsPublic": True},
        },
        {"Name": "ml-data", "Acl": _acl("AllUsers")},
    ],
)
def not_publicly_readable(bucket: Resource[Bucket]) -> Verdict:
    """Anyone can copy a bucket that the public can read, and no one will know who did.

    For ML that is the training data with whatever people's records it holds, and the weights a
    competitor or an attacker needs to study the model at leisure. Policy, ACL, ownership and
    both levels of block public access are weighed together, as S3 does.
    """
    return not_public(bucket, write=False)


@rule(
    "s3-bucket-public-write",
    "The public cannot write to the bucket through its policy or ACL",
    on=BUCKET,
    severity=Severity.CRITICAL,
    controls=NETWORK | {
        NIST: _PUBLIC_NIST,
        "AWS FSBP": ["S3.3"],
        "CIS AWS v7.0": ["2.21"],
        "AWS Config": ["s3-bucket-public-write-prohibited"],
        ATLAS: ["AML.T0049", "AML.T0020", "AML.T0010"],
    },
    fix=_OPEN_FIX,
    good=[
        {"Name": "ml-data", "Acl": _acl()},
        {
            "Name": "ml-data",
            "Acl": _acl(),
            "Policy": policy(allow("*", "s3:GetObject")),
            "PolicyStatus": {"IsPublic": True},
        },
    ],
    bad=[
        {
            "Name": "ml-data",
            "Acl": _acl(),
            "Policy": policy(allow("*", "s3:PutObject")),
            "PolicyStatus": {"IsPublic": True},
        },
        {"Name": "ml-data", "Acl": _acl("AllUsers", "WRITE")},
    ],
)
def not_publicly_writable(bucket: Resource[Bucket]) -> Verdict:
    """Whoever can write where jobs read from decides what the model learns.

    A stranger can poison training data, replace a model artifact that an endpoint will load and
    run, or delete the lot. Nothing has to be stolen for that, and the next training run spreads
    it.
    """
    return not_public(bucket, write=True)
