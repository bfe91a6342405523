"""Who may do what: roles, policies and users."""

from __future__ import annotations

from datetime import datetime

from auditor.kind import Kind, Link, Part
from auditor.shape import Shape
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


class User(Shape):
    """A user as ListUsers has it, its tags and keys, whether it has a password and devices.

    ListUsers leaves out boundaries and tags. ``LoginProfile`` is None where the user has no
    password; then nobody asks for its devices.
    """

    Path: str | None
    UserName: str | None
    UserId: str | None
    Arn: str | None
    CreateDate: datetime | None
    PasswordLastUsed: datetime | None
    Tags: list[iam.Tag] | None
    LoginProfile: iam.LoginProfile | None
    MFADevices: list[iam.MFADevice] | None
    AccessKeys: list[iam.AccessKeyMetadata] | None


USER: Kind[User] = Kind(
    "AWS::IAM::User", User, service="iam", scope="account", lists="ListUsers", items="Users",
    describes="", id="UserName", arn="Arn", gone=("NoSuchEntity",),
    parts=(
        Part("Tags", "iam.ListUserTags", "Tags", given={"UserName": "{name}"}),
        Part("LoginProfile", "iam.GetLoginProfile", "LoginProfile", ("NoSuchEntity",),
             {"UserName": "{name}"}),
        Part("MFADevices", "iam.ListMFADevices", "MFADevices", given={"UserName": "{name}"},
             where="LoginProfile"),
        Part("AccessKeys", "iam.ListAccessKeys", "AccessKeyMetadata",
             given={"UserName": "{name}"}),
    ),
)
