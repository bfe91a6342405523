"""Edges of the rules on Studio domains; numbers are those of the pitfalls in semantics.md."""

import pytest

from auditor.kinds import DOMAIN, KEY, POLICY, ROLE, USER_PROFILE
from auditor.rule import Other
from auditor.testing import judge

DENIED = "AccessDeniedException"
ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:eu-west-1:111122223333:key/{ID}"
FOREIGN = "arn:aws:kms:eu-west-1:444455556666:key/x"
ROLE_ARN = "arn:aws:iam::111122223333:role/studio"


def key(manager="CUSTOMER", state="Enabled", *names):
    return Other(KEY, {"KeyId": ID, "Arn": ARN, "KeyManager": manager, "KeyState": state}, names)


def domain(**more):
    return {"DomainId": "d-1", "Status": "InService", "VpcId": "vpc-1", "SubnetIds": ["subnet-1"],
            "DefaultUserSettings": {}, **more}


def sharing(**settings):
    return domain(DefaultUserSettings={"SharingSettings": settings})


def docker(**settings):
    return domain(DomainSettings={"DockerSettings": settings})


UNIFIED = {"DomainSettings": {"UnifiedStudioSettings": {"DomainId": "dzd-1"}}}
APPLICATION = "arn:aws:sso::111122223333:application/ssoins-1/apl-1"
CASES = [
    # a domain has a VPC and subnets also when its apps are on the internet
    ("vpc-only", "pitfall_13_public_with_vpc", domain(AppNetworkAccessType="PublicInternetOnly"),
     [], "fail", "past your VPC"),
    ("vpc-only", "pitfall_13_vpc_only", domain(AppNetworkAccessType="VpcOnly"), [], "pass", ""),
    ("vpc-only", "pitfall_13_unset_is_public", domain(), [], "fail", "not set, which AWS takes"),
    ("vpc-only", "pitfall_13_unified_studio",
     domain(AppNetworkAccessType="PublicInternetOnly", **UNIFIED), [], "fail", "Unified Studio"),
    ("vpc-only", "other_domain_settings", domain(DomainSettings={}), [], "fail", "past your VPC"),
    ("vpc-only", "pitfall_31_deleting", domain(Status="Deleting"), [], "not_applicable",
     "Deleting"),
    ("vpc-only", "pitfall_31_failed", domain(Status="Failed"), [], "not_applicable", "Failed"),
    ("vpc-only", "pitfall_31_update_failed", domain(Status="Update_Failed"), [], "fail", ""),
    ("vpc-only", "pitfall_31_delete_failed", domain(Status="Delete_Failed"), [], "fail", ""),

    ("sso", "pitfall_24_application", domain(
        AuthMode="SSO", SingleSignOnApplicationArn=APPLICATION), [], "pass", ""),
    ("sso", "pitfall_24_instance", domain(
        AuthMode="SSO", SingleSignOnManagedApplicationInstanceId="ins-1"), [], "pass", ""),
    ("sso", "pitfall_24_neither", domain(AuthMode="SSO"), [], "pass", ""),
    ("sso", "iam", domain(AuthMode="IAM"), [], "fail", "AuthMode is IAM"),
    ("sso", "absent", domain(), [], "unknown", "AuthMode"),
    ("sso", "blank", domain(AuthMode=""), [], "unknown", "AuthMode"),
    ("sso", "deleting", domain(AuthMode="IAM", Status="Deleting"), [], "not_applicable", ""),

    ("cmk", "ours", domain(KmsKeyId=ARN), [key()], "pass", ""),
    ("cmk", "pitfall_6_old_member", domain(HomeEfsFileSystemKmsKeyId=ARN), [key()], "pass", ""),
    ("cmk", "pitfall_6_new_member_wins", domain(
        KmsKeyId=ARN, HomeEfsFileSystemKmsKeyId="alias/aws/elasticfilesystem"), [key()], "pass",
     ""),
    ("cmk", "pitfall_5_none", domain(), [], "fail", "no customer-managed key"),
    ("cmk", "pitfall_5_blank", domain(KmsKeyId="", HomeEfsFileSystemKmsKeyId=""), [], "fail",
     "no customer-managed key"),
    ("cmk", "pitfall_4_alias_of_ours", domain(KmsKeyId="alias/studio"),
     [key("CUSTOMER", "Enabled", "alias/studio")], "pass", ""),
    ("cmk", "pitfall_4_managed_by_aws", domain(KmsKeyId=ARN), [key("AWS")], "fail",
     "AWS manages"),
    ("cmk", "pitfall_4_aws_alias", domain(KmsKeyId="alias/aws/elasticfilesystem"), [], "fail",
     "AWS manages"),
    ("cmk", "pitfall_4_disabled", domain(KmsKeyId=ARN), [key(state="PendingDeletion")], "fail",
     "PendingDeletion"),
    ("cmk", "pitfall_4_foreign", domain(KmsKeyId=FOREIGN), [], "unknown", "444455556666"),

    ("sharing-cmk", "ours", sharing(NotebookOutputOption="Allowed", S3KmsKeyId=ARN), [key()],
     "pass", ""),
    ("sharing-cmk", "none", sharing(NotebookOutputOption="Allowed", S3OutputPath="s3://x/y"), [],
     "fail", "s3://x/y"),
    ("sharing-cmk", "blank", sharing(NotebookOutputOption="Allowed", S3KmsKeyId=""), [], "fail",
     "their bucket"),
    ("sharing-cmk", "pitfall_4_managed_by_aws",
     sharing(NotebookOutputOption="Allowed", S3KmsKeyId="alias/aws/s3"), [], "fail",
     "AWS manages"),
    ("sharing-cmk", "off", sharing(NotebookOutputOption="Disabled", S3OutputPath="s3://x/y"), [],
     "not_applicable", "Disabled"),
    ("sharing-cmk", "new_option", sharing(NotebookOutputOption="Some"), [], "fail", "S3KmsKeyId"),
    ("sharing-cmk", "blank_option", sharing(NotebookOutputOption=""), [], "not_applicable", ""),
    ("sharing-cmk", "unset", sharing(), [], "not_applicable", "not set"),
    ("sharing-cmk", "no_settings", domain(), [], "not_applicable", "not set"),
    ("sharing-cmk", "absent", {"DomainId": "d-1"}, [], "unknown", "DefaultUserSettings"),
    # the key of the home is another one
    ("sharing-cmk", "other_key",
     sharing(NotebookOutputOption="Allowed") | {"KmsKeyId": ARN}, [key()], "fail", "S3KmsKeyId"),

    ("rootless-docker", "rootless", docker(EnableDockerAccess="ENABLED",
                                           RootlessDocker="ENABLED"), [], "pass", ""),
    ("rootless-docker", "root", docker(EnableDockerAccess="ENABLED", RootlessDocker="DISABLED"),
     [], "fail", "DISABLED"),
    ("rootless-docker", "unset", docker(EnableDockerAccess="ENABLED"), [], "fail", "not set"),
    ("rootless-docker", "off", docker(EnableDockerAccess="DISABLED", RootlessDocker="DISABLED"),
     [], "not_applicable", "DISABLED"),
    ("rootless-docker", "blank", docker(EnableDockerAccess="", RootlessDocker=""), [],
     "not_applicable", "not set"),
    ("rootless-docker", "new_option", docker(EnableDockerAccess="SOME"), [], "fail", "not set"),
    ("rootless-docker", "no_docker", docker(), [], "not_applicable", "not set"),
    ("rootless-docker", "no_settings", domain(), [], "not_applicable", "no Docker"),
]


