"""Who may do what: roles and policies."""

from __future__ import annotations

from auditor.kind import Kind, Link, Part
from auditor.shapes import iam

from .values import account_of

POLICY = Kind(
    "AWS::IAM::ManagedPolicy", iam.ManagedPolicyDetail, service="iam", scope="account", lists="",
    describes="GetPolicy", key="PolicyArn", answer="Policy", id="PolicyName", arn="Arn",
    gone=("NoSuchEntity",), foreign=account_of,
    parts=(
        Part("PolicyVersionList", "iam.GetPolicyVersion", answer="[PolicyVersion]",
             given={"PolicyArn": "{arn}", "VersionId": "{DefaultVersionId}"}),
    ),
)
ROLE = Kind(
    "AWS::IAM::Role", iam.RoleDetail, service="iam", scope="account", lists="",
    describes="GetRole", key="RoleName", answer="Role", id="RoleName", arn="Arn",
    gone=("NoSuchEntity",), foreign=account_of,
    parts=(
        Part("RolePolicyList", "iam.GetRolePolicy", answer="@",
             each=("iam.ListRolePolicies", "PolicyNames"),
             given={"RoleName": "{name}", "PolicyName": "{each}"}),
        Part("AttachedManagedPolicies", "iam.ListAttachedRolePolicies",
             answer="AttachedPolicies", given={"RoleName": "{name}"}),
    ),
    links=(
        Link("AttachedManagedPolicies[].PolicyArn", POLICY),
        Link("PermissionsBoundary.PermissionsBoundaryArn", POLICY),
    ),
)
