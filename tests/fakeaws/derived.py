"""Operations whose answers follow from resources in more than one way.

Each function takes the world and the call and returns AWS's whole answer, or raises
:class:`Error`. What AWS answers where a bucket has no such configuration, how a trail shows in
other regions, which names mean a key: these are AWS's facts and are written here once.
"""

from __future__ import annotations

from tests.fakeaws.document import Error, own
from tests.fakeaws.faults import not_found
from tests.fakeaws.permissions import simulate
from tests.fakeaws.search import search
from tests.fakeaws.select import Generated, Joined, Mapped
from tests.fakeaws.service import service

# -- who and where


def _caller(world, call):
    return {
        "Account": call.account, "UserId": "AROAEXAMPLEEXAMPLE123:session",
        "Arn": f"arn:aws:sts::{call.account}:assumed-role/auditor/session",
    }


def _assume_role(world, call):
    """Assume any role of any account of the document; the key id names the account."""
    arn = call.params["RoleArn"]
    account = arn.split(":")[4]
    if account not in world.accounts:
        raise Error("AccessDenied", "not authorized to perform: sts:AssumeRole", 403)
    session = call.params["RoleSessionName"]
    return {
        "Credentials": {
            "AccessKeyId": f"ASIA{account}FAKE", "SecretAccessKey": "secret",
            "SessionToken": "token", "Expiration": "2099-01-01T00:00:00Z",
        },
        "AssumedRoleUser": {
            "AssumedRoleId": f"AROAEXAMPLEEXAMPLE123:{session}",
            "Arn": arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
            + f"/{session}",
        },
    }


def _regions(world, call):
    return {
        "Regions": [
            {"RegionName": region, "OptInStatus": "opt-in-not-required",
             "Endpoint": f"ec2.{region}.amazonaws.com"}
            for region in world.accounts[call.account] if region != "*"
        ]
    }


def _tags(world, call):
    """Return the tags of the region's resources that carry ``_tags``: all, or those asked for."""
    wanted, types = call.params.get("ResourceARNList"), call.params.get("ResourceTypeFilters")
    if wanted is not None and call.params.keys() - {"ResourceARNList"}:
        raise Error("InvalidParameterException", "ARNs go with no other parameter", 400)
    found: list = []
    made: list = []
    for at, services in world.accounts[call.account].items():
        for name, entries in services.items():
            if name == "*":
                continue
            for noun, resources in entries.items():
                if isinstance(resources, Generated) and at == call.region:
                    made.append(Mapped(resources, lambda r, name=name: _tagged(name, r)))
                if not isinstance(resources, list):
                    continue
                for resource in resources:
                    region = resource.get("BucketRegion") if noun == "Bucket" else at
                    if "_tags" in resource and region == call.region:
                        found.append(_tagged(name, resource))
    every = Joined([found, *made]) if made else found
    if wanted is not None:
        named = set(wanted)
        every = [one for one in every if one["ResourceARN"] in named]
    elif types is not None:
        every = [one for one in every if _is_of(one["ResourceARN"], types)]
    return {"ResourceTagMappingList": every}


def _is_of(arn, types):
    """Tell whether an ARN is of one of some types such as ``sagemaker:training-job`` or ``s3``."""
    _, _, service_name, _, _, what = arn.split(":", 5)
    return any(t in (service_name, f"{service_name}:{what.partition('/')[0]}") for t in types)


def _tagged(service_name, resource):
    return {
        "ResourceARN": _arn(service_name, resource),
        "Tags": [{"Key": k, "Value": v} for k, v in resource.get("_tags", {}).items()],
    }


def _arn(service_name, resource):
    if service_name == "s3":
        return f"arn:aws:s3:::{resource['Name']}"
    return next(v for k, v in resource.items() if k.lower().endswith("arn"))


# -- S3: a bucket is {"Name", "CreationDate", "BucketRegion"} and answers by operation

