"""Generate auditor/shapes/ from botocore's service models: ``python tools/shapes.py [--check]``.

One module per service, one class per structure, the members and their types as AWS declares
them. Nobody edits the result; ``make check`` fails when it differs from what this prints.
"""

from __future__ import annotations

import keyword
import sys
from pathlib import Path

import botocore
import botocore.session
from botocore.model import Shape, StructureShape

WANTED: dict[str, tuple[str, ...]] = {
    "accessanalyzer": ("ListAnalyzers",),
    "apigateway": (
        "GetAuthorizers", "GetDomainNames", "GetRequestValidators", "GetResources", "GetRestApis",
        "GetStages", "GetUsagePlans",
    ),
    "apigatewayv2": ("GetApis", "GetAuthorizers", "GetIntegrations", "GetRoutes", "GetStages"),
    "application-autoscaling": ("DescribeScalableTargets", "DescribeScalingPolicies"),
    "backup": ("DescribeProtectedResource",),
    "cloudtrail": (
        "DescribeTrails", "GetEventDataStore", "GetEventSelectors", "GetInsightSelectors",
        "GetTrailStatus",
    ),
    "cloudwatch": ("DescribeAlarms", "GetMetricData"),
    "config": ("DescribeConfigurationRecorders", "DescribeConfigurationRecorderStatus"),
    "ec2": (
        "DescribeFlowLogs", "DescribeInstances", "DescribeInstanceTypes",
        "DescribeManagedPrefixLists", "DescribeNatGateways", "DescribeRouteTables",
        "DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcBlockPublicAccessOptions",
        "DescribeVpcEndpointServiceConfigurations", "DescribeVpcEndpointServicePermissions",
        "DescribeVpcEndpoints", "DescribeVpcPeeringConnections", "DescribeVpcs",
        "GetManagedPrefixListEntries",
    ),
    "ecr": (
        "BatchGetRepositoryScanningConfiguration", "DescribeImageScanFindings", "DescribeImages",
        "DescribeRepositories", "GetRegistryScanningConfiguration",
    ),
    "efs": (
        "DescribeAccessPoints", "DescribeBackupPolicy", "DescribeFileSystems",
        "DescribeMountTargets",
    ),
    "events": ("ListRules",),
    "guardduty": ("GetDetector",),
    "iam": (
        "GetAccountAuthorizationDetails", "GetAccountPasswordPolicy", "GetLoginProfile",
        "GetRole", "ListAccessKeys", "ListMFADevices", "ListUsers",
    ),
    "inspector2": ("BatchGetAccountStatus",),
    "kms": ("DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListGrants"),
    "lambda": ("GetCodeSigningConfig", "ListFunctionUrlConfigs", "ListFunctions"),
    "logs": (
        "DescribeLogGroups", "DescribeLogStreams", "DescribeMetricFilters",
        "DescribeResourcePolicies",
    ),
    "macie2": (
        "DescribeBuckets", "GetAutomatedDiscoveryConfiguration",
        "GetClassificationExportConfiguration", "GetClassificationScope", "GetMacieSession",
    ),
    "route53profiles": ("ListProfileAssociations",),
    "route53resolver": ("ListFirewallRuleGroupAssociations",),
    "s3": (
        "GetBucketAcl", "GetBucketEncryption", "GetBucketLifecycleConfiguration",
        "GetBucketLocation", "GetBucketLogging", "GetBucketNotificationConfiguration",
        "GetBucketOwnershipControls", "GetBucketPolicy", "GetBucketPolicyStatus",
        "GetBucketReplication", "GetBucketTagging", "GetBucketVersioning", "GetBucketWebsite",
        "GetObjectLockConfiguration", "GetPublicAccessBlock", "HeadBucket", "ListBuckets",
    ),
    "s3control": (
        "GetAccessPoint", "GetAccessPointPolicyStatus", "GetPublicAccessBlock",
        "ListAccessPoints", "ListMultiRegionAccessPoints",
    ),
    "secretsmanager": ("DescribeSecret",),
    "securityhub": ("DescribeHub",),
    "sagemaker": ("Describe*", "List*"),
}
ROOM = Path(__file__).resolve().parent.parent / "auditor" / "shapes"
SCALARS = {
    "string": "str", "character": "str", "integer": "int", "long": "int", "float": "float",
    "double": "float", "boolean": "bool", "timestamp": "datetime", "blob": "str",
    "bigdecimal": "float", "biginteger": "int",
}


def hint(shape: Shape) -> str:
    """Return the annotation of a member of this shape."""
    if shape.type_name == "structure":
        return "Any" if getattr(shape, "is_document_type", False) else f"_T_{shape.name}"
    if shape.type_name == "list":
        return f"list[{hint(shape.member)}]"
    if shape.type_name == "map":
        return f"dict[str, {hint(shape.value)}]"
    return SCALARS[shape.type_name]


def reach(shape: Shape, into: dict[str, StructureShape]) -> None:
    """Add every structure that can be reached from ``shape``."""
    if shape.type_name == "structure":
        if shape.name in into or getattr(shape, "is_document_type", False):
            return
        into[shape.name] = shape
        for member in shape.members.values():
            reach(member, into)
    elif shape.type_name == "list":
        reach(shape.member, into)
    elif shape.type_name == "map":
        reach(shape.value, into)


def file_of(service: str) -> str:
    """Return the name of a service's module, which must be one that Python can import."""
    name = service.replace("-", "_")
    return f"aws_{name}" if keyword.iskeyword(name) else name


def module(service: str) -> str:
    """Return the text of one generated module."""
    model = botocore.session.get_session().get_service_model(service)
    structures: dict[str, StructureShape] = {}
    for name in model.operation_names:
        wanted = any(
            name.startswith(w[:-1]) if w.endswith("*") else name == w for w in WANTED[service]
        )
        output = model.operation_model(name).output_shape
        if wanted and output is not None:
            reach(output, structures)
    lines = [
        f'"""Structures of {service}, generated by tools/shapes.py; never edited."""',
        "",
        "from __future__ import annotations",
        "",
        "from datetime import datetime",
        "from typing import Any",
        "",
        "from auditor.shape import Shape",
        "",
    ]
    for name, shape in sorted(structures.items()):
        lines += ["", f"class {name}(Shape):", f'    """{service} {name}."""', ""]
        for member, target in shape.members.items():
            if keyword.iskeyword(member) or not member.isidentifier():
                continue  # reached by no rule; AWS has a handful, such as "from"
            lines.append(f"    {member}: {hint(target)} | None")
        while lines[-1] == "":
            lines.pop()
        lines.append("")
    lines += ["", *(f"_T_{name} = {name}" for name in sorted(structures)), ""]
    text = "\n".join(lines)
    for unused, name in (("datetime", "from datetime import datetime\n"),
                         ("Any", "from typing import Any\n")):
        if text.count(unused) == name.count(unused):
            text = text.replace(name, "")
    return text.replace("annotations\n\n\n", "annotations\n\n")


def main() -> int:
    """Write the modules, or with ``--check`` say which differ."""
    stale = []
    for service in WANTED:
        path = ROOM / f"{file_of(service)}.py"
        text = module(service)
        if path.exists() and path.read_text() == text:
            continue
        stale.append(path.name)
        if "--check" not in sys.argv:
            path.write_text(text)
    print(f"botocore {botocore.__version__}: " + (", ".join(stale) or "nothing changed"))
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
