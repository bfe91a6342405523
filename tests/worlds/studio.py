"""Where the people of the account of ``ml`` work: domains, images, features, hubs, code.

``FAILS`` says what is true of them.
"""

from __future__ import annotations

from tests.worlds.make import ACCOUNT, CMK, EU, VPC, ago, arn, key_arn, role_arn

TAGS = {"team": "fraud"}


def _domain(name, role, **members):
    return {
        "DomainId": name, "DomainName": name, "DomainArn": arn("sagemaker", f"domain/{name}"),
        "Status": "InService", "CreationTime": ago(300), "LastModifiedTime": ago(9),
        "VpcId": "vpc-own", "SubnetIds": VPC["Subnets"],
        "DefaultSpaceSettings": {"ExecutionRole": role_arn(role)}, **members,
    }


def _docker(rootless):
    return {"DomainSettings": {"DockerSettings": {
        "EnableDockerAccess": "ENABLED", "RootlessDocker": rootless}}}


def _shares(role, **key):
    return {"DefaultUserSettings": {"ExecutionRole": role_arn(role), "SharingSettings": {
        "NotebookOutputOption": "Allowed", "S3OutputPath": "s3://ml-data/shared", **key}}}


DOMAINS = [
    _domain(
        "d-sound", "sound", AppNetworkAccessType="VpcOnly", KmsKeyId=key_arn(CMK), AuthMode="SSO",
        SingleSignOnApplicationArn=f"arn:aws:sso::{ACCOUNT}:application/ssoins-1/apl-1",
        **_docker("ENABLED"), **_shares("sound", S3KmsKeyId=key_arn(CMK)), _tags=TAGS),
    _domain(  # a network of its own does not keep the notebooks off the internet
        "d-flawed", "admin", AppNetworkAccessType="PublicInternetOnly", AuthMode="IAM",
        **_docker("DISABLED"), **_shares("admin")),
]


def _profile(domain, name, **settings):
    return {
        "DomainId": domain, "UserProfileName": name, "Status": "InService",
        "UserProfileArn": arn("sagemaker", f"user-profile/{domain}/{name}"),
        "CreationTime": ago(200), "LastModifiedTime": ago(100), "UserSettings": settings,
    }


PROFILES = [
    _profile("d-sound", "anna"), _profile("d-sound", "ben", ExecutionRole=role_arn("capped")),
    _profile("d-flawed", "anna"), _profile("d-flawed", "ben"),
]


def _group(name, **stores):
    features = [{"FeatureName": n, "FeatureType": "String"} for n in ("id", "at")]
    return {
        "FeatureGroupName": name, "FeatureGroupArn": arn("sagemaker", f"feature-group/{name}"),
        "RecordIdentifierFeatureName": "id", "EventTimeFeatureName": "at", "NextToken": "",
        "FeatureDefinitions": features, "CreationTime": ago(60), "FeatureGroupStatus": "Created",
        "RoleArn": role_arn("sound"), **stores,
    }


def _offline(**key):
    return {"OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://ml-data/features", **key}},
            "OfflineStoreStatus": {"Status": "Active"}}


def _online(**security):
    return {"OnlineStoreConfig": {"EnableOnlineStore": True, **security}}


GROUPS = [
    _group("fg-sound", **_offline(KmsKeyId=key_arn(CMK)), _tags=TAGS,
           **_online(SecurityConfig={"KmsKeyId": key_arn(CMK)})),
    _group("fg-online", **_online()),  # what a record was before nobody can tell
    _group("fg-offline", **_offline()),
]


def _hub(name):
    return {"HubName": name, "HubArn": arn("sagemaker", f"hub/{name}"), "HubStatus": "InService",
            "CreationTime": ago(80), "LastModifiedTime": ago(80)}


def _reference(hub, content, **members):
    public = f"arn:aws:sagemaker:{EU}:aws:hub-content/SageMakerPublicHub/Model/{content}/1.0.0"
    return {
        "HubContentName": content, "HubContentVersion": "1.0.0", "HubName": hub,
        "HubContentType": "ModelReference", "HubArn": arn("sagemaker", f"hub/{hub}"),
        "HubContentArn": arn("sagemaker", f"hub-content/{hub}/ModelReference/{content}/1.0.0"),
        "DocumentSchemaVersion": "1.0.0", "CreationTime": ago(70), "HubContentDocument": "{}",
        "HubContentStatus": "Available", "SageMakerPublicHubContentArn": public, **members,
    }


CONTENTS = [
    _reference("hub-sound", "bert", HubContentDescription="For search; approved in March"),
    _reference("hub-flawed", "bert"),
]


def _image(name, **members):
    return {"ImageName": name, "ImageArn": arn("sagemaker", f"image/{name}"),
            "ImageStatus": "CREATED", "CreationTime": ago(90), "LastModifiedTime": ago(90),
            "RoleArn": role_arn("sound"), **members}


def _app_image_config(name, **members):
    return {"AppImageConfigName": name, "CreationTime": ago(90), "LastModifiedTime": ago(90),
            "AppImageConfigArn": arn("sagemaker", f"app-image-config/{name}"), **members}


_SYSTEM = {"aws:cloudformation:stack-name": "studio"}  # AWS's own tag says nothing
REPOSITORIES = [{
    "CodeRepositoryName": "code-open", "CreationTime": ago(200), "LastModifiedTime": ago(100),
    "CodeRepositoryArn": arn("sagemaker", "code-repository/code-open"),
    "GitConfig": {"RepositoryUrl": "https://git.example.com/open.git", "Branch": "main"}}]
SAGEMAKER = {
    "Domain": DOMAINS, "UserProfile": PROFILES, "FeatureGroup": GROUPS,
    "Hub": [_hub("hub-sound"), _hub("hub-flawed")], "HubContent": CONTENTS,
    "Image": [_image("image-sound", _tags=TAGS), _image("image-flawed", _tags=_SYSTEM)],
    "AppImageConfig": [_app_image_config("app-sound", _tags=TAGS),
                       _app_image_config("app-flawed")],
}

FAILS = {
    **{f"sagemaker-domain-{what}": {"d-flawed"} for what in (
        "cmk", "default-role-admin", "rootless-docker", "shared-role", "sharing-cmk",
        "space-role-admin", "sso", "tagged", "vpc-only")},
    "sagemaker-app-image-config-tagged": {"app-flawed"},
    "sagemaker-code-repository-secret": {"code-open"},
    "sagemaker-feature-group-offline-kms": {"fg-offline"},
    "sagemaker-feature-group-offline-rollback": {"fg-online"},
    "sagemaker-feature-group-online-kms": {"fg-online"},
    "sagemaker-feature-group-tagged": {"fg-online", "fg-offline"},
    "sagemaker-hub-public-content": {"hub-flawed"},
    "sagemaker-image-tagged": {"image-flawed"},
}