@pytest.mark.parametrize(("rule", "case", "data", "others", "status", "words"), CASES,
                         ids=[f"{rule}-{case}" for rule, case, *_ in CASES])
def test_edges(rule, case, data, others, status, words):
    finding = judge(f"sagemaker-domain-{rule}", data, *others)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message


@pytest.mark.parametrize(("rule", "data", "member"), [
    ("vpc-only", domain(AppNetworkAccessType="VpcOnly"), "AppNetworkAccessType"),
    ("vpc-only", domain(AppNetworkAccessType="VpcOnly"), "Status"),
    ("sso", domain(AuthMode="SSO"), "AuthMode"),
    ("cmk", domain(), "KmsKeyId"),
    ("cmk", domain(), "HomeEfsFileSystemKmsKeyId"),
    ("sharing-cmk", domain(), "DefaultUserSettings"),
    ("rootless-docker", domain(), "DomainSettings"),
    ("default-role-admin", domain(), "DefaultUserSettings"),
    ("space-role-admin", domain(), "DefaultSpaceSettings"),
    ("shared-role", domain(), "DefaultUserSettings"),
])
def test_what_was_refused_is_unknown(rule, data, member):
    for refused in (member, ""):
        finding = judge(f"sagemaker-domain-{rule}", data, unseen={refused: DENIED})
        assert finding.status == "unknown" and DENIED in finding.message


def test_a_key_that_was_refused_is_unknown():
    finding = judge("sagemaker-domain-cmk", domain(KmsKeyId=ARN), refused=[KEY])
    assert finding.status == "unknown" and DENIED in finding.message


# -- roles


