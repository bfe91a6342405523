"""Runs made in code: the golden one, large ones, hostile ones, empty ones."""

from __future__ import annotations

import hashlib
from itertools import cycle, islice
from typing import Any

import msgspec

from auditor.finding import (
    CallCost,
    Cost,
    Coverage,
    Evidence,
    Finding,
    GapCard,
    Look,
    ResourceCard,
    RuleCard,
    Run,
    RunCard,
    fingerprint,
)
from auditor.findings import Findings
from auditor.frameworks import ours
from auditor.frameworks.tally import tallied
from auditor.verdict import Severity, Status

ACCOUNT = "111122223333"
SEEN = "2026-01-31T09:58:41+00:00"
SAGEMAKER = "AWS::SageMaker::"

RULES = [
    RuleCard(
        id=id, title=title, severity=severity, kind=kind, rationale=rationale, fix=fix,
        controls=controls, ours=ours(id, controls), help_url=f"https://sagemaker-auditor.readthedocs.io/rules/{id}/",
    )
    for id, title, severity, kind, controls, rationale, fix in [
        ("iam-role-confused-deputy", "Roles trust a service for this account only", "high",
         "AWS::IAM::Role", {"NIST 800-53 r5": ["AC-3", "AC-6"], "MITRE ATLAS": ["AML.T0012"]},
         "A role that SageMaker may assume without a condition on the source account can be used"
         " by whoever makes the service act for them.",
         "Add `aws:SourceAccount` to the trust policy:"
         " `aws iam update-assume-role-policy --role-name {name} --policy-document file://trust.json`."),
        ("macie-enabled", "Macie is on", "low", "AWS::Macie::Session",
         {"AWS FSBP": ["Macie.1"], "NIST 800-53 r5": ["RA-5", "SI-4"]},
         "Macie finds personal data in training sets that nobody knew held any.",
         "`aws macie2 enable-macie --region {region}`"),
        ("s3-bucket-public-read", "Nobody outside reads the bucket", "critical",
         "AWS::S3::Bucket", {"AWS FSBP": ["S3.2"], "NIST 800-53 r5": ["AC-3", "AC-6", "SC-7"]},
         "Training data that anybody may read is published, whatever was meant. The account's"
         " public access block outranks the bucket's own settings.",
         "Block public access: `aws s3api put-public-access-block --bucket {name}"
         " --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,"
         "BlockPublicPolicy=true,RestrictPublicBuckets=true`. Then look at who read it: CloudTrail"
         " data events, if they were on, say so."),
        ("sagemaker-endpoint-config-kms", "Endpoint volumes use a key of your own", "medium",
         SAGEMAKER + "EndpointConfig", {"NIST 800-53 r5": ["SC-13", "SC-28"]},
         "With a key of your own you decide, and see, who decrypts the volume.",
         "Make a new configuration with KmsKeyId, point the endpoint at it"
         " (`aws sagemaker update-endpoint`), and delete {name}."),
        ("sagemaker-notebook-imds-v2", "Notebooks answer IMDSv2 only", "medium",
         SAGEMAKER + "NotebookInstance", {"AWS FSBP": ["SageMaker.5"]},
         "Version 1 of the metadata service hands the role's credentials to a forged request.",
         "`aws sagemaker update-notebook-instance --notebook-instance-name {name}"
         " --instance-metadata-service-configuration MinimumInstanceMetadataServiceVersion=2`"),
        ("sagemaker-notebook-root-access", "Notebook users have no root", "high",
         SAGEMAKER + "NotebookInstance",
         {"AWS FSBP": ["SageMaker.3"], "NIST 800-53 r5": ["AC-2(1)", "AC-3(15)", "AC-6", "AC-6(10)"]},
         "Root lets a user switch off logging and read the credentials of the instance's role."
         " Lifecycle scripts run as root all the same.",
         "Stop the instance, then `aws sagemaker update-notebook-instance"
         " --notebook-instance-name {name} --root-access Disabled`."),
        ("sagemaker-training-isolation", "Training containers have no network", "low",
         SAGEMAKER + "TrainingJob", {"NIST 800-53 r5": ["SC-7"], "MITRE ATLAS": ["AML.T0025"]},
         "A container without network cannot send the data away.",
         "A job cannot be changed: run the next one with EnableNetworkIsolation, and delete this"
         " one once its record is not needed: `aws sagemaker delete-training-job"
         " --training-job-name {name}`."),
    ]
]

