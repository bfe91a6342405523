"""IAM: roles."""

from auditor.kinds import POLICY
from auditor.rule import Other
from tests.replayed import differs, none, replay, row


def role(service, **condition):
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole",
                 **({"Condition": condition} if condition else {})}
    return {
        "RoleName": "r", "Arn": "arn:aws:iam::111122223333:role/r", "RolePolicyList": [],
        "AttachedManagedPolicies": [],
        "AssumeRolePolicyDocument": {"Version": "2008-10-17", "Statement": [statement]}}


OURS = {"StringEquals": {"aws:SourceAccount": ["111122223333"]}}

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
MANAGED = {
    ADMIN: [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    "arn:aws:iam::aws:policy/SecurityAudit": [
        {"Effect": "Allow", "Action": ["cloudtrail:DescribeTrails"], "Resource": "*"}]}


def attached(arn):
    return {"AttachedManagedPolicies": [{"PolicyArn": arn, "PolicyName": arn.rpartition("/")[2]}]}


def managed(arn):
    return Other(POLICY, {
        "Arn": arn, "PolicyName": arn.rpartition("/")[2], "DefaultVersionId": "v1",
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": {
            "Version": "2012-10-17", "Statement": MANAGED[arn]}}]})


def may(action=None, resource="*", **more):
    statement = {"Effect": "Allow", "Resource": resource, **({"Action": action} if action else {}),
                 **more}
    return role(SAGEMAKER) | {"RolePolicyList": [{"PolicyName": "p", "PolicyDocument": {
        "Version": "2012-10-17", "Statement": [statement]}}]}


def stated(*statements):
    return role(SAGEMAKER) | {"RolePolicyList": [{"PolicyName": "p", "PolicyDocument": {
        "Version": "2012-10-17", "Statement": [
            {"Effect": effect, "Resource": "*",
             **(what if isinstance(what, dict) else {"Action": what})}
            for effect, what in statements]}}]}


def own_policy(action):
    return {"PolicyName": "p", "Arn": "arn:aws:iam::111122223333:policy/p",
            "DefaultVersionId": "v1", "PolicyVersionList": [
                {"VersionId": "v1", "IsDefaultVersion": True, "Document": {
                    "Version": "2012-10-17", "Statement": [
                        {"Effect": "Allow", "Action": action, "Resource": "*"}]}}]}


def user(**more):
    return {"UserName": "u", **more}


def access_key(made):
    return {"UserName": "u", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Active",
            "CreateDate": f"{made}T00:00:00+00:00"}


SAGEMAKER = "sagemaker.amazonaws.com"