def role(*statements, attached=(), name="studio"):
    return Other(ROLE, {
        "RoleName": name, "Arn": f"arn:aws:iam::111122223333:role/{name}",
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": {
            "Version": "2012-10-17", "Statement": list(statements)}}],
        "AttachedManagedPolicies": [
            {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in attached],
    })


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
ADMINISTRATOR = Other(POLICY, {
    "PolicyName": "AdministratorAccess", "Arn": ADMIN, "DefaultVersionId": "v1",
    "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": {
        "Version": "2012-10-17", "Statement": [allow("*")]}}]})
USERS = domain(DefaultUserSettings={"ExecutionRole": ROLE_ARN})
SPACES = domain(DefaultSpaceSettings={"ExecutionRole": ROLE_ARN})
ROLES = [
    ("inline", [role(allow("*"))], "fail", "role studio"),
    ("managed", [role(attached=[ADMIN]), ADMINISTRATOR], "fail", "AdministratorAccess"),
    ("modest", [role(allow("s3:GetObject", "arn:aws:s3:::x/*"))], "pass", ""),
    ("denied_again", [role(allow("*"), allow("*") | {"Effect": "Deny"})], "pass", ""),
    ("managed_unseen", [role(attached=[ADMIN])], "unknown", "AdministratorAccess"),
    ("role_gone", [], "not_applicable", "no longer exists"),
]


@pytest.mark.parametrize(("rule", "data"), [
    ("default-role-admin", USERS), ("space-role-admin", SPACES)])
@pytest.mark.parametrize(("case", "others", "status", "words"), ROLES, ids=[r[0] for r in ROLES])
def test_roles(rule, data, case, others, status, words):
    finding = judge(f"sagemaker-domain-{rule}", data, *others)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message


def test_a_role_of_the_other_settings_does_not_count():
    almighty = role(allow("*"))
    assert judge("sagemaker-domain-default-role-admin", SPACES, almighty).status == "not_applicable"
    assert judge("sagemaker-domain-space-role-admin", USERS, almighty).status == "not_applicable"
    blank = domain(DefaultSpaceSettings={"ExecutionRole": ""})
    assert judge("sagemaker-domain-space-role-admin", blank, almighty).status == "not_applicable"


def test_default_settings_that_aws_did_not_tell_are_unknown():
    for rule in ("default-role-admin", "shared-role"):
        finding = judge(f"sagemaker-domain-{rule}", {"DomainId": "d-1", "Status": "InService"})
        assert finding.status == "unknown" and "DefaultUserSettings" in finding.message


def profile(name, own="", status="InService", of="d-1"):
    data = {"DomainId": of, "UserProfileName": name, "Status": status,
            "UserProfileArn": f"arn:aws:sagemaker:eu-west-1:111122223333:user-profile/{of}/{name}"}
    return Other(USER_PROFILE, data | ({"UserSettings": {"ExecutionRole": own}} if own else {}))


ANNA = "arn:aws:iam::111122223333:role/anna"
SHARED = [
    ("pitfall_23_all_inherit", [profile("a"), profile("b")], "fail", "all 2 users"),
    ("pitfall_23_names_the_default_itself", [profile("a"), profile("b", ROLE_ARN)], "fail",
     "studio"),
    ("pitfall_23_one_overrides", [profile("a"), profile("b", ANNA)], "pass", "2 roles"),
    ("pitfall_23_all_override_alike", [profile("a", ANNA), profile("b", ANNA)], "fail", "anna"),
    ("most_share", [profile("a"), profile("b"), profile("c", ANNA)], "pass",
     "at most 2 share one"),
    ("alone", [profile("a")], "not_applicable", "one user"),
    ("empty", [], "not_applicable", "no users"),
    ("pitfall_31_the_other_is_deleted", [profile("a"), profile("b", ANNA, "Deleting")],
     "not_applicable", "one user"),
    ("pitfall_31_the_other_failed", [profile("a"), profile("b", ANNA, "Failed")],
     "not_applicable", "one user"),
    ("of_another_domain", [profile("a"), profile("b", ANNA, of="d-2"),
                           Other(DOMAIN, {"DomainId": "d-2"})], "not_applicable", "one user"),
]


@pytest.mark.parametrize(("case", "others", "status", "words"), SHARED, ids=[s[0] for s in SHARED])
def test_shared_role(case, others, status, words):
    finding = judge("sagemaker-domain-shared-role", USERS, *others)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message


def test_a_user_without_any_role_is_unknown():
    finding = judge("sagemaker-domain-shared-role", domain(), profile("a"), profile("b", ANNA))
    assert finding.status == "unknown" and "d-1/a" in finding.message


def test_profiles_that_were_refused_are_unknown():
    finding = judge("sagemaker-domain-shared-role", USERS, profile("a"), refused=[USER_PROFILE])
    assert finding.status == "unknown" and DENIED in finding.message