# Rules for larger runs: a subject, what is asked of it, how grave that is.
_MORE = [
    ("sagemaker-domain-kms", "Studio storage uses a key of your own", "medium", SAGEMAKER + "Domain"),
    ("sagemaker-domain-vpc-only", "Studio reaches the internet through your VPC only", "high", SAGEMAKER + "Domain"),
    ("sagemaker-endpoint-data-capture", "Endpoints keep what they were asked", "info", SAGEMAKER + "EndpointConfig"),
    ("sagemaker-endpoint-min-instances", "Endpoints survive the loss of a zone", "low", SAGEMAKER + "EndpointConfig"),
    ("sagemaker-feature-group-kms", "Feature stores use a key of your own", "medium", SAGEMAKER + "FeatureGroup"),
    ("sagemaker-model-isolation", "Models have no network", "medium", SAGEMAKER + "Model"),
    ("sagemaker-model-private-registry", "Models come from your own registry", "high", SAGEMAKER + "Model"),
    ("sagemaker-model-vpc", "Models run in your VPC", "medium", SAGEMAKER + "Model"),
    ("sagemaker-notebook-direct-internet", "Notebooks have no direct internet", "high", SAGEMAKER + "NotebookInstance"),
    ("sagemaker-notebook-kms", "Notebook volumes use a key of your own", "medium", SAGEMAKER + "NotebookInstance"),
    ("sagemaker-notebook-platform", "Notebooks run a platform AWS still mends", "medium", SAGEMAKER + "NotebookInstance"),
    ("sagemaker-processing-inter-node", "Processing nodes encrypt what they say", "low", SAGEMAKER + "ProcessingJob"),
    ("sagemaker-training-inter-node", "Training nodes encrypt what they say", "low", SAGEMAKER + "TrainingJob"),
    ("sagemaker-training-no-secrets", "No secret among hyperparameters", "critical", SAGEMAKER + "TrainingJob"),
    ("sagemaker-training-output-kms", "Model artefacts use a key of your own", "medium", SAGEMAKER + "TrainingJob"),
    ("sagemaker-training-vpc", "Training runs in your VPC", "medium", SAGEMAKER + "TrainingJob"),
    ("s3-bucket-access-logging", "Access to the bucket is logged", "low", "AWS::S3::Bucket"),
    ("s3-bucket-known-grantees", "The bucket's policy grants to known accounts", "high", "AWS::S3::Bucket"),
    ("s3-bucket-tls-only", "The bucket refuses plain HTTP", "medium", "AWS::S3::Bucket"),
    ("s3-bucket-versioning", "Training data can be recovered", "low", "AWS::S3::Bucket"),
    ("kms-key-policy-public", "Nobody outside uses the key", "critical", "AWS::KMS::Key"),
    ("kms-key-rotation", "Keys rotate", "low", "AWS::KMS::Key"),
    ("iam-role-admin", "Execution roles are no administrators", "critical", "AWS::IAM::Role"),
    ("iam-role-pass-role", "Roles pass named roles only", "high", "AWS::IAM::Role"),
    ("cloudtrail-multi-region", "A trail covers every region", "high", "AWS::CloudTrail::Trail"),
    ("cloudtrail-log-validation", "Logs prove that they are whole", "medium", "AWS::CloudTrail::Trail"),
]
MORE_RULES = [
    RuleCard(
        id=id, title=title, severity=severity, kind=kind, help_url="",
        rationale=f"{title}: what else happens is seen by nobody until somebody needs to know it,"
        " and then it is too late to begin looking. Peers of the same network may reach it, and"
        " what they take leaves no trace in a place that you control.",
        fix=f"`aws {kind.split('::')[1].lower()} mend --name {{name}} --region {{region}}`, once"
        " its owner agrees; what was made from it is to be made again.",
        controls={"AWS FSBP": [f"{kind.split('::')[1]}.{number}"],
                  "NIST 800-53 r5": [f"AC-{number}", "SC-7", f"SC-{12 + number % 4}"]},
    )
    for number, (id, title, severity, kind) in enumerate(_MORE, 1)
]

_NAMES = ["churn-forecast", "fraud-scores", "lab", "demand-2026", "ranking-v3", "speech-de",
          "ocr-invoices", "credit-risk", "sandbox-anna", "batch-features"]