REPLAYS = [
    replay(
        "iam_role_administratoraccess_policy", "iam-sagemaker-role-admin",
        none(),
        row("no policy", role(SAGEMAKER), "pass"),
        row("SecurityAudit", role(SAGEMAKER) | attached("arn:aws:iam::aws:policy/SecurityAudit"),
            "pass", managed("arn:aws:iam::aws:policy/SecurityAudit")),
        row("AdministratorAccess", role(SAGEMAKER) | attached(ADMIN), "fail", managed(ADMIN)),
        differs("AdministratorAccess, a role that SageMaker may not assume",
                role("ec2.amazonaws.com") | attached(ADMIN), "fail", "not_applicable", "scope",
                "Ours judges roles that SageMaker may assume.", managed(ADMIN)),
    ),
    replay(
        "iam_role_cross_service_confused_deputy_prevention",
        "iam-sagemaker-role-trust-confused-deputy",
        differs("a role for EC2, no condition", role("ec2.amazonaws.com"), "fail",
                "not_applicable", "AWS", "EC2 assumes a role for the instance it was given to and"
                " sends no source account; ours judges roles that SageMaker may assume."),
        differs("a role for WorkSpaces, held to the account", role("workspaces.amazonaws.com",
                **OURS), "pass", "not_applicable", "scope",
                "Ours judges roles that SageMaker may assume."),
        row("a role for SageMaker, no condition", role("sagemaker.amazonaws.com"), "fail"),
        row("a role for SageMaker, held to the account", role("sagemaker.amazonaws.com", **OURS),
            "pass"),
    ),
    replay(
        "iam_policy_no_full_access_to_kms", "iam-sagemaker-role-kms-decrypt-all",
        row("kms:*", may("kms:*"), "fail"),
        row("kms:**", may("kms:**"), "fail"),
        row("ec2:*", may("ec2:*"), "pass"),
        row("ec2:* and kms:*", may(["ec2:*", "kms:*"]), "fail"),
        row("everything but ec2 and s3", may(NotAction=["ec2:*", "s3:*"]), "fail"),
        row("everything but kms", may(NotAction=["kms:*"]), "pass"),
        row("kms:* on one alias",
            may("kms:*", "arn:aws:kms:us-east-1:111122223333:alias/dev-key"), "pass"),
    ),
    replay(
        "iam_rotate_access_key_90_days", "iam-user-access-key-rotation",
        differs("no key", user(AccessKeys=[]), "pass", "not_applicable", "wording",
                "There is no key to rotate."),
        row("a key of 100 days", user(AccessKeys=[access_key("2025-10-23")]), "fail"),
        row("a second key of 100 days",
            user(AccessKeys=[access_key("2026-01-30"), access_key("2025-10-23")]), "fail"),
    ),
    replay(
        "iam_user_mfa_enabled_console_access", "iam-user-mfa",
        differs("no password", user(MFADevices=[]), "pass", "not_applicable", "wording",
                "Nobody can sign in to the console as this user."),
        row("a password and a device", user(LoginProfile={"UserName": "u"}, MFADevices=[
            {"UserName": "u", "SerialNumber": "arn:aws:iam::111122223333:mfa/u"}]), "pass"),
        row("a password and no device",
            user(LoginProfile={"UserName": "u"}, MFADevices=[]), "fail"),
    ),
    replay(
        "iam_no_root_access_key", "iam-root-access-key",
        row("no key", {"SummaryMap": {"AccountAccessKeysPresent": 0}}, "pass"),
        row("a key", {"SummaryMap": {"AccountAccessKeysPresent": 1}}, "fail"),
        row("two keys", {"SummaryMap": {"AccountAccessKeysPresent": 2}}, "fail"),
    ),
    replay(
        "iam_root_hardware_mfa_enabled", "iam-root-mfa",
        row("a hardware device", {"SummaryMap": {"AccountMFAEnabled": 1}}, "pass"),
        differs("a virtual device", {"SummaryMap": {"AccountMFAEnabled": 1}}, "fail", "pass",
                "scope", "Ours asks for a second factor, of whatever kind."),
    ),
    replay(
        "iam_customer_attached_policy_no_administrative_privileges", "iam-policy-full-admin",
        row("everything", own_policy("*"), "fail"),
        row("one action", own_policy("logs:CreateLogGroup"), "pass"),
        row("one service", own_policy("logs:*"), "pass"),
    ),
    replay(
        "iam_policy_allows_privilege_escalation", "iam-sagemaker-role-self-escalation",
        row("sts allowed, and all of it denied again", stated(
            ("Allow", "sts:*"), ("Deny", "sts:*"), ("Deny", {"NotAction": "sts:*"})), "pass"),
        row("lambda allowed, all but one glue action denied", stated(
            ("Allow", "lambda:*"), ("Deny", "lambda:InvokeFunction"),
            ("Deny", {"NotAction": "glue:GetDevEndpoints"})), "pass"),
        row("ways to pass a role, all but one dynamodb action denied", stated(
            ("Allow", ["lambda:*", "iam:PassRole", "dynamodb:PutItem", "ec2:RunInstances",
                       "cloudformation:CreateStack", "cloudformation:DescribeStacks"]),
            ("Deny", ["lambda:InvokeFunction", "cloudformation:CreateStack"]),
            ("Deny", {"NotAction": "dynamodb:PutItem"})), "pass"),
        row("iam:* and ec2:RunInstances",
            stated(("Allow", "iam:*"), ("Allow", "ec2:RunInstances")), "fail"),
    ),
    replay(
        "iam_policy_no_full_access_to_cloudtrail", "iam-sagemaker-log-tampering",
        row("cloudtrail:*", may("cloudtrail:*"), "fail"),
        differs("ec2:*", may("ec2:*"), "pass", "fail", "fuller",
                "With ec2:DeleteFlowLogs it can take away the record of the network; ours looks at"
                " every log, not CloudTrail's alone."),
        row("ec2:* and cloudtrail:*", may(["ec2:*", "cloudtrail:*"]), "fail"),
    ),
]
