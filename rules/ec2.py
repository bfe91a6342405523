"""EC2 beside ML: the instances in its networks, and how a Region encrypts their volumes."""

from __future__ import annotations

from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import EC2_DEFAULTS, INSTANCE, VPC, Ec2Defaults
from auditor.rule import Sample, rule
from auditor.shapes.ec2 import Instance
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import ACCESS, ENCRYPTION, NIST
from ._edges import target
from ._use import A_NOTEBOOK
from ._use import unused as without_ml
from ._vpc import USED, VPC_HERE, VPC_ID, unused


@rule(
    "ec2-ebs-encryption-by-default",
    "New EBS volumes are encrypted where ML is used",
    on=EC2_DEFAULTS,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION | {
        NIST: ["CA-9(1)", "CM-3(6)", "SC-13", "SC-28", "SC-28(1)", "SC-7(10)", "SI-7(6)"],
        "AWS FSBP": ["EC2.7"],
        "CIS AWS v1.4": ["2.2.1"],
        "CIS AWS v7.0": ["6.1.1"],
        "AWS Config": ["ec2-ebs-encryption-by-default"],
    },
    fix="`aws ec2 enable-ebs-encryption-by-default --region {region}`. It holds for new volumes; of"
        " one that is there, make an encrypted copy of a snapshot and replace it.",
    good=Sample({"EbsEncryptionByDefault": True}, (A_NOTEBOOK,)),
    bad=Sample({"EbsEncryptionByDefault": False}, (A_NOTEBOOK,)),
)
def volumes_are_encrypted(region: Resource[Ec2Defaults]) -> Verdict:
    """SageMaker encrypts the volumes it makes. Those of one's own instances, on which data is
    prepared and models are tried, are encrypted only if whoever starts one thinks of it, or if the
    Region does it by default. Snapshots of plain volumes are plain as well, and easily shared.
    """
    skipped = without_ml(region, region.region)
    if skipped:
        return skipped
    on = region.data.EbsEncryptionByDefault
    if on is None:
        raise Unseen(f"EC2 does not say how {region.region} encrypts new volumes")
    return Pass() if on else Fail("EbsEncryptionByDefault is false")


def _instance(**options: str) -> Sample:
    """Return an instance in a VPC that a notebook uses, with its metadata options."""
    document: dict[str, Any] = {
        "InstanceId": "i-0a1b2c3d", "VpcId": VPC_ID, "State": {"Name": "running"},
        "MetadataOptions": {"HttpEndpoint": "enabled", **options},
    }  # fmt: skip
    return Sample(document, (VPC_HERE, *USED))


@rule(
    "ec2-imdsv2",
    "Instances in ML networks answer version 2 of the metadata service only",
    on=INSTANCE,
    severity=Severity.HIGH,
    controls=ACCESS | {
        NIST: ["AC-3", "AC-3(15)", "AC-3(7)", "AC-6"],
        "AWS FSBP": ["EC2.8"],
        "PCI DSS v4.0": ["2.2.6"],
        "CIS AWS v3.0": ["5.6"],
        "CIS AWS v5.0": ["5.7"],
        "CIS AWS v6.0": ["6.7"],
        "CIS AWS v7.0": ["6.7"],
        "AWS Config": ["ec2-imdsv2-check"],
    },
    fix="`aws ec2 modify-instance-metadata-options --region {region} --instance-id {name}"
        " --http-tokens required --http-endpoint enabled`, once the instance's software asks with"
        " a token (CloudWatch's metric MetadataNoToken counts what does not).",
    good=[_instance(HttpTokens="required"), _instance(HttpEndpoint="disabled")],
    bad=_instance(HttpTokens="optional"),
)
def asks_for_a_token(instance: Resource[Instance]) -> Verdict:
    """The metadata service hands the instance's role to any process that asks. Version 1 answers a
    plain GET, so that a notebook server or a demo that fetches addresses for its users hands it to
    them. Judged are the instances in VPCs that ML uses: they share its network, and mostly its
    buckets.
    """
    state = instance.data.State
    if state is not None and state.Name in ("shutting-down", "terminated"):
        return NotApplicable(f"State is {state.Name}")
    edges = instance.edges(VPC, "VpcId")
    if not edges:
        raise Unseen(f"EC2 names no VPC of {instance.name}")
    skipped = unused(target(edges[0], "VPC"))
    if skipped:
        return NotApplicable("nothing of SageMaker that was seen is in its VPC")
    options = instance.data.MetadataOptions
    if options is None:
        raise Unseen(f"EC2 names no MetadataOptions of {instance.name}")
    if options.HttpEndpoint == "disabled":
        return Pass("the metadata service is off")
    if options.HttpTokens == "required":
        return Pass()
    if not options.HttpTokens:
        raise Unseen(f"EC2 names no HttpTokens of {instance.name}")
    return Fail(f"HttpTokens is {options.HttpTokens}: IMDSv1 hands out the role's credentials to a"
                " plain GET")
