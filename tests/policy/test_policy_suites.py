"""Cases of the sorts that other tools' suites and AWS's guides have, asked as scripts ask them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from auditor.policy.wire import answered

OWN, FRIEND, OTHER = "111122223333", "444455556666", "777788889999"
BUCKET = ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]
AT_HOME = {"account_id": OWN}
TRUSTING = {
    "account_id": OWN, "trusted_accounts": [FRIEND], "trusted_orgs": ["o-ours"],
    "trusted_org_units": ["o-big/r-1/ou-1/"], "trusted_vpcs": ["vpc-ours"],
    "trusted_vpces": ["vpce-ours"], "trusted_ips": ["203.0.113.0/24"],
}


def doc(*statements: Any, version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": list(statements)}


def one(principal: Any = "*", condition: Any = None, **more: Any) -> dict[str, Any]:
    statement = {"Sid": "S", "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject",
                 "Resource": "arn:aws:s3:::b/*", **more}
    if condition is not None:
        statement["Condition"] = condition
    return {key: value for key, value in statement.items() if value is not None}


def no(condition: Any = None, **more: Any) -> dict[str, Any]:
    return one("*", condition, **{
        "Effect": "Deny", "Action": "s3:*", "Resource": BUCKET, "Sid": "D", **more})


def arn(account: str, rest: str = "root") -> dict[str, str]:
    return {"AWS": f"arn:aws:iam::{account}:{rest}"}


def equals(**keys: Any) -> dict[str, Any]:
    return {"StringEquals": {key.replace("__", ":"): value for key, value in keys.items()}}


Case = tuple[str, Any, bool | None, str]

PUBLIC: list[Case] = [
    # principals
    ("string", doc(one("*")), True, "everyone"),
    ("aws string", doc(one({"AWS": "*"})), True, "everyone"),
    ("aws list", doc(one({"AWS": ["*"]})), True, "everyone"),
    ("aws mixed", doc(one({"AWS": ["arn:aws:iam::444455556666:root", "*"]})), True, "everyone among them"),
    ("bare list", doc(one(["*"])), True, "a list where AWS takes an object"),
    ("bare arn", doc(one(f"arn:aws:iam::{OTHER}:root")), False, "one account, written without AWS"),
    ("number", doc(one({"AWS": OTHER})), False, "one account"),
    ("integer", doc(one({"AWS": 777788889999})), False, "one account, as a number"),
    ("root pattern", doc(one({"AWS": "arn:aws:iam::*:root"})), True, "any account's"),
    ("role pattern", doc(one({"AWS": "arn:aws:iam::*:role/deploy"})), True, "any account's"),
    ("any arn", doc(one({"AWS": "arn:aws:iam::*"})), True, "any account's"),
    ("part of a number", doc(one({"AWS": "arn:aws:iam::1111*:root"})), True, "accounts like that"),
    ("users of one", doc(one({"AWS": f"arn:aws:iam::{OTHER}:user/*"})), False, "the account is fixed"),
    ("canonical", doc(one({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47e"})),
     False, "one account"),
    ("canonical and all", doc(one({"CanonicalUser": "79a5", "AWS": "*"})), True, "everyone too"),
    ("service", doc(one({"Service": "cloudtrail.amazonaws.com"})), False, "a service"),
    ("services", doc(one({"Service": ["s3.amazonaws.com", "sns.amazonaws.com"]})), False, "services"),
    ("any service", doc(one({"Service": "*"})), True, "fails closed"),
    ("any federated", doc(one({"Federated": "*"})), True, "fails closed"),
    ("facebook", doc(one({"Federated": "graph.facebook.com"})), True, "its users are everyone"),
    ("cognito", doc(one({"Federated": "cognito-identity.amazonaws.com"})), True, "its users are everyone"),
    ("saml", doc(one({"Federated": f"arn:aws:iam::{OWN}:saml-provider/adfs"})), False, "our users"),
    ("oai", doc(one({"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2"})), False,
     "one identity"),
    ("deleted", doc(one({"AWS": "AIDACKCEVSQ6C2EXAMPLE"})), False, "a deleted user"),
    ("deleted and all", doc(one({"AWS": ["AIDACKCEVSQ6C2EXAMPLE", "*"]})), True, "everyone too"),
    ("none", doc(one(None)), False, "nobody"),
    ("empty", doc(one({})), False, "nobody"),
    ("not principal", doc(one(None, NotPrincipal=arn(OWN))), True, "all others"),
    ("not principal list", doc(one(None, NotPrincipal={"AWS": [OWN, FRIEND]})), True, "all others"),
    ("not service", doc(one(None, NotPrincipal={"Service": "s3.amazonaws.com"})), True, "all others"),
    ("china", doc(one("*", Resource="arn:aws-cn:s3:::b/*")), True, "another partition"),
    ("government", doc(one(arn(OTHER), Resource="arn:aws-us-gov:s3:::b/*")), False, "one account"),
    # several statements
    ("second", doc(one(arn(OWN)), one("*")), True, "the second"),
    ("single statement", {"Version": "2012-10-17", "Statement": one("*")}, True, "no list"),
    ("no statements", doc(), False, "nothing"),
    ("only deny", doc(no()), False, "nothing"),
    ("denied", doc(one("*"), no()), False, "all is denied"),
    ("denied first", doc(no(), one("*")), False, "the order is nothing"),
    ("other bucket denied", doc(one("*"), no(Resource="arn:aws:s3:::other/*")), True, "another bucket"),
    ("prefix denied", doc(one("*"), no(Resource="arn:aws:s3:::b/secret/*")), True, "one prefix"),
    ("action denied", doc(one("*", Action=["s3:GetObject", "s3:PutObject"]), no(Action="s3:PutObject")),
     True, "reading is left"),
    ("all actions denied", doc(one("*", Action=["s3:GetObject", "s3:PutObject"]),
                               no(Action=["s3:Get*", "s3:Put*"])), False, "both are denied"),
    ("account denied", doc(one("*"), no(Principal=arn(OTHER))), True, "all others"),
    ("all but an account denied", doc(one("*"), no(Principal=None, NotPrincipal=arn(OWN))), False, "one"),
    ("http denied", doc(one("*"), no({"Bool": {"aws:SecureTransport": "false"}})), True, "over HTTPS"),
    ("no mfa denied", doc(one("*"), no({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})), True,
     "who has MFA"),
    ("mfa age denied", doc(one("*"), no({"Null": {"aws:MultiFactorAuthAge": "true"}})), True,
     "who has MFA"),
    ("anonymous denied", doc(one("*"), no({"StringEquals": {"aws:PrincipalType": "Anonymous"}})), True,
     "any account's users"),
    ("outside org denied", doc(one("*"), no({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}})), False,
     "one organization"),
    ("outside org denied like", doc(one("*"), no({"StringNotLike": {"aws:PrincipalOrgID": "o-*"}})), True,
     "any organization"),
    ("outside ids denied", doc(one("*"), no({"StringNotLike": {"aws:userId": [
        "AROAEXAMPLEID000000:*", "AIDAEXAMPLEID000000", OWN]}})), False, "three ids"),
    ("outside ids open", doc(one("*"), no({"StringNotLike": {"aws:userId": ["AROA*"]}})), True, "any role"),
    ("outside arns denied", doc(one("*"), no({"ArnNotEquals": {"aws:PrincipalArn": [
        f"arn:aws:iam::{OWN}:role/a", f"arn:aws:iam::{OWN}:role/b"]}})), False, "two roles"),
    ("outside arns open", doc(one("*"), no({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/a"}})),
     True, "role a of any account"),
    ("outside vpc denied", doc(one("*"), no({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}})), False, "one"),
    ("one vpc denied", doc(one("*"), no({"StringEquals": {"aws:SourceVpc": "vpc-1"}})), True, "all others"),
    ("vpc denied ifexists", doc(one("*"), no({"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"}})),
     False, "IfExists denies without the key"),
    ("vpc denied where there", doc(one("*"), no({
        "StringNotEquals": {"aws:SourceVpc": "vpc-1"}, "Null": {"aws:SourceVpc": "false"}})), True,
     "the internet has no VPC"),
    ("network or vpc denied", doc(one("*"), no({
        "NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]},
        "StringNotEquals": {"aws:SourceVpce": "vpce-1"}})), False, "neither"),
    ("network and vpc denied", doc(one("*"), no({"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
                                   no({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})), False, "nobody"),
    ("two half denies", doc(one("*"), no({"Null": {"aws:PrincipalOrgID": "true"}}),
                            no({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}})), False, "one org"),
    ("deny typo", doc(one("*"), no({"StringNotEqual": {"aws:PrincipalOrgID": "o-1"}})), True, "malformed"),
    # actions and resources
    ("list", doc(one("*", Action="s3:ListBucket", Resource="arn:aws:s3:::b")), True, "listing"),
    ("all", doc(one("*", Action="*", Resource="*")), True, "everything"),
    ("not action", doc(one("*", Action=None, NotAction="s3:DeleteBucket", Resource=BUCKET)), True, "most"),
    ("not resource", doc(one("*", Resource=None, NotResource="arn:aws:s3:::b/private/*")), True, "most"),
    ("upper case", doc(one("*", Action="S3:GETOBJECT")), True, "actions ignore case"),
    # conditions of an Allow
    ("empty condition", doc(one("*", {})), True, "no condition"),
    ("referer", doc(one("*", {"StringLike": {"aws:Referer": ["http://www.example.com/*"]}})), True, "header"),
    ("agent", doc(one("*", equals(aws__UserAgent="secret"))), True, "header"),
    ("tls", doc(one("*", {"Bool": {"aws:SecureTransport": "true"}})), True, "how"),
    ("tls version", doc(one("*", {"NumericGreaterThanEquals": {"s3:TlsVersion": "1.2"}})), True, "how"),
    ("prefix", doc(one("*", {"StringLike": {"s3:prefix": "public/*"}}, Action="s3:ListBucket")), True, "what"),
    ("object tag", doc(one("*", equals(**{"s3:ExistingObjectTag/public": "yes"}))), True, "what"),
    ("acl header", doc(one("*", equals(**{"s3:x-amz-acl": "bucket-owner-full-control"}),
                           Action="s3:PutObject")), True, "what"),
    ("principal tag", doc(one("*", equals(**{"aws:PrincipalTag/team": "ml"}))), True, "anyone tags"),
    ("user name", doc(one("*", equals(aws__username="alice"))), True, "anyone's alice"),
    ("external id", doc(one("*", equals(sts__ExternalId="123"), Action="sts:AssumeRole", Resource=None)),
     True, "the caller chooses"),
    ("region", doc(one("*", equals(aws__RequestedRegion="eu-west-1"))), True, "the caller chooses"),
    ("date after", doc(one("*", {"DateGreaterThan": {"aws:CurrentTime": "2013-08-16T12:00:00Z"}})), True,
     "since then"),
    ("date window", doc(one("*", {"DateGreaterThan": {"aws:CurrentTime": "2013-08-16T12:00:00Z"},
                                  "DateLessThan": {"aws:CurrentTime": "2013-09-16T15:00:00Z"}})), False,
     "it is over"),
    ("account", doc(one("*", equals(aws__PrincipalAccount=OTHER))), False, "fixed"),
    ("account list", doc(one("*", equals(aws__PrincipalAccount=[OTHER, FRIEND]))), False, "fixed"),
    ("account like", doc(one("*", {"StringLike": {"aws:PrincipalAccount": "7777*"}})), True, "pattern"),
    ("account not", doc(one("*", {"StringNotEquals": {"aws:PrincipalAccount": OTHER}})), True, "the rest"),
    ("org", doc(one("*", equals(aws__PrincipalOrgID="o-1"))), False, "fixed"),
    ("org lower", doc(one("*", {"StringEquals": {"aws:principalorgid": "o-1"}})), False, "keys ignore case"),
    ("org list", doc(one("*", equals(aws__PrincipalOrgID=["o-1", "o-2"]))), False, "fixed"),
    ("org like", doc(one("*", {"StringLike": {"aws:PrincipalOrgID": "o-1*"}})), True, "pattern"),
    ("org like fixed", doc(one("*", {"StringLike": {"aws:PrincipalOrgID": "o-1"}})), False, "no wildcard"),
    ("org any", doc(one("*", {"StringLike": {"aws:PrincipalOrgID": "*"}})), True, "pattern"),
    ("org literal", doc(one("*", equals(aws__PrincipalOrgID="o-*"))), False, "a literal star: nobody"),
    ("org ifexists", doc(one("*", {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}})), True, "missing"),
    ("org forall", doc(one("*", {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}})), True, "missing"),
    ("org forany", doc(one("*", {"ForAnyValue:StringEquals": {"aws:PrincipalOrgID": ["o-1"]}})), False, "fixed"),
    ("org and paths", doc(one("*", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}, "ForAllValues:StringLike":
                                    {"aws:PrincipalOrgPaths": "o-1/r-1/*"}})), False, "fixed"),
    ("paths forall", doc(one("*", {"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}})), True,
     "who is in no organization"),
    ("arn", doc(one("*", {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/x"}})), False, "fixed"),
    ("arn like", doc(one("*", {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/*"}})), False,
     "the account is fixed"),
    ("arn string", doc(one("*", {"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:*"}})), False,
     "the account is fixed"),
    ("arn open", doc(one("*", {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}})), True, "open"),
    ("arn name only", doc(one("*", {"StringLike": {"aws:PrincipalArn": "*role/x"}})), True, "open"),
    ("arn not", doc(one("*", {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}})), True, "the rest"),
    ("user id", doc(one("*", {"StringLike": {"aws:userid": "AROAI1111111111111111:*"}})), False, "fixed"),
    ("user id session", doc(one("*", {"StringLike": {"aws:userid": "*:session"}})), True, "any role's"),
    ("user id any", doc(one("*", {"StringLike": {"aws:userid": "*"}})), True, "any"),
    ("vpc", doc(one("*", equals(aws__SourceVpc="vpc-1"))), False, "fixed"),
    ("vpc case", doc(one("*", equals(aws__sourcevpc="vpc-1"))), False, "keys ignore case"),
    ("vpc list", doc(one("*", equals(aws__SourceVpc=["vpc-1", "vpc-2"]))), False, "fixed"),
    ("vpc forany", doc(one("*", {"ForAnyValue:StringEquals": {"AWS:SourceVpc": ["vpc-1"]}})), False, "fixed"),
    ("vpc like", doc(one("*", {"StringLike": {"aws:SourceVpc": "vpc-*"}})), True, "any VPC"),
    ("vpc and more", doc(one("*", {"StringEquals": {"aws:SourceVpc": "vpc-1"},
                                   "StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}})), False, "fixed"),
    ("vpce ifexists", doc(one("*", {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}})), True, "missing"),
    ("vpc address", doc(one("*", {"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}})), True, "any VPC's"),
    ("address", doc(one("*", {"IpAddress": {"aws:SourceIp": "54.240.143.0/24"}})), False, "a network"),
    ("addresses", doc(one("*", {"IpAddress": {"aws:SourceIp": ["123.45.67.89", "10.0.7.0/24"]}})), False,
     "networks"),
    ("address but", doc(one("*", {"IpAddress": {"aws:SourceIp": "54.240.143.0/24"},
                                  "NotIpAddress": {"aws:SourceIp": "54.240.143.188/32"}})), False, "a network"),
    ("addresses all", doc(one("*", {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}})), True, "everywhere"),
    ("addresses all 6", doc(one("*", {"IpAddress": {"aws:SourceIp": "::/0"}})), True, "everywhere"),
    ("addresses halves", doc(one("*", {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}})), True,
     "everywhere"),
    ("addresses with all", doc(one("*", {"IpAddress": {"aws:SourceIp": ["10.1.2.3/32", "0.0.0.0/0"]}})), True,
     "everywhere"),
    ("address not", doc(one("*", {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}})), True, "the rest"),
    ("address 6", doc(one("*", {"IpAddress": {"aws:SourceIp": "2600:1f18:1234::/48"}})), False, "a network"),
    ("address key case", doc(one("*", {"IpAddress": {"AWS:SourceIP": "54.240.143.0/24"}})), False, "a network"),
    ("source account", doc(one("*", equals(aws__SourceAccount=OTHER))), False, "fixed"),
    ("source account like", doc(one("*", {"StringLike": {"aws:SourceAccount": "*"}})), True, "any"),
    ("source arn", doc(one("*", {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{OTHER}:*"}})), False, "fixed"),
    ("source arn any", doc(one("*", {"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:b"}})), True, "any account"),
    ("source arn star", doc(one("*", {"ArnLike": {"aws:SourceArn": "*"}})), True, "anything"),
    ("source owner", doc(one("*", equals(AWS__SourceOwner=OTHER))), False, "fixed"),
    ("access point", doc(one("*", equals(s3__DataAccessPointAccount=OTHER))), False, "fixed"),
    ("access point arn", doc(one("*", {"ArnLike": {
        "s3:DataAccessPointArn": f"arn:aws:s3:*:{OTHER}:accesspoint/*"}})), False, "the account is fixed"),
    ("access point any", doc(one("*", {"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:*:*:accesspoint/*"}})),
     True, "any account's"),
    ("caller account", doc(one("*", equals(kms__CallerAccount=OTHER), Action="kms:*", Resource="*")), False,
     "fixed"),
    ("via service", doc(one("*", equals(kms__ViaService="s3.eu-west-1.amazonaws.com"), Action="kms:*",
                            Resource="*")), True, "any account's S3"),
    ("resource account", doc(one("*", equals(aws__ResourceAccount=OWN))), True, "always the owner's"),
    ("by a service", doc(one("*", {"Bool": {"aws:ViaAWSService": "true"}})), True, "any account via one"),
    ("is a service", doc(one("*", {"Bool": {"aws:PrincipalIsAWSService": "true"}})), False, "services"),
    ("is no service", doc(one("*", {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}})), True, "all else"),
    ("mfa", doc(one("*", {"Bool": {"aws:MultiFactorAuthPresent": "true"}})), True, "any account has MFA"),
    ("unknown key", doc(one("*", equals(custom__Key="x"))), True, "it says nothing of who"),
    ("null org", doc(one("*", {"Null": {"aws:PrincipalOrgID": "false"}})), True, "any organization"),
    ("null vpce", doc(one("*", {"Null": {"aws:SourceVpce": "false"}})), True, "any endpoint"),
    ("own account by variable", doc(one("*", equals(aws__PrincipalAccount="${aws:ResourceAccount}"))), False,
     "the owner's"),
    ("home", doc(one("*", Resource="arn:aws:s3:::b/home/${aws:username}/*")), True, "any user's"),
    ("anchor and weak", doc(one("*", {"StringEquals": {"aws:PrincipalOrgID": "o-1", "aws:UserAgent": "x"}})),
     False, "one suffices"),
    ("weak or anchor", doc(one("*", equals(aws__PrincipalOrgID="o-1")), one("*", equals(aws__UserAgent="x"))),
     True, "the second"),
    # documents
    ("old version", doc(one("*"), version="2008-10-17"), True, "the older language"),
    ("no version", {"Statement": [one("*")]}, True, "the older language"),
    ("odd version", doc(one("*"), version="2020-01-01"), True, "fails closed"),
    ("text", json.dumps(doc(one("*"))), True, "as text"),
    ("no policy", None, False, "nothing"),
    ("no json", "{not json", None, "unreadable"),
    ("no object", "[]", None, "unreadable"),
    ("no statement", {"Version": "2012-10-17"}, None, "unreadable"),
    ("odd statement", {"Version": "2012-10-17", "Statement": "Allow"}, None, "unreadable"),
    ("odd effect", doc(one("*", Effect="allow")), True, "fails closed"),
]

CROSS: list[Case] = [
    ("everyone", doc(one("*")), True, "everyone"),
    ("own root", doc(one(arn(OWN))), False, "ours"),
    ("own number", doc(one({"AWS": OWN})), False, "ours"),
    ("own role", doc(one(arn(OWN, "role/x"))), False, "ours"),
    ("own china", doc(one({"AWS": f"arn:aws-cn:iam::{OWN}:root"})), False, "ours"),
    ("friend", doc(one(arn(FRIEND))), False, "trusted"),
    ("other", doc(one(arn(OTHER))), True, "not trusted"),
    ("other user", doc(one(arn(OTHER, "user/u"))), True, "not trusted"),
    ("other number", doc(one({"AWS": OTHER})), True, "not trusted"),
    ("other session", doc(one({"AWS": f"arn:aws:sts::{OTHER}:assumed-role/r/s"})), True, "not trusted"),
    ("list", doc(one({"AWS": [arn(OWN)["AWS"], arn(OTHER)["AWS"]]})), True, "one is not"),
    ("friends", doc(one({"AWS": [OWN, FRIEND]})), False, "all are"),
    ("service", doc(one({"Service": "logs.amazonaws.com"})), False, "no account"),
    ("service and other", doc(one({"Service": "logs.amazonaws.com", **arn(OTHER)})), True, "not trusted"),
    ("not principal", doc(one(None, NotPrincipal=arn(OWN))), True, "all others"),
    ("canonical", doc(one({"CanonicalUser": "79a5"})), True, "an account that is not ours"),
    ("deleted", doc(one({"AWS": "AROACKCEVSQ6C2EXAMPLE"})), False, "nobody"),
    ("other denied", doc(one(arn(OTHER)), no()), False, "denied"),
    ("other denied by number", doc(one(arn(OTHER)), no(equals(aws__PrincipalAccount=OTHER))), False, "denied"),
    ("other denied elsewhere", doc(one(arn(OTHER)), no(Resource="arn:aws:s3:::c/*")), True, "elsewhere"),
    ("other in our org", doc(one(arn(OTHER), equals(aws__PrincipalOrgID="o-ours"))), False, "trusted"),
    ("other in their org", doc(one(arn(OTHER), equals(aws__PrincipalOrgID="o-theirs"))), True, "not trusted"),
    ("our org", doc(one("*", equals(aws__PrincipalOrgID="o-ours"))), False, "trusted"),
    ("two orgs", doc(one("*", equals(aws__PrincipalOrgID=["o-ours", "o-theirs"]))), True, "one is not"),
    ("our org like", doc(one("*", {"StringLike": {"aws:PrincipalOrgID": "o-ours*"}})), True, "longer ids"),
    ("our org ifexists", doc(one("*", {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-ours"}})), True,
     "who has none"),
    ("outside our org denied", doc(one("*"), no({"StringNotEquals": {"aws:PrincipalOrgID": "o-ours"}})), False,
     "trusted"),
    ("our unit", doc(one("*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-big/r-1/ou-1/*"}})), False,
     "trusted"),
    ("other unit", doc(one("*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-big/r-1/ou-2/*"}})),
     True, "not trusted"),
    ("our account by key", doc(one("*", equals(aws__PrincipalAccount=OWN))), False, "ours"),
    ("other account by key", doc(one("*", equals(aws__PrincipalAccount=OTHER))), True, "not trusted"),
    ("our arns", doc(one("*", {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/*"}})), False, "ours"),
    ("other arns", doc(one("*", {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/*"}})), True, "not"),
    ("our vpc", doc(one("*", equals(aws__SourceVpc="vpc-ours"))), False, "trusted"),
    ("other vpc", doc(one("*", equals(aws__SourceVpc="vpc-1"))), True, "shared by network"),
    ("our endpoint", doc(one("*", equals(aws__SourceVpce="vpce-ours"))), False, "trusted"),
    ("other endpoint", doc(one("*", equals(aws__SourceVpce="vpce-1"))), True, "shared by network"),
    ("our network", doc(one("*", {"IpAddress": {"aws:SourceIp": "203.0.113.0/25"}})), False, "trusted"),
    ("other network", doc(one("*", {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}})), True, "not trusted"),
    ("our source", doc(one("*", equals(aws__SourceAccount=OWN))), False, "for our resources"),
    ("other source", doc(one("*", equals(aws__SourceAccount=OTHER))), True, "for theirs"),
    ("our source arn", doc(one("*", {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{OWN}:t"}})), False, "ours"),
    ("other source arn", doc(one("*", {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{OTHER}:t"}})), True, "not"),
    ("our owner", doc(one({"AWS": "*"}, equals(AWS__SourceOwner=OWN), Action="sns:Publish", Resource="*")), False,
     "AWS's default policy of a topic"),
    ("other owner", doc(one({"AWS": "*"}, equals(AWS__SourceOwner=OTHER), Action="sns:Publish", Resource="*")),
     True, "theirs"),
    ("caller ours", doc(one({"AWS": "*"}, equals(kms__CallerAccount=OWN), Action="kms:*", Resource="*")), False,
     "AWS's managed keys"),
    ("caller other", doc(one({"AWS": "*"}, equals(kms__CallerAccount=OTHER), Action="kms:*", Resource="*")), True,
     "theirs"),
    ("external id", doc(one(arn(OTHER), equals(sts__ExternalId="x"), Action="sts:AssumeRole", Resource=None)),
     True, "still theirs"),
    ("own saml", doc(one({"Federated": f"arn:aws:iam::{OWN}:saml-provider/x"}, Action="sts:AssumeRoleWithSAML",
                         Resource=None)), False, "ours"),
    ("other saml", doc(one({"Federated": f"arn:aws:iam::{OTHER}:saml-provider/x"},
                           Action="sts:AssumeRoleWithSAML", Resource=None)), True, "theirs"),
    ("no policy", None, False, "nothing"),
    ("no json", "{", None, "unreadable"),
]

WRITE: list[Case] = [
    ("get", doc(one("*")), False, "reads"),
    ("list", doc(one("*", Action="s3:List*", Resource=BUCKET)), False, "reads"),
    ("get all", doc(one("*", Action="s3:Get*")), False, "reads"),
    ("put", doc(one("*", Action="s3:PutObject")), True, "writes"),
    ("delete", doc(one("*", Action="s3:DeleteObject")), True, "deletes"),
    ("acl", doc(one("*", Action="s3:PutObjectAcl")), True, "permissions"),
    ("policy", doc(one("*", Action="s3:PutBucketPolicy", Resource=BUCKET[0])), True, "permissions"),
    ("all", doc(one("*", Action="s3:*")), True, "all"),
    ("star", doc(one("*", Action="*")), True, "all"),
    ("p star", doc(one("*", Action="s3:P*")), True, "puts"),
    ("get and put", doc(one("*", Action=["s3:GetObject", "s3:PutObject"])), True, "writes"),
    ("not get", doc(one("*", Action=None, NotAction="s3:GetObject")), True, "all else"),
    ("not writes", doc(one("*", Action=None, NotAction=["s3:Put*", "s3:Delete*"])), True, "others write too"),
    ("put in org", doc(one("*", equals(aws__PrincipalOrgID="o-1"), Action="s3:PutObject")), False, "one org"),
    ("put with acl", doc(one("*", equals(**{"s3:x-amz-acl": "bucket-owner-full-control"}),
                             Action="s3:PutObject")), True, "a header"),
    ("put by one", doc(one(arn(OTHER), Action="s3:PutObject")), False, "one account"),
    ("put denied", doc(one("*", Action="s3:*"), no(Action=None, NotAction="s3:Get*")), False, "denied"),
    ("read open, write held", doc(one("*"), one(arn(OWN), Action="s3:PutObject")), False, "one account"),
    ("abort", doc(one("*", Action="s3:AbortMultipartUpload")), True, "deletes parts"),
    ("restore", doc(one("*", Action="s3:RestoreObject")), True, "restores"),
    ("replicate", doc(one("*", Action="s3:ReplicateObject")), True, "writes"),
    ("tag", doc(one("*", Action="s3:PutObjectTagging")), True, "writes"),
    ("send", doc(one("*", Action="sqs:SendMessage", Resource="*")), True, "writes"),
    ("receive", doc(one("*", Action="sqs:ReceiveMessage", Resource="*")), False, "reads"),
    ("publish", doc(one("*", Action="sns:Publish", Resource="*")), True, "writes"),
    ("invoke", doc(one("*", Action="lambda:InvokeFunction", Resource="*")), True, "access level Write"),
    ("decrypt", doc(one("*", Action="kms:Decrypt", Resource="*")), True, "access level Write"),
    ("describe key", doc(one("*", Action="kms:DescribeKey", Resource="*")), False, "reads"),
    ("secret", doc(one("*", Action="secretsmanager:GetSecretValue", Resource="*")), False, "reads"),
    ("secret policy", doc(one("*", Action="secretsmanager:PutResourcePolicy", Resource="*")), True, "writes"),
    ("pull", doc(one("*", Action=["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer",
                                  "ecr:BatchCheckLayerAvailability"], Resource=None)), False, "reads"),
    ("push", doc(one("*", Action="ecr:PutImage", Resource=None)), True, "writes"),
    ("no json", "{", None, "unreadable"),
]

SSE = "s3:x-amz-server-side-encryption"


def upload(condition: Any, **more: Any) -> dict[str, Any]:
    return no(condition, **{"Action": "s3:PutObject", "Resource": BUCKET[1], **more})


HTTP = {"Bool": {"aws:SecureTransport": "false"}}
TLS: list[Case] = [
    ("usual", doc(no(HTTP)), True, "both, all actions"),
    ("with allow", doc(one("*"), no(HTTP)), True, "the Allow is nothing here"),
    ("statement object", {"Version": "2012-10-17", "Statement": no(HTTP)}, True, "no list"),
    ("objects", doc(no(HTTP, Resource=BUCKET[1])), False, "the bucket"),
    ("bucket", doc(no(HTTP, Resource=BUCKET[0])), False, "the objects"),
    ("star", doc(no(HTTP, Resource="*")), True, "all"),
    ("actions star", doc(no(HTTP, Action="*")), True, "all"),
    ("actions list", doc(no(HTTP, Action=["s3:GetObject", "s3:PutObject"])), False, "others"),
    ("aws star", doc(no(HTTP, Principal={"AWS": "*"})), True, "everyone"),
    ("aws list", doc(no(HTTP, Principal={"AWS": ["*"]})), True, "everyone"),
    ("account", doc(no(HTTP, Principal=arn(OWN))), False, "others"),
    ("no principal", doc(no(HTTP, Principal=None)), False, "nobody is denied"),
    ("allow", doc(one("*", {"Bool": {"aws:SecureTransport": "true"}})), False, "an Allow proves nothing"),
    ("allow false", doc(one("*", HTTP)), False, "an Allow"),
    ("true", doc(no({"Bool": {"aws:SecureTransport": "true"}})), False, "the wrong way round"),
    ("number", doc(no({"NumericLessThan": {"s3:TlsVersion": 1.2}})), False, "absent over HTTP"),
    ("both", doc(no(HTTP), no({"NumericLessThan": {"s3:TlsVersion": "1.2"}})), True, "the first"),
    ("anded", doc(no({**HTTP, "NumericLessThan": {"s3:TlsVersion": "1.2"}})), False, "both at once: never"),
    ("null", doc(no({"Null": {"aws:SecureTransport": "true"}})), False, "the key is always there"),
    ("case", doc(no({"Bool": {"AWS:securetransport": "False"}})), True, "case"),
    ("json boolean", doc(no({"Bool": {"aws:SecureTransport": False}})), True, "a boolean"),
    ("with network", doc(no({**HTTP, "NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}})), False, "one network"),
    ("not principal", doc(no(HTTP, Principal=None, NotPrincipal=arn(OWN))), False, "one account is spared"),
    ("deny all", doc(no()), True, "nothing gets in"),
    ("lower deny", doc(no(HTTP, Effect="deny")), False, "AWS knows no such Effect"),
    ("none", None, False, "nothing"),
    ("no json", "{", None, "unreadable"),
]
UPLOADS: list[Case] = [
    ("guide", doc(upload({"StringNotEquals": {SSE: "aws:kms"}}), upload({"Null": {SSE: "true"}})), True, "both"),
    ("one", doc(upload({"StringNotEquals": {SSE: "aws:kms"}})), True, "missing is not aws:kms"),
    ("null only", doc(upload({"Null": {SSE: "true"}})), False, "AES256"),
    ("aes", doc(upload({"StringNotEquals": {SSE: "AES256"}})), False, "AES256 is let in"),
    ("either", doc(upload({"StringNotEquals": {SSE: ["AES256", "aws:kms"]}})), False, "AES256 is let in"),
    ("key", doc(upload({"StringNotEquals": {f"{SSE}-aws-kms-key-id": "arn:aws:kms:eu-west-1:1:key/k"}})), True,
     "one key"),
    ("key like", doc(upload({"StringNotLikeIfExists": {
        f"{SSE}-aws-kms-key-id": f"arn:aws:kms:*:{OWN}:key/*"}})), True, "our keys"),
    ("key there", doc(upload({"Null": {f"{SSE}-aws-kms-key-id": "true"}})), True, "some key"),
    ("key if there", doc(upload({"StringNotEquals": {f"{SSE}-aws-kms-key-id": "k"},
                                 "Null": {f"{SSE}-aws-kms-key-id": "false"}})), False, "no key at all"),
    ("put star", doc(upload({"StringNotEquals": {SSE: "aws:kms"}}, Action="s3:Put*")), True, "uploads too"),
    ("all", doc(upload({"StringNotEquals": {SSE: "aws:kms"}}, Action="s3:*", Resource=BUCKET)), True, "all"),
    ("prefix", doc(upload({"StringNotEquals": {SSE: "aws:kms"}}, Resource="arn:aws:s3:::b/x/*")), False, "one"),
    ("account", doc(upload({"StringNotEquals": {SSE: "aws:kms"}}, Principal=arn(OWN))), False, "others"),
    ("allow", doc(one("*", {"StringEquals": {SSE: "aws:kms"}}, Action="s3:PutObject")), False, "proves nothing"),
    ("none", None, False, "nothing"),
    ("no json", "{", None, "unreadable"),
]


def ask(question: str, policy: Any, context: Any) -> dict[str, Any]:
    line = {"id": 1, "question": question, "policy": policy, "context": context}
    found, wrong = answered(json.dumps(line).encode())
    assert wrong is None, wrong
    answer: dict[str, Any] = json.loads(found)
    assert answer["because"]
    return answer


ASKED = [
    (question, context, *case)
    for question, context, cases in (
        ("public", {}, PUBLIC), ("public", {"service": "s3", **AT_HOME}, PUBLIC),
        ("cross_account", TRUSTING, CROSS), ("public_write", {}, WRITE),
        ("tls_only", AT_HOME, TLS), ("sse_kms", AT_HOME, UPLOADS),
    )
    for case in cases
]


@pytest.mark.parametrize(("question", "context", "name", "policy", "expected", "why"), ASKED,
                         ids=[f"{row[0]}-{row[2]}" for row in ASKED])
def test_case(
    question: str, context: Any, name: str, policy: Any, expected: bool | None, why: str
) -> None:
    answer = ask(question, policy, context)
    assert answer["answer"] is expected, f"{why}: {answer['because']}"
    if expected and question in ("public", "public_write", "cross_account"):
        assert answer["statement"]
        assert answer["witness"]["action"]
