"""ECR: repositories."""

import json

from tests.replayed import none, replay, row


def repository(principal=None):
    document = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": principal},
        "Action": ["ecr:DescribeImages", "ecr:DescribeRepositories"]}]}
    return {
        "repositoryName": "r", "registryId": "111122223333",
        "repositoryArn": "arn:aws:ecr:eu-west-1:111122223333:repository/r",
        **({"Policy": json.dumps(document)} if principal else {})}


def image(critical=0, high=0, medium=0, status="COMPLETE"):
    counts = {"CRITICAL": critical, "HIGH": high, "MEDIUM": medium}
    return {
        "repositoryName": "r", "registryId": "111122223333", "imageDigest": "sha256:" + "a1" * 32,
        "Scan": {"imageScanStatus": {"status": status}, "imageScanFindings": {
            "findingSeverityCounts": {k: v for k, v in counts.items() if v}}}}


REPLAYS = [
    replay(
        "ecr_repositories_scan_vulnerabilities_in_latest_image", "ecr-image-vulnerabilities",
        none(),
        row("scanned, nothing found", image(), "pass"),
        row("found of each severity, medium and up count", image(12, 34, 7), "fail",
            least="MEDIUM"),
        row("found of each severity, high and up count", image(12, 34, 7), "fail", least="HIGH"),
        row("found of each severity, critical ones count", image(12, 34, 7), "fail",
            least="CRITICAL"),
        row("nothing critical found, critical ones count", image(0, 34, 7), "pass",
            least="CRITICAL"),
    ),
    replay(
        "ecr_repositories_not_publicly_accessible", "ecr-public-policy",
        none(),
        row("a user of the account may look", repository("arn:aws:iam::111122223333:user/u"),
            "pass"),
        row("no policy", repository(), "pass"),
        row("anyone may look", repository("*"), "fail"),
    ),
    replay(
        "ecr_repositories_tag_immutability", "ecr-tag-immutability",
        none(),
        row("tags stay", repository() | {"imageTagMutability": "IMMUTABLE"}, "pass"),
        row("tags may be moved", repository() | {"imageTagMutability": "MUTABLE"}, "fail"),
    ),
    replay(
        "ecr_repositories_lifecycle_policy_enabled", "ecr-lifecycle-policy",
        row("a policy", repository() | {"LifecyclePolicy": '{"rules": [{"rulePriority": 1}]}'},
            "pass"),
        row("no policy", repository(), "fail"),
    ),
    replay(
        "ecr_repositories_scan_images_on_push_enabled", "ecr-image-scanning",
        none(),
        row("scanned when pushed", repository() | {"ScanningConfiguration": {
            "scanOnPush": True, "scanFrequency": "SCAN_ON_PUSH"}}, "pass"),
        row("not scanned when pushed", repository() | {"ScanningConfiguration": {
            "scanOnPush": False, "scanFrequency": "MANUAL"}}, "fail"),
    ),
]
