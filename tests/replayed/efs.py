"""EFS: file systems."""

from auditor.kinds import SUBNET
from auditor.rule import Other
from tests.replayed import differs, none, replay, row
from tests.replayed.keys import KEY_ARN, OWN_KEY
from tests.replayed.policies import OWNER, policy

CLIENT = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite",
          "elasticfilesystem:ClientRootAccess"]
THROUGH = ("elasticfilesystem:AccessedViaMountTarget", "true")




def mounted():
    return {"FileSystemId": "fs-1", "MountTargets": [
        {"MountTargetId": "fsmt-1", "SubnetId": "subnet-1", "LifeCycleState": "available"}]}


def subnet(gives):
    return Other(SUBNET, {
        "SubnetId": "subnet-1", "VpcId": "vpc-1", "MapPublicIpOnLaunch": gives})


def entered(*paths):
    return {"FileSystemId": "fs-1", "AccessPoints": [
        {"AccessPointId": "fsap-1", "PosixUser": {"Uid": 1000, "Gid": 1000},
         "RootDirectory": {"Path": path}} for path in paths]}


def file_system(document=None):
    return {"FileSystemId": "fs-1", "Encrypted": True, **({"Policy": document} if document else {})}


REPLAYS = [
    replay(
        "efs_not_publicly_accessible", "efs-public-policy",
        row("the account itself may mount",
            file_system(policy("elasticfilesystem:ClientMount", {"AWS": OWNER})), "pass"),
        row("anyone may mount",
            file_system(policy("elasticfilesystem:ClientMount", {"AWS": "*"})), "fail"),
        row("anyone, through a mount target only",
            file_system(policy(CLIENT, {"AWS": "*"}, Bool=THROUGH)), "pass"),
        row("anyone, with aws:SourceArn held to the account", file_system(policy(
            CLIENT, {"AWS": "*"}, ArnEquals=("aws:SourceArn", OWNER))), "pass"),
        differs("no policy", file_system(), "fail", "pass", "AWS",
                "Without a policy whoever reaches a mount target inside the VPC may mount, and"
                " nobody else: AWS does not call that public."),
    ),
    replay(
        "efs_encryption_at_rest_enabled", "efs-encryption",
        row("encrypted", {"FileSystemId": "fs-1", "Encrypted": True, "KmsKeyId": KEY_ARN}, "pass",
            OWN_KEY),
        row("not encrypted", {"FileSystemId": "fs-1", "Encrypted": False}, "fail"),
    ),
    replay(
        "efs_have_backup_enabled", "efs-backup",
        row("backup on", file_system() | {"BackupPolicy": {"Status": "ENABLED"}}, "pass"),
        row("backup off", file_system() | {"BackupPolicy": {"Status": "DISABLED"}}, "fail"),
    ),
    replay(
        "efs_access_point_enforce_root_directory", "efs-access-points",
        none(),
        row("no access point", entered(), "none", ours="not_applicable"),
        row("one that starts at the root", entered("/"), "fail"),
        row("one that starts below", entered("/notdefault"), "pass"),
    ),
    replay(
        "efs_mount_target_not_publicly_accessible", "efs-mount-target-public",
        none(),
        differs("no mount target", {"FileSystemId": "fs-1", "MountTargets": []}, "pass",
                "not_applicable", "wording", "Nothing reaches the file system at all."),
        differs("a subnet that leads to the internet and gives no public addresses", mounted(),
                "fail", "pass", "AWS", "Nothing in it can be reached from outside without a public"
                " address; AWS's own control asks what the subnet gives out.", subnet(False)),
        row("a subnet that leads nowhere", mounted(), "pass", subnet(False)),
    ),
    replay(
        "efs_access_point_enforce_user_identity", "efs-access-points",
        none(),
        row("no access point", entered(), "none", ours="not_applicable"),
        row("one without a user", {"FileSystemId": "fs-1", "AccessPoints": [
            {"AccessPointId": "fsap-1", "RootDirectory": {"Path": "/"}}]}, "fail"),
        row("one with a user", entered("/notdefault"), "pass"),
    ),
]