def arn_of(kind: str, name: str, region: str) -> str:
    """Return a plausible ARN."""
    _, service, noun = kind.split("::", 2)
    if service == "S3":
        return f"arn:aws:s3:::{name}"
    if service == "IAM":
        return f"arn:aws:iam::{ACCOUNT}:role/{name}"
    return f"arn:aws:{service.lower()}:{region}:{ACCOUNT}:{noun.lower()}/{name}"


def finding(
    rule: RuleCard, name: str, status: str, message: str = "", *, region: str = "eu-west-1",
    arn: str = "", evidence: tuple[tuple[str, Any], ...] = (), **fields: Any,
) -> Finding:
    """Return a finding of a rule on a resource of its kind."""
    arn = arn or arn_of(rule.kind, name, region)
    call = f"{rule.kind.split('::')[1].lower()}:Describe{rule.kind.split('::')[2]}"
    return Finding(**{
        "rule": rule.id, "status": status, "severity": rule.severity, "title": rule.title,
        "message": message, "account": ACCOUNT, "partition": "aws", "region": region,
        "resource": ResourceCard(kind=rule.kind, arn=arn, name=name,
                                 tags={"team": "ml", "env": "prod"}),
        "fingerprint": fingerprint(rule.id, "aws", ACCOUNT, region, arn),
        "evidence": [Evidence(arn=arn, member=member, value=value, call=call, seen=SEEN)
                     for member, value in evidence],
        "controls": rule.controls,
        "fix": rule.fix.replace("{name}", name).replace("{region}", region)
        if status == "fail" else "",
    } | fields)


def run_of(findings: list[Finding], rules: list[RuleCard], **fields: Any) -> Run:
    """Return a run with those findings, in the engine's order, and what follows from them."""
    found = sorted(findings, key=lambda f: (
        -Severity(f.severity).rank, f.rule, f.account, f.region, f.resource.arn))
    calls = [
        CallCost(call="iam:ListRoles", account=ACCOUNT, region="global", calls=3, retries=0,
                 throttled=0, seconds=0.41),
        CallCost(call="sagemaker:DescribeTrainingJob", account=ACCOUNT, region="eu-west-1",
                 calls=148, retries=6, throttled=6, seconds=21.07),
        CallCost(call="sagemaker:DescribeTrainingJob", account=ACCOUNT, region="us-east-1",
                 calls=37, retries=0, throttled=0, seconds=4.9),
        CallCost(call="s3:GetBucketPolicy", account=ACCOUNT, region="global", calls=12, retries=0,
                 throttled=0, seconds=1.2),
    ]
    seen = {f.resource.arn: f.resource.kind for f in found if f.resource.name != "(all)"}
    kinds = {"AWS::::Account": 1}
    for kind in seen.values():
        kinds[kind] = kinds.get(kind, 0) + 1
    whole = {
        "run": RunCard(
            id="4f6c1a52-8c1c-4a53-9a6e-0d1f5f0a7c11", started="2026-01-31T09:58:00+00:00",
            finished="2026-01-31T10:00:12+00:00", version="0.1.0", accounts=[ACCOUNT],
            regions=["eu-west-1", "us-east-1"], partition="aws",
            caller=f"arn:aws:sts::{ACCOUNT}:assumed-role/audit/night", rules=[r.id for r in rules],
        ),
        "coverage": Coverage(
            resources=dict(sorted(kinds.items())),
            outcomes={s.value: sum(f.status == s for f in found) for s in Status},
            looks=[Look(kind=kind, account=ACCOUNT, region=region, state="done")
                   for kind in sorted(kinds) for region in ("eu-west-1", "us-east-1")],
            rules_selected=len(rules), rules_available=len(RULES + MORE_RULES),
            historical=sum(f.historical and f.status == "fail" for f in found),
            jobs_window_days=90,
        ),
        "gaps": [],
        "cost": Cost(calls=200, retries=6, throttled=6, seconds=131.5, by_operation=calls),
        "rules": rules, "findings": found,
        "frameworks": tallied(rules, Findings(found).tally),
    }
    return Run(**(whole | fields))


def gap(call: str, **fields: str) -> GapCard:
    """Return a refusal of a call."""
    return GapCard(**{
        "account": ACCOUNT, "region": "eu-west-1", "call": call, "code": "AccessDeniedException",
        "message": f"User: arn:aws:sts::{ACCOUNT}:assumed-role/audit/night is not authorized to"
        f" perform: {call}", "action": call, "kind": "", "arn": "", "member": "",
    } | fields)