_NONE = {  # what S3 says of a bucket that has no such configuration
    "GetBucketPolicy": "NoSuchBucketPolicy",
    "GetBucketPolicyStatus": "NoSuchBucketPolicy",
    "GetPublicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
    "GetBucketOwnershipControls": "OwnershipControlsNotFoundError",
    "GetBucketLifecycleConfiguration": "NoSuchLifecycleConfiguration",
    "GetBucketReplication": "ReplicationConfigurationNotFoundError",
    "GetObjectLockConfiguration": "ObjectLockConfigurationNotFoundError",
    "GetBucketWebsite": "NoSuchWebsiteConfiguration",
    "GetBucketCors": "NoSuchCORSConfiguration",
    "GetBucketTagging": "NoSuchTagSet",
}
_OWNER = {"DisplayName": "owner", "ID": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7"}
_DEFAULT = {  # what S3 answers for a bucket of which nobody set it
    "GetBucketAcl": {
        "Owner": _OWNER,
        "Grants": [{"Grantee": {**_OWNER, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}],
    },
    "GetBucketVersioning": {},
    "GetBucketLogging": {},
    "GetBucketNotificationConfiguration": {},
    "GetBucketEncryption": {  # every bucket since 5 January 2023
        "ServerSideEncryptionConfiguration": {
            "Rules": [{
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                "BucketKeyEnabled": False,
            }]
        }
    },
}


def _bucket(world, call):
    """Return the bucket and its owner, whosever it is; raises NoSuchBucket where nobody's."""
    name = call.params["Bucket"]
    for account in world.accounts:
        for _, bucket in world.resources(account, "s3", "Bucket"):
            if bucket["Name"] == name:
                return bucket, account
    raise not_found(call)


def _enter(world, call):
    """Return the bucket a call may enter: first S3 sends it to the right region, then it judges."""
    bucket, owner = _bucket(world, call)
    at = bucket.get("BucketRegion", "us-east-1")
    if at != call.region:
        raise Error("PermanentRedirect", "use the bucket's own endpoint", 301,
                    {"x-amz-bucket-region": at})
    if owner != call.account or call.params.get("ExpectedBucketOwner", owner) != owner:
        raise Error("AccessDenied", "Access Denied", 403)
    return bucket


def _of_bucket(world, call):
    """Answer an operation about one bucket."""
    answer = _enter(world, call).get(call.operation, _DEFAULT.get(call.operation))
    if isinstance(answer, Error):
        raise answer
    if answer is None:
        raise Error(_NONE[call.operation], "there is no such configuration", 404)
    return answer


def _head_bucket(world, call):
    return {"BucketRegion": _enter(world, call).get("BucketRegion", "us-east-1")}


def _bucket_location(world, call):
    """Answer from any region, as S3 does; us-east-1 has no name."""
    bucket, owner = _bucket(world, call)
    if owner != call.account:
        raise Error("AccessDenied", "Access Denied", 403)
    at = bucket.get("BucketRegion", "us-east-1")
    return {} if at == "us-east-1" else {"LocationConstraint": at}


def _list_buckets(world, call):
    """List the buckets; S3 tells their regions only to those who page."""
    told = ("Name", "CreationDate", "BucketRegion") if call.params else ("Name", "CreationDate")
    return {
        "Buckets": [
            {k: bucket[k] for k in told if k in bucket}
            for _, bucket in world.resources(call, "s3", "Bucket")
        ]
    }


# -- IAM: a role is a RoleDetail, a policy a ManagedPolicyDetail, as the bulk answer has them

_IN_GET_ROLE = ("Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument",
                "PermissionsBoundary", "Tags", "RoleLastUsed")


def _role(world, call):
    for _, role in world.resources(call, "iam", "Role"):
        if role["RoleName"] == call.params["RoleName"]:
            return role
    raise not_found(call)


def _policy(world, call):
    for _, policy in world.resources(call, "iam", "Policy"):
        if policy["Arn"] == call.params["PolicyArn"]:
            return policy
    raise not_found(call)


def _authorization_details(world, call):
    wanted = call.params.get("Filter") or ["Role", "LocalManagedPolicy", "AWSManagedPolicy"]
    roles = [r for _, r in world.resources(call, "iam", "Role")] if "Role" in wanted else []
    policies = [
        p for _, p in world.resources(call, "iam", "Policy")
        if ("AWS" if ":aws:policy/" in p["Arn"] else "Local") + "ManagedPolicy" in wanted
    ]
    return {
        "UserDetailList": [], "GroupDetailList": [], "RoleDetailList": list(map(own, roles)),
        "Policies": list(map(own, policies)),
    }


def _get_role(world, call):
    role = _role(world, call)
    return {"Role": {k: role[k] for k in _IN_GET_ROLE if k in role}}


def _role_policies(world, call):
    return {"PolicyNames": [p["PolicyName"] for p in _role(world, call)["RolePolicyList"]]}


def _role_policy(world, call):
    for policy in _role(world, call)["RolePolicyList"]:
        if policy["PolicyName"] == call.params["PolicyName"]:
            return {"RoleName": call.params["RoleName"], **policy}
    raise not_found(call)


def _attached_policies(world, call):
    return {"AttachedPolicies": _role(world, call)["AttachedManagedPolicies"]}


def _get_policy(world, call):
    policy = _policy(world, call)
    return {"Policy": {k: v for k, v in own(policy).items() if k != "PolicyVersionList"}}


def _policy_version(world, call):
    for version in _policy(world, call)["PolicyVersionList"]:
        if version["VersionId"] == call.params["VersionId"]:
            return {"PolicyVersion": version}
    raise not_found(call)


# -- KMS: a key is its KeyMetadata, with ``_aliases``


def _describe_key(world, call):
    """Find a key by id, ARN, alias or alias ARN; an ARN may be another account's."""
    value = call.params["KeyId"]
    account, region, name = call.account, call.region, value
    if value.startswith("arn:"):
        _, _, _, region, account, name = value.split(":", 5)
        if region != call.region:
            raise Error("NotFoundException", f"Invalid arn {region}", 400)
    name = name.removeprefix("key/")
    if account not in world.accounts:
        raise Error("AccessDeniedException", "the key's policy does not allow it", 400)
    for _, key in world.resources(account, "kms", "Key", region):
        if name == key["KeyId"] or name in key.get("_aliases", ()):
            if account != call.account and not key.get("_shared"):
                raise Error("AccessDeniedException", "the key's policy does not allow it", 400)
            return {"KeyMetadata": own(key)}
    raise not_found(call)


# -- CloudTrail: a trail is as DescribeTrails lists it, and answers by operation


def _trails(world, call):
    """List the region's trails, and the shadows of those that log every region."""
    shadows = call.params.get("includeShadowTrails", True)
    operations = service("cloudtrail").operations
    return {
        "trailList": [
            {k: v for k, v in own(trail).items() if k not in operations}
            for at, trail in world.resources(call, "cloudtrail", "Trail")
            if trail["HomeRegion"] == call.region
            or (shadows and (trail.get("IsMultiRegionTrail") or at == "*"))
        ]
    }


def _of_trail(world, call):
    """Answer about one trail, in its home region and by its ARN, or by its name there."""
    asked = call.params.get("Name") or call.params.get("TrailName")
    for _, trail in world.resources(call, "cloudtrail", "Trail"):
        named = asked == trail["TrailARN"] or (
            asked == trail["Name"] and trail["HomeRegion"] == call.region
        )
        if named and trail["HomeRegion"] == call.region:
            answer = trail.get(call.operation)
            if isinstance(answer, Error):
                raise answer
            if answer is None and call.operation == "GetInsightSelectors":
                raise Error("InsightNotEnabledException", "the trail has no Insights", 400)
            return answer or {}
    raise not_found(call)


# -- CloudWatch: what was counted is a MetricDataResult, under the Label that asks for it


def _metric_data(world, call):
    """Answer each query; a metric of which nothing was ever counted has no values."""
    counted = {one["Label"]: one for _, one in world.resources(call, "cloudwatch", "MetricData")}
    return {"MetricDataResults": [
        {"Timestamps": [], "Values": [], "StatusCode": "Complete", **counted.get(query["Label"], {}),
         "Id": query["Id"], "Label": query["Label"]}
        for query in call.params["MetricDataQueries"]
    ]}


def _multi_region_points(world, call):
    return {"AccessPoints": [
        point for _, point in world.resources(call, "s3control", "MultiRegionAccessPoint")
    ]}


# What one region answers for the whole account, whichever regions the account has.
ANYWHERE = {("s3control", "ListMultiRegionAccessPoints")}
OPERATIONS = {
    ("s3control", "ListMultiRegionAccessPoints"): _multi_region_points,
    ("sts", "GetCallerIdentity"): _caller,
    ("sts", "AssumeRole"): _assume_role,
    ("ec2", "DescribeRegions"): _regions,
    ("resourcegroupstaggingapi", "GetResources"): _tags,
    ("sagemaker", "Search"): search,
    ("cloudwatch", "GetMetricData"): _metric_data,
    ("iam", "SimulatePrincipalPolicy"): simulate,
    ("s3", "ListBuckets"): _list_buckets,
    ("s3", "HeadBucket"): _head_bucket,
    ("s3", "GetBucketLocation"): _bucket_location,
    **dict.fromkeys((("s3", name) for name in (*_NONE, *_DEFAULT)), _of_bucket),
    ("iam", "GetAccountAuthorizationDetails"): _authorization_details,
    ("iam", "GetRole"): _get_role,
    ("iam", "ListRolePolicies"): _role_policies,
    ("iam", "GetRolePolicy"): _role_policy,
    ("iam", "ListAttachedRolePolicies"): _attached_policies,
    ("iam", "GetPolicy"): _get_policy,
    ("iam", "GetPolicyVersion"): _policy_version,
    ("kms", "DescribeKey"): _describe_key,
    ("cloudtrail", "DescribeTrails"): _trails,
    **dict.fromkeys(
        (("cloudtrail", n) for n in ("GetTrailStatus", "GetEventSelectors", "GetInsightSelectors")),
        _of_trail,
    ),
}
