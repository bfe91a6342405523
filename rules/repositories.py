"""Image repositories that machine learning runs from: who may use them, and what is kept there.

Only repositories that something of SageMaker's names are seen at all; those of other accounts,
such as AWS's own for its deep learning containers, show nothing to us and are their owner's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import KEY, REPOSITORY, Repository
from auditor.policy import Trust, cross_account, public
from auditor.rule import Other, Sample, Setting, rule
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import ACCESS, ATLAS, ENCRYPTION, LENS, NIST, OWASP, RMF
from ._keys import customer_managed
from ._kms import KEY_ARN, allow, policy, sample_key

Check = Callable[..., Verdict]
_SUPPLY = {
    NIST: ["SR-3", "SR-4", "SI-7"],
    LENS: ["MLSEC05-BP01"],
    ATLAS: ["AML.T0010"],
    OWASP: ["ML06"],
    RMF: ["GOVERN 6.1", "MAP 4.1"],
}
_PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_PARTNER = {"AWS": "arn:aws:iam::444455556666:root"}


def _repository(**members: Any) -> dict[str, Any]:
    """Return a repository as the samples have it."""
    return {
        "repositoryName": "serving", "registryId": "111122223333",
        "repositoryArn": "arn:aws:ecr:eu-west-1:111122223333:repository/serving",
        "imageTagMutability": "IMMUTABLE", **members,
    }  # fmt: skip


def _open_to(principal: Any) -> dict[str, Any]:
    """Return a repository whose policy lets somebody pull; such policies name no resource."""
    statement = allow(principal, *_PULL)
    return _repository(Policy=policy({k: v for k, v in statement.items() if k != "Resource"}))


def _encrypted(kind: str, **key: str) -> dict[str, Any]:
    """Return a repository that is encrypted so."""
    return _repository(encryptionConfiguration={"encryptionType": kind, **key})


def ours(check: Check) -> Check:
    """Make a rule NotApplicable to repositories in the registry of another account.

    Stands between ``@rule`` and the function.
    """

    @wraps(check)
    def judged(repository: Resource[Repository], **settings: Any) -> Verdict:
        owner = repository.data.registryId
        if owner and owner != repository.account:
            return NotApplicable(f"the repository belongs to account {owner} and is judged there")
        return check(repository, **settings)

    return judged


@rule(
    "ecr-cmk-encryption",
    "The repository is encrypted with a key of your own",
    on=REPOSITORY, severity=Severity.MEDIUM,
    controls=ENCRYPTION | {
        NIST: [
            "AU-9", "CA-9(1)", "CM-3(6)", "SC-7(10)", "SC-12(2)", "SC-13", "SC-28", "SC-28(1)",
            "SI-7(6)",
        ],
        "AWS FSBP": ["ECR.5"],
        "AWS Config": ["ecr-repository-cmk-encryption-enabled"],
    },
    fix="A repository keeps the encryption it was made with. Make another, `aws ecr"
    " create-repository --repository-name NEW_NAME --region {region} --encryption-configuration"
    " encryptionType=KMS,kmsKey=KEY_ARN`, copy the images, let models and jobs name it, and delete"
    " {name}.",
    good=Sample(_encrypted("KMS", kmsKey=KEY_ARN), (Other(KEY, sample_key()),)),
    bad=[
        _encrypted("AES256"),
        Sample(_encrypted("KMS", kmsKey=KEY_ARN), (Other(KEY, sample_key(KeyManager="AWS")),)),
    ],
)  # fmt: skip
@ours
def encrypted_with_own_key(repository: Resource[Repository]) -> Verdict:
    """Images hold inference code, and often the model itself. Every repository is encrypted; with a
    key of your own its policy says who may read the layers, each use is in CloudTrail, and the key
    can be shut off.
    """
    encryption = repository.data.encryptionConfiguration
    kind = encryption.encryptionType if encryption else None
    if encryption is None or not kind:
        raise Unseen(f"ECR does not say how the repository {repository.name} is encrypted")
    if kind == "AES256":
        return Fail("encryptionType is AES256: S3's own keys encrypt the images")
    if not encryption.kmsKey:
        raise Unseen(f"encryptionType is {kind}, and ECR does not name the key")
    return customer_managed(repository, "encryptionConfiguration.kmsKey", "the repository")


@rule(
    "ecr-image-scanning",
    "Images of the repository are scanned when they are pushed, or continuously",
    on=REPOSITORY, severity=Severity.HIGH,
    controls=_SUPPLY | {
        NIST: ["RA-5"],
        "AWS FSBP": ["ECR.1"],
        "PCI DSS v4.0": ["6.2.3", "6.2.4"],
        "AWS Config": ["ecr-private-image-scanning-enabled"],
    },
    fix="Add a rule of the registry whose filter matches {name}: `aws ecr"
    " put-registry-scanning-configuration --region {region} --scan-type ENHANCED --rules"
    " '[{{\"scanFrequency\": \"CONTINUOUS_SCAN\", \"repositoryFilters\": [{{\"filter\": \"*\","
    " \"filterType\": \"WILDCARD\"}}]}}]'`. It takes the place of the rules that are there.",
    good=_repository(ScanningConfiguration={"scanOnPush": True, "scanFrequency": "SCAN_ON_PUSH"}),
    bad=_repository(ScanningConfiguration={"scanOnPush": False, "scanFrequency": "MANUAL"}),
)
@ours
def scanned(repository: Resource[Repository]) -> Verdict:
    """An image that nobody scans brings known holes of its system and its packages to where models
    and data are. The registry's scanning rules decide, and the repository's own setting, which AWS
    is giving up, where none of them matches; ECR is asked what the two come to.
    """
    scanning = repository.data.ScanningConfiguration
    if scanning is None:
        raise Unseen(f"how images of {repository.name} are scanned was not seen")
    frequency = scanning.scanFrequency
    if frequency in ("SCAN_ON_PUSH", "CONTINUOUS_SCAN") or scanning.scanOnPush:
        return Pass(f"scanFrequency is {frequency}" if frequency else "scanOnPush is true")
    if frequency:
        return Fail(f"scanFrequency is {frequency}: images are scanned when somebody asks for it")
    if scanning.scanOnPush is None:
        raise Unseen(f"ECR does not say how images of {repository.name} are scanned")
    return Fail("scanOnPush is false, and no scanning rule of the registry matches the repository")


@rule(
    "ecr-tag-immutability",
    "Tags of the repository cannot be moved to another image",
    on=REPOSITORY, severity=Severity.MEDIUM,
    controls=_SUPPLY | {
        NIST: ["CA-9(1)", "CM-2", "CM-8(1)"],
        "AWS FSBP": ["ECR.2"],
        "AWS Config": ["ecr-private-tag-immutability-enabled"],
    },
    fix="`aws ecr put-image-tag-mutability --repository-name {name} --region {region}"
    " --image-tag-mutability IMMUTABLE`; give each build a tag of its own.",
    good=[
        _repository(),
        Sample(
            _repository(
                imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
                imageTagMutabilityExclusionFilters=[{"filter": "dev-*", "filterType": "WILDCARD"}],
            ),
            settings={"exclusions": ["dev-*"]},
        ),
    ],
    bad=[
        _repository(imageTagMutability="MUTABLE"),
        _repository(
            imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
            imageTagMutabilityExclusionFilters=[{"filter": "latest", "filterType": "WILDCARD"}],
        ),
    ],
    settings=(
        Setting("exclusions", (), "Exclusion filters (as dev-*) that repositories may have."),
    ),
)
@ours
def tags_stay(repository: Resource[Repository], exclusions: Collection[str]) -> Verdict:
    """A model or job that names a tag runs whatever the tag points at when an instance starts.
    Where tags can be moved, whoever may push puts another image under the one that was scanned and
    approved. An exclusion opens that door again for the tags it matches; those that do no harm are
    named in the rule's setting.
    """
    mutability = repository.data.imageTagMutability
    if not mutability:
        raise Unseen(f"ECR names no imageTagMutability of {repository.name}")
    if mutability == "IMMUTABLE":
        return Pass()
    if mutability != "IMMUTABLE_WITH_EXCLUSION":
        return Fail(f"imageTagMutability is {mutability}")
    filters = repository.data.imageTagMutabilityExclusionFilters
    if not filters:
        raise Unseen(f"ECR does not say which tags of {repository.name} are excluded")
    loose = [one.filter or "?" for one in filters if one.filter not in exclusions]
    if loose:
        return Fail(f"imageTagMutability is {mutability}: of {', '.join(loose)} tags can be moved")
    return Pass("the exclusions are among those that the setting allows")


@rule(
    "ecr-lifecycle-policy",
    "The repository has a lifecycle policy",
    on=REPOSITORY, severity=Severity.MEDIUM,
    controls={
        NIST: ["CA-9(1)", "CM-2", "CM-2(2)"],
        "AWS FSBP": ["ECR.3"],
        "AWS Config": ["ecr-private-lifecycle-policy-configured"],
    },
    fix="`aws ecr put-lifecycle-policy --repository-name {name} --region {region}"
    " --lifecycle-policy-text file://policy.json`. Try it with `aws ecr"
    " start-lifecycle-policy-preview` first: it must keep what models in production name.",
    good=_repository(LifecyclePolicy=json.dumps({"rules": [{"rulePriority": 1}]})),
    bad=_repository(),
)
@ours
def old_images_go(repository: Resource[Repository]) -> Verdict:
    """Without one every image that was ever pushed stays: old ones with holes that were mended
    since can still be started by anyone who may name them, and ML images are tens of gigabytes
    each.
    """
    text = repository.data.LifecyclePolicy
    if not text:
        return Fail("the repository has no lifecycle policy")
    try:
        rules = json.loads(text)["rules"]
    except (ValueError, KeyError, TypeError):
        raise Unseen(f"the lifecycle policy of {repository.name} cannot be read") from None
    return Pass() if rules else Fail("the repository's lifecycle policy has no rules")


@rule(
    "ecr-public-policy",
    "The repository is open neither to strangers nor to accounts that nobody approved",
    on=REPOSITORY, severity=Severity.CRITICAL, controls=ACCESS | _SUPPLY,
    fix="Put the account into `[rules.ecr-public-policy]` of auditor.toml if it shall come in. If"
    " not: `aws ecr get-repository-policy --repository-name {name} --region {region} --query"
    " policyText --output text > policy.json`, take the statement that the finding names out, then"
    " `aws ecr set-repository-policy --repository-name {name} --region {region} --policy-text"
    " file://policy.json` (`aws ecr delete-repository-policy` where nothing is left).",
    good=[
        _open_to({"AWS": "arn:aws:iam::111122223333:role/training"}),
        Sample(_open_to(_PARTNER), settings={"trusted_accounts": ["444455556666"]}),
    ],
    bad=[_open_to("*"), _open_to(_PARTNER)],
    settings=(
        Setting("trusted_accounts", (), "Ids of accounts that repository policies may let in."),
        Setting("trusted_organizations", (), "Ids of organizations (o-…) they may let in."),
    ),
)
@ours
def let_in_whom_you_know(
    repository: Resource[Repository],
    trusted_accounts: Collection[str],
    trusted_organizations: Collection[str],
) -> Verdict:
    """Whoever may pull reads the inference code and whatever was built into the image, often the
    model and sometimes credentials. Whoever may push runs code with the role of every endpoint and
    job that names the repository. Open to strangers is as grave as it gets; open to one account
    that is on no list is told with the severity high.
    """
    document = repository.data.Policy
    found = public(document, service="ecr")
    if found.answer:
        return Fail(found.because)
    trust = Trust(
        repository.account, accounts=frozenset(trusted_accounts),
        organizations=frozenset(trusted_organizations),
    )  # fmt: skip
    shared = cross_account(document, trust, service="ecr")
    if shared.answer:
        return Fail(shared.because, Severity.HIGH)
    for answer in (found, shared):
        if answer.answer is None:
            raise Unseen(answer.because)
    return Pass(shared.because)