def golden() -> Run:
    """Return a small run with every outcome in it."""
    role, macie, public, kms, imds, root, isolation = RULES
    gaps = [
        gap("sagemaker:ListEndpointConfigs", region="us-east-1", kind=kms.kind),
        gap("s3:GetBucketPolicyStatus", region="global", kind=public.kind, action="s3:GetBucketPolicyStatus",
            code="AccessDenied", message="Access Denied", arn="arn:aws:s3:::raw-clicks", member="PolicyStatus"),
        gap("kms:DescribeKey", code="ThrottlingException", message="Rate exceeded (throttled for 300 s on end)",
            kind="AWS::KMS::Key", arn=f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0f1e"),
    ]
    findings = [
        finding(role, "train", "fail", "sagemaker.amazonaws.com may assume it for any account",
                region="global", evidence=(
                    ("AssumeRolePolicyDocument", '{"Version":"2012-10-17","Statement":[{"Effect":"Allow",'
                     '"Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}'),)),
        finding(role, "serve", "pass", region="global"),
        finding(macie, "Macie", "fail", "Macie is off in eu-west-1",
                evidence=(("status", None),)),
        finding(public, "open-images", "fail", 'the policy lets everyone ("*") read it', region="global",
                evidence=(("PolicyStatus.IsPublic", True), ("PublicAccessBlockConfiguration", None))),
        finding(public, "raw-clicks", "unknown", "PolicyStatus was not seen: s3:GetBucketPolicyStatus in"
                " global answered AccessDenied: Access Denied", region="global", gap=1),
        finding(public, "models", "pass", region="global"),
        finding(kms, "churn-v1", "fail", "KmsKeyId is not set", evidence=(("KmsKeyId", None),),
                severity="low"),
        finding(kms, "(all)", "unknown", f"{kms.kind} could not be listed: sagemaker:ListEndpointConfigs"
                " in us-east-1 answered AccessDeniedException", region="us-east-1", gap=0,
                arn=f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:*"),
        finding(imds, "lab", "fail", "version 1 of the metadata service answers",
                evidence=(("InstanceMetadataServiceConfiguration.MinimumInstanceMetadataServiceVersion", "1"),)),
        finding(imds, "churn", "pass"),
        finding(imds, "old", "not_applicable", "it is being deleted"),
        *(finding(root, name, "fail", "RootAccess is Enabled", evidence=(("RootAccess", "Enabled"),))
          for name in ("lab", "churn", "speech", "ocr")),
        finding(root, "quiet", "waived", "RootAccess is Enabled"),
        finding(root, "safe", "pass"),
        *(finding(isolation, f"churn-2025-0{month}", "fail", "EnableNetworkIsolation is false",
                  evidence=(("EnableNetworkIsolation", False),), historical=True) for month in (3, 4)),
        finding(isolation, "churn-2026-01", "fail", "EnableNetworkIsolation is false",
                evidence=(("EnableNetworkIsolation", False), ("OutputDataConfig.KmsKeyId", None))),
        finding(isolation, "churn-2026-02", "unknown", "the rule broke (KeyError: 'x'); this is a fault of auditor"),
    ]
    made = run_of(findings, RULES, gaps=gaps)
    looks = [*made.coverage.looks, Look(
        kind=macie.kind, account=ACCOUNT, region="ap-south-2", state="unavailable",
        because="AWS does not offer macie2 in ap-south-2")]
    looks = [Look(kind=kms.kind, account=ACCOUNT, region="us-east-1", state="refused",
                  because="sagemaker:ListEndpointConfigs answered AccessDeniedException")
             if (look.kind, look.region) == (kms.kind, "us-east-1") else look for look in looks]
    return msgspec.structs.replace(made, coverage=msgspec.structs.replace(
        made.coverage, looks=looks, tags_unseen=["us-east-1"]))


def large(count: int) -> Run:
    """Return a run with about ``count`` outcomes over many rules, the same every time."""
    rules = RULES + MORE_RULES
    gaps = [
        gap("sagemaker:DescribeTrainingJob", code="ThrottlingException", action="sagemaker:DescribeTrainingJob",
            message="Rate exceeded (throttled for 300 s on end)", kind=SAGEMAKER + "TrainingJob",
            arn=arn_of(SAGEMAKER + "TrainingJob", f"{name}-0007", "eu-west-1"))
        for name in _NAMES[:4]
    ] + [gap("kms:GetKeyPolicy", kind="AWS::KMS::Key", member="Policy", region=region,
             message=f"User: arn:aws:sts::{ACCOUNT}:assumed-role/audit/night is not authorized to perform:"
             " kms:GetKeyPolicy on this resource because no identity-based policy allows it")
         for region in ("eu-west-1", "us-east-1")]
    findings = []
    for number, rule in enumerate(islice(cycle(rules), count)):
        draw = int(hashlib.sha256(f"{number}".encode()).hexdigest()[:8], 16)
        serial = number // len(rules)
        name = f"{_NAMES[draw % len(_NAMES)]}-{serial:04d}"
        region = "global" if rule.kind.startswith(("AWS::IAM", "AWS::S3")) else (
            "eu-west-1", "us-east-1")[draw >> 8 & 1]
        share = 12 if rule.severity == "critical" else 40
        chance = (draw >> 12) % 100
        job = "Job" in rule.kind
        if rule.id in ("kms-key-policy-public",) and chance < 50:
            findings.append(finding(rule, name, "unknown", "Policy was not seen: kms:GetKeyPolicy in"
                                    f" {region} answered AccessDeniedException", region=region,
                                    gap=4 if region == "eu-west-1" else 5))
        elif job and chance > 95:
            findings.append(finding(rule, name, "unknown", "the document was not seen:"
                                    " sagemaker:DescribeTrainingJob in eu-west-1 answered"
                                    " ThrottlingException", region=region, gap=draw % 4))
        elif chance < share:
            findings.append(finding(
                rule, name, "fail", _said(rule, draw), region=region,
                historical=job and draw % 3 == 0,
                evidence=(("KmsKeyId", None), ("VpcConfig.SubnetIds", ["subnet-0a1b2c3d", "subnet-4e5f6a7b"]))
                if draw % 2 else (("Statement[0].Principal", {"AWS": "*"}), ("RootAccess", "Enabled"),
                                  ("CreationTime", "2025-11-02T08:11:09+00:00")),
            ))
        elif chance < share + 10:
            findings.append(finding(rule, name, "not_applicable", "it is being deleted", region=region))
        else:
            findings.append(finding(rule, name, "pass", region=region))
    return run_of(findings, rules, gaps=gaps)


def _said(rule: RuleCard, draw: int) -> str:
    return ("KmsKeyId is not set", "the policy lets every principal of 444455556666 act",
            "VpcConfig is not set", "EnableNetworkIsolation is false",
            f"container 2 ({_NAMES[draw % 7]}) comes from a registry of account 763104351884")[draw % 5]


EVIL = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'><svg/onload=alert(1)>",
    "{{7*7}}{% raw %}", "\x1b[31mred\x1b[0m\x1b]0;title\x07", '=HYPERLINK("http://evil","x")',
    "two\nlines\r\nand\ttab", "nul\x00byte", "lone\ud800surrogate\udfff", "abc\u202egpj.exe\u2066x",
    "line\u2028par\u2029next\x85", "</style></script><!--", "javascript:alert(1)", "\ufeff\u200b\u200d",
    "\x9b31mC1 \x7f", "日本語の名前" * 34, "🔥👩‍💻❤️" * 30, "a" * 200, "x" * 5000, "`aws rm {name}`",
    "e\u0301" * 90, "\u3164blank", "&lt;b&gt;&amp;",
]


def hostile(evil: str) -> Run:
    """Return a run in which every text that is not ours is ``evil``."""
    def spoil(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {evil if key in ("tags", "controls", "resources") else k: spoil(v, k)
                    for k, v in value.items()}
        if isinstance(value, list):
            return [spoil(v, "" if isinstance(v, dict) else key) for v in value]
        enums = ("status", "severity", "state", "scope", "change")
        return evil if isinstance(value, str) and key not in enums else value

    return msgspec.convert(spoil(msgspec.to_builtins(golden())), Run)


def empty() -> Run:
    """Return a run over an account in which there is nothing."""
    return run_of([], RULES)


def clean() -> Run:
    """Return a run in which everything passed."""
    return run_of([finding(r, "good", "pass") for r in RULES], RULES)


def refused() -> Run:
    """Return a run in which AWS let us see nothing."""
    gaps = [gap(f"{r.kind.split('::')[1].lower()}:List{r.kind.split('::')[2]}s", kind=r.kind)
            for r in RULES]
    return run_of([finding(r, "(all)", "unknown", "could not be listed", gap=i)
                   for i, r in enumerate(RULES)], RULES, gaps=gaps)
