"""Who is a stranger, and what lets one in: one row per sentence of the specification (A to C)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.policy import (
    Answer,
    Trust,
    cross_account,
    public,
    public_write,
    sse_kms_only,
    tls_only,
)

OWN, FRIEND = "111122223333", "444455556666"
ASK = {
    "public": public,
    "cross_account": lambda policy: cross_account(policy, Trust(account=OWN)),
    "tls_only": tls_only,
    "sse_kms": sse_kms_only,
}
_LINES = Path(__file__).with_name("cases.jsonl").read_text()
CASES = [json.loads(line) for line in _LINES.splitlines()]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    answer = ASK[case["question"]](case["policy"])
    assert answer.answer is case["expected"], f"{case['why']}: {answer.because}"


def allow(condition: Any = None, **elements: Any) -> dict[str, Any]:
    one = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
           "Resource": "arn:aws:s3:::b/*", **elements}
    if condition is not None:
        one["Condition"] = condition
    return {key: value for key, value in one.items() if value is not None}


def deny(condition: Any = None, **elements: Any) -> dict[str, Any]:
    return allow(condition, **{
        "Effect": "Deny", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
        **elements,
    })


def policy(*statements: Any, version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": list(statements)}


def check(answer: Answer, expected: bool | None, why: str) -> None:
    assert answer.answer is expected, f"{why}: {answer.because}"
    assert answer.because.strip()
    if expected:
        assert answer.statement
        assert answer.witness
        assert answer.witness["action"]


HTTPS = {"Bool": {"aws:SecureTransport": "true"}}
ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-aaaaaaaaaa"}}
CONDITIONS: list[tuple[str, Any, bool, str]] = [
    # A5-A10: operators, values, missing keys
    ("A5 key case", {"StringEquals": {"AWS:principalORGid": "o-1"}}, False, "keys ignore case"),
    ("A5 fold", {"StringEqualsIgnoreCase": {"aws:SourceVpce": "VPCE-1"}}, False, "literal"),
    ("A6 and", {"StringEquals": {"aws:SourceVpce": "vpce-1"}, "StringLike": {"aws:Referer": "*"}},
     False, "operators are ANDed"),
    ("A6 or", {"StringLike": {"aws:SourceVpce": ["vpce-1", "vpce-*"]}}, True, "values are ORed"),
    ("A6 neither", {"StringNotEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}}, True,
     "none may match, and a stranger has none of them"),
    ("A7 positive", {"StringEquals": {"aws:SourceVpce": "vpce-1"}}, False, "missing key fails"),
    ("A7 negated", {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}, True,
     "negated operators hold for a missing key"),
    ("A7 numbers", {"NumericNotEquals": {"s3:max-keys": "10"}}, True, "missing key"),
    ("A7 dates", {"DateNotEquals": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}, True, "missing"),
    ("A8", {"ArnLikeIfExists": {"aws:SourceArn": "arn:aws:sns:*:111122223333:*"}}, True, "IfExists"),
    ("A9 absent", {"Null": {"aws:PrincipalOrgID": "true"}}, True, "anonymous has no organization"),
    ("A9 present", {"Null": {"aws:SourceVpce": "false"}}, True, "anyone may have an endpoint"),
    ("A9 boolean", {"Null": {"aws:PrincipalOrgID": False}}, True, "JSON booleans are read"),
    ("A9 both", {"Null": {"aws:SourceVpce": ["true", "false"]}}, True, "always true"),
    ("A10 all not", {"ForAllValues:StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, True, "missing"),
    ("A10 any not", {"ForAnyValue:StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, True,
     "another organization is not o-1"),
    ("A10 any ifexists", {"ForAnyValue:StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}, True,
     "IfExists on a missing key"),
    # A11: wildcards
    ("A11 equals", {"StringEquals": {"aws:PrincipalAccount": "1111*"}}, False, "literal star"),
    ("A11 arnequals", {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}, True,
     "ArnEquals knows wildcards"),
    ("A11 segments", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam:*:role/x"}}, False,
     "an ARN pattern is compared segment by segment: this has five"),
    ("A11 short", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*"}}, True,
     "no ARN, but for an Allow its star is the rest"),
    ("A11 short own", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333*"}}, False,
     "the account is fixed"),
    ("A11 one star", {"ArnLike": {"aws:PrincipalArn": "*"}}, True, "everything"),
    # A12: variables
    ("A12 owner", {"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}, False,
     "the caller's organization is the owner's"),
    ("A12 turned", {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}, False,
     "the same, written from the other side"),
    ("A12 not", {"StringNotEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}, True,
     "everybody but the owner"),
    ("A12 free", {"StringEquals": {"aws:PrincipalTag/a": "${aws:username}"}}, True,
     "a user tagged with its own name"),
    ("A12 literal", {"StringEquals": {"aws:Referer": "${*}"}}, True, "the caller writes a star"),
    ("A12 default", {"StringEquals": {"aws:Referer": "${aws:username, 'nobody'}"}}, True, "default"),
    # A13: networks
    ("A13 host", {"IpAddress": {"aws:SourceIp": "203.0.113.7"}}, False, "an address is a /32"),
    ("A13 vpc", {"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, True, "absent through a VPC"),
    # A14: time and numbers
    ("A14 past", {"DateLessThanEquals": {"aws:CurrentTime": "2021-01-01"}}, False, "over"),
    ("A14 epoch", {"NumericLessThan": {"aws:EpochTime": "1500000000"}}, False, "over"),
    ("A14 since", {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True, "since"),
    ("A14 later", {"DateGreaterThan": {"aws:CurrentTime": "2090-01-01T00:00:00Z"}}, True, "will be"),
    ("A14 never", {"DateGreaterThan": {"aws:CurrentTime": "2090-01-01"},
                   "DateLessThan": {"aws:CurrentTime": "2080-01-01"}}, False, "no such moment"),
    ("A14 number", {"NumericLessThan": {"s3:max-keys": "0"}}, True, "a number below"),
    ("A14 no number", {"NumericGreaterThan": {"s3:max-keys": "10"},
                       "NumericLessThan": {"s3:max-keys": "5"}}, False, "no such number"),
    # A2: malformed
    ("A2 operator", {"StringMatches": {"aws:SourceVpce": "vpce-1"}}, True, "unknown operator"),
    ("A2 value", {"IpAddress": {"aws:SourceIp": "anywhere"}}, True, "no network"),
    ("A2 number", {"NumericEquals": {"s3:max-keys": "ten"}}, True, "no number"),
    ("A2 date", {"DateLessThan": {"aws:CurrentTime": "yesterday"}}, True, "no date"),
    ("A2 bool", {"Bool": {"aws:PrincipalIsAWSService": "yes"}}, True, "no boolean"),
    ("A2 empty", {"StringEquals": {"aws:SourceVpce": []}}, True, "no value at all"),
    ("A2 nested", {"StringEquals": {"aws:SourceVpce": {"a": "b"}}}, True, "an object"),
    ("A2 block", ["StringEquals"], True, "Condition is a list"),
    # B7 and C2: what strangers have
    ("B7 tags", {"StringLike": {"aws:PrincipalTag/x": "*"}}, True, "any account tags"),
    ("B7 anonymous", {"StringEquals": {"aws:PrincipalAccount": "anonymous"}}, True,
     "what an anonymous request has there"),
    ("B7 type", {"StringEquals": {"aws:PrincipalType": "Anonymous"}}, True, "anonymous"),
    ("B7 type2", {"StringEquals": {"aws:PrincipalType": "AssumedRole"}}, True, "any role"),
    ("B7 mfa", {"Bool": {"aws:MultiFactorAuthPresent": "true"}}, True, "any account has MFA"),
    ("B7 mfa age", {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}, True, "and fresh"),
    ("B7 token", {"DateGreaterThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}, True, "any role"),
    ("B7 old token", {"DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}, False,
     "no session lives for years"),
    ("C2 account", {"StringEquals": {"aws:PrincipalAccount": FRIEND}}, False, "fixed"),
    ("C2 arn", {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{FRIEND}:user/x"}}, False, "fixed"),
    ("C2 paths", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/ou-1/*"}}, False,
     "the organization is fixed"),
    ("C2 paths open", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-1/*"}}, True,
     "it is not"),
    ("C2 vpc arn", {"ArnLike": {"aws:SourceVpcArn": f"arn:aws:ec2:*:{OWN}:vpc/*"}}, False, "account"),
    ("C2 vpce account", {"StringEquals": {"aws:VpceAccount": OWN}}, False, "fixed"),
    ("C2 vpce org", {"StringEquals": {"aws:VpceOrgID": "o-1"}}, False, "fixed"),
    ("C2 vpce paths", {"ForAnyValue:StringLike": {"aws:VpceOrgPaths": "o-1/*"}}, False, "fixed"),
    ("C2 vpce org open", {"StringLike": {"aws:VpceOrgID": "o-*"}}, True, "wildcard"),
    ("C2 source", {"StringEquals": {"aws:SourceAccount": OWN}}, False, "fixed"),
    ("C2 source open", {"StringLike": {"aws:SourceAccount": "*"}}, True, "any resource's service"),
    ("C2 source org", {"StringEquals": {"aws:SourceOrgID": "o-1"}}, False, "fixed"),
    ("C2 source org paths", {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-1/*"}}, False, "fixed"),
    ("C2 owner", {"StringEquals": {"aws:SourceOwner": OWN}}, False, "SNS's own default policy"),
    ("C2 owner open", {"StringLike": {"aws:SourceOwner": "*"}}, True, "any owner"),
    ("C2 key id", {"StringEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id":
                                    f"arn:aws:kms:eu-west-1:{OWN}:key/1"}}, False, "in the list"),
    ("C2 key id open", {"StringLike": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "*"}},
     True, "wildcard"),
    ("C2 token", {"StringEquals": {"lambda:EventSourceToken": "secret"}}, False, "a shared secret"),
    ("C2 service", {"Bool": {"aws:PrincipalIsAWSService": "true"}}, False, "services are no strangers"),
    ("C2 not service", {"Bool": {"aws:PrincipalIsAWSService": "false"}}, True, "everybody else"),
    ("C2 service name", {"StringEquals": {"aws:PrincipalServiceName": "sns.amazonaws.com"}}, False,
     "services are no strangers"),
    ("C2 mount", {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}, False,
     "from the VPC of a mount target"),
    ("C2 mount not", {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "false"}}, True,
     "from anywhere else"),
    ("C2 one suffices", {"StringEquals": {"aws:SourceVpce": "vpce-1"}, "StringLike":
                         {"aws:PrincipalArn": "*"}}, False, "whatever other keys say"),
    ("C3 via", {"Bool": {"aws:ViaAWSService": "true"}}, True, "any account calls via a service"),
    ("C3 called via", {"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}}, True,
     "any account uses Athena"),
    ("C3 region", {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, True, "the caller chooses"),
    ("C3 org", {"StringEquals": {"aws:ResourceOrgID": "o-1"}}, True, "always the owner's"),
    ("C3 tag", {"StringEquals": {"s3:ExistingObjectTag/public": "yes"}}, True, "about the object"),
    ("C3 external", {"StringEquals": {"sts:ExternalId": "x"}}, True, "the caller chooses"),
    ("C3 agent", {"StringEquals": {"aws:UserAgent": "magic"}}, True, "the caller writes it"),
    ("C4 /7", {"IpAddress": {"aws:SourceIp": "8.0.0.0/7"}}, True, "broader than /8"),
    ("C4 mixed", {"IpAddress": {"aws:SourceIp": ["9.0.0.0/8", "0.0.0.0/0"]}}, True, "one is broad"),
    ("C4 private", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False, "never seen by AWS"),
    ("C4 union", {"IpAddress": {"aws:SourceIp": ["8.0.0.0/8", "9.0.0.0/8"]}}, True,
     "together broader than /8"),
    ("C4 union private", {"IpAddress": {"aws:SourceIp": ["9.0.0.0/8", "10.0.0.0/8"]}}, False,
     "private addresses do not count"),
    ("C4 v6", {"IpAddress": {"aws:SourceIp": "2600:1f00::/32"}}, False, "/32 exactly"),
    ("C4 v6 broad", {"IpAddress": {"aws:SourceIp": "2600::/31"}}, True, "broader than /32"),
    ("C4 v6 local", {"IpAddress": {"aws:SourceIp": "fc00::/7"}}, False, "never seen by AWS"),
    ("C4 ifexists", {"IpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"}}, True,
     "absent through any VPC endpoint"),
    ("C4 text", {"StringEquals": {"aws:SourceIp": "203.0.113.7"}}, False, "one address"),
    ("C4 text open", {"StringLike": {"aws:SourceIp": "203.0.113.*"}}, True, "not a fixed value"),
    ("C5 source", {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{OWN}:*"}}, False, "account fixed"),
    ("C5 source open", {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:topic"}}, True, "not fixed"),
    ("C5 bucket", {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::my-bucket"}}, False, "wildcard-free"),
    ("C5 bucket open", {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::my-*"}}, True, "anybody's bucket"),
    ("C5 string", {"StringLike": {"aws:SourceArn": f"arn:aws:sns:*:{OWN}:*"}}, False, "account fixed"),
    ("C5 point", {"StringLike": {"s3:DataAccessPointArn": "arn:aws:s3:*:*:accesspoint/x"}}, True,
     "account open"),
    ("C6 session", {"StringLike": {"aws:userid": "AROAEXAMPLE*"}}, True, "the id is open"),
    ("C6 user", {"StringEquals": {"aws:userid": "AIDAEXAMPLE4567890123"}}, False, "fixed"),
    ("C6 root", {"StringEquals": {"aws:userid": FRIEND}}, False, "a root user's id is its account"),
    ("C6 root open", {"StringLike": {"aws:userid": "4444*"}}, True, "roots of accounts like that"),
]


@pytest.mark.parametrize(("name", "condition", "expected", "why"), CONDITIONS,
                         ids=[row[0] for row in CONDITIONS])
def test_condition_of_an_allow_for_everyone(
    name: str, condition: Any, expected: bool, why: str
) -> None:
    check(public(policy(allow(condition))), expected, why)


HOME = "arn:aws:iam::111122223333:"
POLICIES: list[tuple[str, dict[str, Any], bool | None, str]] = [
    # A1-A4
    ("A1 scalar", {"Version": "2012-10-17", "Statement": allow()}, True, "one statement, no list"),
    ("A1 list", policy(allow(Action=["s3:GetObject"], Principal={"AWS": ["*"]})), True, "lists"),
    ("A2 effect", policy(allow(Effect="Permit")), True, "unknown Effect fails closed"),
    ("A2 no effect", policy(allow(Effect=None)), True, "no Effect fails closed"),
    ("A2 bad deny", policy(allow(), deny({"StringMatches": {"aws:SourceVpce": "x"}})), True,
     "a Deny that AWS refuses denies nothing"),
    ("A2 deny lower", policy(allow(), deny(Effect="deny")), True, "as AWS refuses it"),
    ("A2 deny typo", policy(allow(), {**deny(), "Conditions": {}}), True, "unknown element"),
    ("A2 two actions", policy(allow(NotAction="s3:*")), True, "Action and NotAction"),
    ("A2 two resources", policy(allow(NotResource="*"), deny(Resource="arn:aws:s3:::b/*")), True,
     "Resource and NotResource"),
    ("A2 two principals", policy(allow(Principal={"AWS": FRIEND}, NotPrincipal={"AWS": FRIEND})), True,
     "Principal and NotPrincipal"),
    ("A2 odd principal", policy(allow(Principal={"Account": FRIEND})), True, "unknown kind"),
    ("A2 no action", policy(allow(Action=None)), True, "not restricting"),
    ("A3 case", policy(allow(), deny(Action="S3:GETOBJECT", Resource="*")), False, "case"),
    ("A3 wildcard", policy(allow(), deny(Action="s3:?et*")), False, "wildcards"),
    ("A3 blank", policy(allow(), deny(Action="s3:GetObject ")), True, "blanks are not trimmed"),
    ("A3 notaction", policy(allow(NotAction="s3:*", Action=None)), False,
     "a bucket's policy grants nothing outside S3"),
    ("A3 everything", policy(allow(Action="*")), True, "every action"),
    ("A3 iam", policy(allow(NotAction="iam:*", Action=None)), True, "all of S3"),
    ("A4 case", policy(allow(), deny(Resource="arn:aws:s3:::B/*")), True, "resources mind case"),
    ("A4 all", policy(allow(), deny(Resource="*")), False, "the lone star"),
    ("A4 slash", policy(allow(), deny(Resource="arn:aws:s3:::*")), False, "a star crosses slashes"),
    ("A4 colon", policy(allow(), deny(Resource="arn:aws:s3:*b/*")), True,
     "a star does not cross the first five colons"),
    ("A4 question", policy(allow(), deny(Resource="arn:aws:s3:::?/*")), False, "one character"),
    ("A4 not", policy(allow(), deny(NotResource="arn:aws:s3:::b/public/*", Resource=None)), True,
     "all but the prefix is denied"),
    # A12
    ("A12 deny", policy(allow(), deny({"StringNotEquals": {"aws:PrincipalOrgID":
                                                           "${aws:ResourceOrgID}"}})), False,
     "the owner's organization only"),
    ("A12 home", policy(allow(Resource="arn:aws:s3:::b/${aws:username}/*")), True, "any user's home"),
    ("A12 deny home", policy(allow(), deny(Resource="arn:aws:s3:::b/${aws:username}*")), True,
     "who has no name is not denied"),
    ("A12 2008", policy(allow(Resource="arn:aws:s3:::b/${aws:username}"), version="2008-10-17"),
     True, "literal text"),
    ("A12 2008 deny", policy(allow(Resource="arn:aws:s3:::b/x"),
                             deny(Resource="arn:aws:s3:::b/${*}"), version="2008-10-17"), True,
     "the star is one, but the rest is literal text"),
    # B
    ("B1 aws", policy(allow(Principal={"AWS": "*"})), True, "the same as *"),
    ("B2 account", policy(allow(Principal={"AWS": FRIEND})), False, "one account"),
    ("B2 root", policy(allow(Principal={"AWS": f"arn:aws:iam::{FRIEND}:root"})), False, "one account"),
    ("B2 pattern", policy(allow(Principal={"AWS": "arn:aws:iam::*:root"})), True, "fails closed"),
    ("B2 names", policy(allow(Principal={"AWS": f"arn:aws:iam::{FRIEND}:role/*"})), False,
     "whatever it means, the account is fixed"),
    ("B2 deny pattern", policy(allow(), deny(Principal={"AWS": "arn:aws:iam::*:root"})), True,
     "such a Deny denies nothing"),
    ("B3", policy(allow(Principal={"AWS": "AIDAEXAMPLE4567890123"})), False, "deleted principal"),
    ("B4 service", policy(allow(Principal={"Service": "sns.amazonaws.com"})), False, "a service"),
    ("B4 google", policy(allow(Principal={"Federated": "accounts.google.com"})), True, "any user"),
    ("B4 saml", policy(allow(Principal={"Federated": f"{HOME}saml-provider/x"})), False, "its users"),
    ("B4 eks", policy(allow(Principal={"Federated":
                                       f"{HOME}oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A"})),
     False, "the users of one cluster"),
    ("B4 canonical", policy(allow(Principal={"CanonicalUser": "abc"})), False, "one account"),
    ("B2 no account", policy(allow(Principal={"AWS": "arn:aws:iam:::role/x"}), allow(
        {"StringEquals": {"aws:SourceAccount": ""}}), allow({"StringLike": {"aws:PrincipalArn": "*"}})),
     True, "an account without a name keeps nobody out"),
    ("B4 any service", policy(allow(Principal={"Service": "*"})), True, "no name, fails closed"),
    ("B5 not", policy(allow(Principal=None, NotPrincipal={"AWS": FRIEND})), True, "all the others"),
    ("B5 not all", policy(allow(Principal=None, NotPrincipal={"AWS": "*"})), False, "nobody is left"),
    ("B5 deny", policy(allow(), deny(Principal=None, NotPrincipal={"AWS": FRIEND})), False,
     "all others are denied"),
    ("B6", policy(allow(Principal=None)), False, "nobody"),
    ("B6 empty", policy(allow(Principal={"AWS": []})), False, "nobody"),
    ("B6 odd", policy(allow(Principal=7)), True, "unreadable, so it may mean anyone"),
    # C1
    ("C1 denied", policy(allow(), deny()), False, "everything is denied"),
    ("C1 wildcard account", policy(allow({"StringLike": {"aws:PrincipalAccount": "1111*"}}),
                                   deny({"StringLike": {"aws:PrincipalAccount": "11111*"}})), True,
     "1111 and another digit"),
    ("C1 squeezed", policy(allow({"StringLike": {"aws:PrincipalAccount": "1111*"}}),
                           deny({"StringLike": {"aws:PrincipalAccount": [f"1111{d}*" for d in range(10)]}})),
     False, "no account is left"),
    ("C1 deny ip", policy(allow(), deny({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}})), False,
     "other networks are denied, endpoints too"),
    ("C1 deny ip or vpc", policy(allow(), deny({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"},
                                                "StringNotEquals": {"aws:SourceVpce": "vpce-1"}})),
     False, "neither network nor endpoint"),
    ("C1 deny broad ip", policy(allow(), deny({"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}})), True,
     "nobody on the internet is denied"),
    ("C1 deny plain service", policy(allow(), deny({
        "StringNotEquals": {"aws:PrincipalOrgID": "o-1"},
        "Bool": {"aws:PrincipalIsAWSService": "false"}})), True,
     "an anonymous request lacks the key, so it is not denied"),
    ("C1 deny ifexists", policy(allow(), deny({
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}})), False, "the perimeter of the guides"),
    ("C1 deny past", policy(allow(), deny({"DateLessThan": {"aws:CurrentTime": "2020-01-01"}})), True,
     "the Deny is over"),
    ("C1 two denies", policy(allow(), deny({"StringEquals": {"aws:Referer": "x"}}),
                             deny({"StringNotEquals": {"aws:Referer": "x"}})), False,
     "each caller meets one of them"),
    ("C1 chain", policy(allow(), *(deny({"StringEquals": {f"aws:PrincipalTag/{k}": "1"}})
                                   for k in range(8)),
                        deny({"Null": {"aws:PrincipalOrgID": "true"}})), True, "a member without tags"),
    ("C4 deny union", policy(allow(), deny({"NotIpAddress": {"aws:SourceIp":
                                                             ["8.0.0.0/8", "9.0.0.0/8"]}})), True,
     "too many addresses to be anyone's own"),
]


@pytest.mark.parametrize(("name", "document", "expected", "why"), POLICIES,
                         ids=[row[0] for row in POLICIES])
def test_policy(name: str, document: dict[str, Any], expected: bool | None, why: str) -> None:
    check(public(document), expected, why)


TRUST = f"arn:aws:iam::{OWN}:oidc-provider/"
FEDERATED: list[tuple[str, str, Any, bool, str]] = [
    ("cognito", "cognito-identity.amazonaws.com", None, True, "any identity pool"),
    ("cognito pool", "cognito-identity.amazonaws.com",
     {"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:pool"},
      "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauthenticated"}},
     False, "one pool"),
    ("cognito amr", "cognito-identity.amazonaws.com",
     {"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}},
     True, "of any pool"),
    ("facebook app", "graph.facebook.com", {"StringEquals": {"graph.facebook.com:app_id": "1"}},
     False, "one application"),
    ("github", TRUST + "token.actions.githubusercontent.com", None, True, "every GitHub user"),
    ("github aud", TRUST + "token.actions.githubusercontent.com",
     {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}},
     True, "any workflow asks for that audience"),
    ("github owner", TRUST + "token.actions.githubusercontent.com",
     {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:ours/*"}}, False, "one owner"),
    ("github prefix", TRUST + "token.actions.githubusercontent.com",
     {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:ours*"}}, True,
     "ours-evil begins like ours"),
    ("github all", TRUST + "token.actions.githubusercontent.com",
     {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:*"}}, True, "every owner"),
    ("github exact", TRUST + "token.actions.githubusercontent.com",
     {"StringEquals": {"token.actions.githubusercontent.com:sub":
                       "repo:ours/r:ref:refs/heads/main"}}, False, "one repository"),
    ("gitlab", TRUST + "gitlab.com",
     {"StringLike": {"gitlab.com:sub": "project_path:*/app:*"}}, True, "any group's app"),
    ("github empty", TRUST + "token.actions.githubusercontent.com",
     {"StringLike": {"token.actions.githubusercontent.com:sub": ["", "repo:/x", "repo:*"]}}, True,
     "an owner without a name keeps nobody out"),
    ("other claim", TRUST + "token.actions.githubusercontent.com",
     {"StringEquals": {"accounts.google.com:aud": "x"}}, False, "GitHub's users have no such claim"),
]


@pytest.mark.parametrize(("name", "provider", "condition", "expected", "why"), FEDERATED,
                         ids=[row[0] for row in FEDERATED])
def test_federated_trust(
    name: str, provider: str, condition: Any, expected: bool, why: str
) -> None:
    document = policy(allow(condition, Principal={"Federated": provider}, Resource=None,
                            Action="sts:AssumeRoleWithWebIdentity"))
    check(public(document, service="sts"), expected, why)
    check(cross_account(document, Trust(account=OWN), service="sts"), expected, why)


def test_a_claim_of_a_consumer_provider_keeps_no_one_from_a_bucket() -> None:
    condition = {"StringEquals": {"graph.facebook.com:app_id": "1"}}
    document = policy(allow(condition, Principal={"Federated": "graph.facebook.com"}))
    check(public(document), True, "S3 counts it as public")


WRITES: list[tuple[str, dict[str, Any], str, bool, str]] = [
    ("read", policy(allow()), "s3", False, "GetObject only reads"),
    ("list", policy(allow(Action=["s3:Get*", "s3:List*"])), "s3", False, "only reads"),
    ("put", policy(allow(Action="s3:PutObject")), "s3", True, "writes"),
    ("abort", policy(allow(Action="s3:AbortMultipartUpload")), "s3", True, "deletes parts"),
    ("replicate", policy(allow(Action="s3:ReplicateDelete")), "s3", True, "deletes"),
    ("all", policy(allow(Action="s3:*", Resource="*")), "s3", True, "everything"),
    ("not get", policy(allow(Action=None, NotAction="s3:Get*")), "s3", True, "all but reading"),
    ("not put", policy(allow(Action="s3:*"), deny(Action=None, NotAction=["s3:Get*", "s3:List*"])),
     "s3", False, "writes are denied"),
    ("queue", policy(allow(Action="sqs:SendMessage", Resource="*")), "sqs", True, "sends"),
    ("queue read", policy(allow(Action="sqs:GetQueueUrl", Resource="*")), "sqs", False, "reads"),
    ("key", policy(allow(Action="kms:ScheduleKeyDeletion", Resource="*")), "kms", True, "deletes"),
    ("image", policy(allow(Action="ecr:BatchGetImage", Resource=None)), "ecr", False, "pulls"),
]


@pytest.mark.parametrize(("name", "document", "service", "expected", "why"), WRITES,
                         ids=[row[0] for row in WRITES])
def test_public_write(
    name: str, document: dict[str, Any], service: str, expected: bool, why: str
) -> None:
    check(public_write(document, service=service), expected, why)


def test_changes_of_permissions_are_named_first() -> None:
    answer = public_write(policy(allow(Action="s3:*", Resource="arn:aws:s3:::b")))
    assert "s3:PutBucketPolicy on arn:aws:s3:::b" in answer.because


def test_actions_narrow_the_question() -> None:
    document = policy(allow())
    assert public(document, actions=["s3:Get*"]).answer is True
    assert public(document, actions=["s3:PUT*", "s3:Delete?bject"]).answer is False


def test_services_that_take_signed_requests_have_no_anonymous_strangers() -> None:
    document = policy(allow(Action="kms:Decrypt", Resource="*"))
    assert public(document, service="kms").because.startswith("any AWS account may kms:Decrypt")
    anonymous = {"StringEquals": {"aws:PrincipalType": "Anonymous"}}
    document = policy(allow(anonymous, Action="kms:Decrypt", Resource="*"))
    assert public(document, service="kms").answer is False


def test_the_sentence_names_who_what_where_which_and_why() -> None:
    agent = {"StringEquals": {"aws:UserAgent": "magic"}}
    document = policy(allow(Principal={"AWS": FRIEND}), allow(agent))
    answer = public(document)
    assert answer.because == (
        "anyone on the internet may s3:GetObject on arn:aws:s3:::b/*: statement 2 grants "
        "Principal * and its condition aws:UserAgent does not restrict (the caller writes this "
        "header)"
    )
    assert answer.statement == "statement 2"
    assert answer.witness == {
        "caller": "anyone on the internet", "action": "s3:GetObject",
        "resource": "arn:aws:s3:::b/x", "aws:useragent": "magic",
    }
    assert public(policy(allow(Sid="<b>Open"))).statement == "<b>Open"


@pytest.mark.parametrize(("document", "ask", "told"), [
    (policy(deny()), public, "none is an Allow"),
    (policy(allow(Principal={"AWS": FRIEND})), public, "each grants only the principals it names"),
    (policy(allow(ORG)), public, "statement 1 is held by its condition on aws:PrincipalOrgID"),
    (policy(allow(HTTPS), deny(HTTPS)), public, "what statement 1 grants is denied to them"),
    (policy(allow(HTTPS)), public_write, "statement 1 grants nothing of the kind"),
    (policy(*(allow(ORG, Sid=f"S{n}") for n in range(5))), public, "statement 3 (S2) is held"),
])
def test_a_no_says_what_holds(document: dict[str, Any], ask: Any, told: str) -> None:
    answer = ask(document)
    assert answer.answer is False
    assert told in answer.because
    assert "statement 4" not in answer.because


WHY: list[tuple[Any, str]] = [
    ({"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}, "IfExists holds for a request without"),
    ({"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}}, "ForAllValues holds"),
    ({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, "it holds for a request without the key"),
    ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, "it keeps out only what it names"),
    ({"StringLike": {"aws:PrincipalOrgID": "o-*"}}, "it lets in o-stranger00"),
    ({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, "the network is not fixed"),
    ({"Bool": {"aws:SecureTransport": "true"}}, "it says how, not who"),
    ({"Bol": {"aws:SecureTransport": "true"}}, "AWS knows no operator Bol, so it is read as not"),
    ({"Bool": {"aws:SecureTransport": "true"}, "StringLike": {"aws:Referer": "*"}},
     "its conditions aws:SecureTransport (it says how, not who), aws:Referer (the caller writes this "
     "header) do not keep this caller out"),
]


@pytest.mark.parametrize(("condition", "told"), WHY, ids=[row[1][:24] for row in WHY])
def test_a_yes_says_why_the_condition_does_not_help(condition: Any, told: str) -> None:
    assert told in public(policy(allow(condition))).because


def test_a_yes_beside_a_deny_names_the_very_object() -> None:
    document = policy(allow(), deny(Resource="arn:aws:s3:::b/secret/*"))
    answer = public(document)
    assert "on arn:aws:s3:::b/x" in answer.because
    assert answer.because.endswith("no Deny covers this request")


def test_no_policy_is_not_public() -> None:
    for ask in (public, public_write):
        assert ask(None).answer is False
    assert cross_account(None, Trust()).answer is False
    assert tls_only(None).answer is False
    assert sse_kms_only(None).answer is False
