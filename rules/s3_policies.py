"""What a bucket's policy offers to others, and what it forbids to everybody."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import BUCKET, VPC, Bucket
from auditor.policy import Answer, Trust, cross_account, public, sse_kms_only, tls_only
from auditor.rule import Sample, Setting, rule
from auditor.verdict import Fail, Pass, Severity, Verdict

from ._controls import ACCESS, ENCRYPTION, LENS, NIST, TRAFFIC
from ._s3 import allow, blocks, default_algorithm, enforced, policy

_EDIT_FIX = (
    "`aws s3api get-bucket-policy --bucket {name} --query Policy --output text > policy.json`,"
    " %s, then `aws s3api put-bucket-policy --bucket {name} --policy file://policy.json`."
)
_TLS_ONLY = {
    "Sid": "TlsOnly",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::ml-data", "arn:aws:s3:::ml-data/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
_KMS_ONLY = {
    "Sid": "OnlyKms",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:PutObject",
    "Resource": "arn:aws:s3:::ml-data/*",
    "Condition": {
        "StringNotEquals": {"s3:x-amz-server-side-encryption": ["aws:kms", "aws:kms:dsse"]}
    },
}
_KMS_OR_DEFAULT = _KMS_ONLY | {
    "Condition": {
        "StringNotEquals": {"s3:x-amz-server-side-encryption": ["aws:kms", "aws:kms:dsse"]},
        "Null": {"s3:x-amz-server-side-encryption": "false"},
    }
}
_NO_CUSTOMER_KEYS = _KMS_ONLY | {
    "Sid": "NoCustomerKeys",
    "Condition": {"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}},
}
_OWN_ROLE = allow({"AWS": "arn:aws:iam::111122223333:role/training"}, "s3:GetObject")
_PARTNER = {"AWS": "arn:aws:iam::444455556666:root"}


def _offered(bucket: Resource[Bucket], found: Answer) -> Verdict:
    """Judge an offer to somebody outside, which S3 takes back where it restricts a public policy.

    RestrictPublicBuckets bites only while the policy is public, and then on every statement.
    """
    if found.answer is None:
        raise Unseen(found.because)
    if not found.answer:
        return Pass(found.because)
    if public(bucket.data.Policy).answer and blocks(bucket)["RestrictPublicBuckets"]:
        return Pass(
            "the policy offers it to outsiders, but it is public and RestrictPublicBuckets is on,"
            " which leaves only the owner's account and AWS services"
        )
    return Fail(found.because)


@rule(
    "s3-bucket-cross-account-sensitive-actions",
    "The bucket policy gives other accounts no control over the bucket",
    on=BUCKET,
    severity=Severity.HIGH,
    controls=ACCESS | {
        NIST: ["CA-9(1)", "CM-2"],
        "AWS FSBP": ["S3.6"],
        "AWS Config": ["s3-bucket-blacklisted-actions-prohibited"],
    },
    fix=_EDIT_FIX % (
        "take s3:DeleteBucketPolicy, s3:PutBucketAcl, s3:PutBucketPolicy,"
        " s3:PutEncryptionConfiguration and s3:PutObjectAcl (also inside wildcards such as s3:Put*"
        " and s3:*) out of the statements for other accounts"
    ),
    good=[
        {"Name": "ml-data", "Policy": policy(allow(_PARTNER, "s3:GetObject"))},
        {"Name": "ml-data", "Policy": policy(_OWN_ROLE)},
    ],
    bad={"Name": "ml-data", "Policy": policy(allow(_PARTNER, "s3:GetObject", "s3:Put*"))},
)
def no_control_for_others(bucket: Resource[Bucket]) -> Verdict:
    """A partner who may change the policy, the ACLs or the encryption owns the bucket in effect.

    It can let in whomever it likes, lock the owner out, or have new data encrypted with a key
    that only it can use. Sharing a data set needs reading, at most writing of objects, and
    never these five actions.
    """
    actions = (
        "s3:DeleteBucketPolicy", "s3:PutBucketAcl", "s3:PutBucketPolicy",
        "s3:PutEncryptionConfiguration", "s3:PutObjectAcl",
    )  # fmt: skip
    found = cross_account(bucket.data.Policy, Trust(bucket.account), actions=actions)
    return _offered(bucket, found)


@rule(
    "s3-bucket-policy-known-grantees",
    "The bucket policy lets in only those on the list",
    on=BUCKET,
    severity=Severity.MEDIUM,
    controls=ACCESS | {
        "AWS Config": ["s3-bucket-policy-grantee-check", "s3-bucket-policy-not-more-permissive"],
    },
    fix="Put the grantee on the list under `[rules.s3-bucket-policy-known-grantees]` of"
    " auditor.toml if it belongs there. If it does not: " + _EDIT_FIX % "take its statement out",
    good=[
        {"Name": "ml-data", "Policy": policy(_OWN_ROLE)},
        Sample(
            {"Name": "ml-data", "Policy": policy(allow(_PARTNER, "s3:GetObject"))},
            settings={"trusted_accounts": ["444455556666"]},
        ),
    ],
    bad={"Name": "ml-data", "Policy": policy(allow(_PARTNER, "s3:GetObject"))},
    settings=(
        Setting("trusted_accounts", (), "Ids of accounts that bucket policies may let in."),
        Setting("trusted_organizations", (), "Ids of organizations (o-…) they may let in."),
        Setting("trusted_org_units", (), "Beginnings of aws:PrincipalOrgPaths they may let in."),
        Setting("trusted_vpcs", (), "Ids of VPCs, besides the account's own, they may let in."),
        Setting("trusted_vpc_endpoints", (), "Ids of VPC endpoints (vpce-…) they may let in."),
        Setting("trusted_networks", (), "Networks, as CIDRs, they may let in."),
    ),
)
def known_grantees(
    bucket: Resource[Bucket],
    trusted_accounts: Collection[str],
    trusted_organizations: Collection[str],
    trusted_org_units: Collection[str],
    trusted_vpcs: Collection[str],
    trusted_vpc_endpoints: Collection[str],
    trusted_networks: Collection[str],
) -> Verdict:
    """Every account in a bucket policy is one more place from which data and models can leave.

    Shares outlive the projects they were made for, and nobody notices, since the reads happen
    in the other account. With a list of those who may come in, an unexpected one shows at once;
    the list is empty until you fill it, so everyone outside the account counts as unexpected.
    """
    document = bucket.data.Policy
    trust = Trust(
        account=bucket.account,
        accounts=frozenset(trusted_accounts),
        organizations=frozenset(trusted_organizations),
        org_units=frozenset(trusted_org_units),
        vpcs=frozenset(trusted_vpcs),
        endpoints=frozenset(trusted_vpc_endpoints),
        networks=frozenset(trusted_networks),
    )
    found = cross_account(document, trust)
    if found.answer and "sourcevpc" in (document or "").lower():
        # what hangs on a VPC of the account's own is no offer to outsiders
        own = frozenset(vpc.name for vpc in bucket.all(VPC))
        found = cross_account(document, replace(trust, vpcs=trust.vpcs | own))
    return _offered(bucket, found)


@rule(
    "s3-bucket-tls-only",
    "The bucket policy denies plain HTTP",
    on=BUCKET,
    severity=Severity.MEDIUM,
    controls=TRAFFIC | {
        NIST: [
            "AC-17(2)", "AC-4", "IA-5(1)", "SC-12(3)", "SC-13", "SC-23", "SC-23(3)", "SC-7(4)",
            "SC-8", "SC-8(1)", "SC-8(2)", "SI-7(6)",
        ],
        LENS: [*TRAFFIC[LENS], *ENCRYPTION[LENS]],
        "AWS FSBP": ["S3.5"],
        "PCI DSS v4.0": ["4.2.1"],
        "CIS AWS v1.4": ["2.1.2"],
        "CIS AWS v3.0": ["2.1.1"],
        "CIS AWS v5.0": ["2.1.1"],
        "CIS AWS v6.0": ["3.1.1"],
        "CIS AWS v7.0": ["3.1.1"],
        "AWS Config": ["s3-bucket-ssl-requests-only"],
    },
    fix='Add this statement to the bucket policy: `{"Sid": "TlsOnly", "Effect": "Deny",'
    ' "Principal": "*", "Action": "s3:*", "Resource": ["arn:{partition}:s3:::{name}",'
    ' "arn:{partition}:s3:::{name}/*"], "Condition": {"Bool": {"aws:SecureTransport":'
    ' "false"}}}`. ' + _EDIT_FIX % "(or start from an empty policy where there is none) add it",
    good={"Name": "ml-data", "Policy": policy(_TLS_ONLY)},
    bad=[
        {"Name": "ml-data"},
        {
            "Name": "ml-data",
            "Policy": policy(_TLS_ONLY | {"Resource": "arn:aws:s3:::ml-data/*"}),
        },
    ],
)  # fmt: skip
def only_over_tls(bucket: Resource[Bucket]) -> Verdict:
    """S3 answers over plain HTTP unless a policy denies it.

    Then whoever sits on the network path reads training data and signed addresses, and can
    change a model file under way without anybody seeing it. Only an explicit Deny, for the
    bucket and its objects and every action, shuts that door; an Allow with a condition does
    not, since other policies may allow the same without it.
    """
    if bucket.data.Policy is None:
        return Fail("the bucket has no policy, so nothing denies requests over plain HTTP")
    return enforced(tls_only(bucket.data.Policy, bucket.name))


@rule(
    "s3-bucket-encryption-enforced",
    "The bucket policy rejects uploads that are not encrypted with KMS",
    on=BUCKET,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION,
    fix='Add this statement to the bucket policy: `{"Sid": "OnlyKms", "Effect": "Deny",'
    ' "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:{partition}:s3:::{name}/*",'
    ' "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": ["aws:kms",'
    ' "aws:kms:dsse"]}}}`. It also rejects uploads that name nothing. To let those through where'
    " the bucket's default is a KMS key, add"
    ' `"Null": {"s3:x-amz-server-side-encryption": "false"}` to its Condition, and reject keys that'
    ' the caller brings by `{"Sid": "NoCustomerKeys", "Effect": "Deny", "Principal": "*", "Action":'
    ' "s3:PutObject", "Resource": "arn:{partition}:s3:::{name}/*", "Condition": {"Null":'
    ' {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}}}`. '
    + _EDIT_FIX % "(or start from an empty policy where there is none) add it",
    good=[
        {"Name": "ml-data", "Policy": policy(_KMS_ONLY)},
        {
            "Name": "ml-data",
            "Policy": policy(_KMS_OR_DEFAULT, _NO_CUSTOMER_KEYS),
            "ServerSideEncryptionConfiguration": {
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
            },
        },
    ],
    bad=[
        {"Name": "ml-data"},
        {"Name": "ml-data", "Policy": policy(_KMS_OR_DEFAULT, _NO_CUSTOMER_KEYS)},
    ],
)
def only_kms_uploads(bucket: Resource[Bucket]) -> Verdict:
    """The default encryption of a bucket gives way to whatever an upload asks for.

    A job or a person who names AES256, or a key of their own, stores training data outside the
    key that your key policy and its audit trail protect, and the bucket's setting still looks
    right. Only a Deny on s3:PutObject holds for each upload.
    """
    if bucket.data.Policy is None:
        return Fail("the bucket has no policy, so an upload may name any encryption")
    default_kms = default_algorithm(bucket).startswith("aws:kms")
    return enforced(sse_kms_only(bucket.data.Policy, bucket.name, default_kms=default_kms))
