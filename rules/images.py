"""Images that serve models right now: what scans have found in them."""

from __future__ import annotations

from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import IMAGE, Image
from auditor.rule import Setting, rule
from auditor.verdict import Fail, Pass, Severity, Verdict

from ._controls import ATLAS, LENS, NIST, OWASP, RMF

# Source: FindingSeverity in the ECR API reference; Inspector calls the last but one UNTRIAGED.
_GRADES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNTRIAGED", "UNDEFINED")
_DIGEST = f"sha256:{'a1' * 32}"


def _image(status: str = "COMPLETE", **counts: int) -> dict[str, Any]:
    """Return an image with what its scan counted."""
    return {
        "repositoryName": "serving", "imageDigest": _DIGEST, "registryId": "111122223333",
        "Scan": {
            "imageScanStatus": {"status": status},
            "imageScanFindings": {"findingSeverityCounts": counts},
        },
    }  # fmt: skip


@rule(
    "ecr-image-vulnerabilities",
    "The image that serves a model has no grave finding",
    on=IMAGE, severity=Severity.MEDIUM,
    controls={
        NIST: ["RA-5", "SI-2"],
        LENS: ["MLSEC05-BP01"],
        ATLAS: ["AML.T0010"],
        OWASP: ["ML06"],
        RMF: ["MAP 4.1"],
    },
    fix="`aws ecr describe-image-scan-findings --repository-name REPOSITORY --image-id"
    " imageDigest=DIGEST --region {region}` lists them (repository and digest are in {name}). Build"
    " the image anew from a base without them, push it, and deploy the model with it: a running"
    " endpoint keeps the digest it was started with. For one that was never scanned: `aws ecr"
    " start-image-scan` with the same parameters.",
    good=_image(MEDIUM=2),
    bad=[_image(HIGH=1), {k: v for k, v in _image().items() if k != "Scan"}],
    settings=(Setting("least", "HIGH", f"The least grade that fails: {', '.join(_GRADES[:5])}."),),
)
def no_grave_findings(image: Resource[Image], least: str) -> Verdict:
    """That a repository is scanned says nothing about the digest which answers requests: tags move
    on, and endpoints keep what they were started with. Looked at are the digests that endpoints
    run. One that nobody scanned, or that no scanner can read any more, fails too, since nobody
    knows what is in it.
    """
    scan = image.data.Scan
    if scan is None:
        return Fail("the image serves a model and was never scanned")
    status = scan.imageScanStatus.status if scan.imageScanStatus else None
    if not status:
        raise Unseen(f"ECR does not say what became of the scan of {image.name}")
    if status in ("IN_PROGRESS", "PENDING"):
        raise Unseen(f"the scan of {image.name} has not ended")
    counts = scan.imageScanFindings.findingSeverityCounts if scan.imageScanFindings else None
    grave = _GRADES[: _GRADES.index(least) + 1] if least in _GRADES else _GRADES
    found = {grade: counts[grade] for grade in grave if counts and counts.get(grade)}
    if found:
        return Fail("the scan found " + ", ".join(f"{n} {grade}" for grade, n in found.items()))
    if status not in ("COMPLETE", "ACTIVE"):
        return Fail(f"the scan's status is {status}: nobody knows what is in the image")
    if counts is None:
        raise Unseen(f"ECR does not say what the scan of {image.name} found")
    at = scan.imageScanFindings.imageScanCompletedAt if scan.imageScanFindings else None
    return Pass(f"as of the scan of {at:%Y-%m-%d}" if at else "")
