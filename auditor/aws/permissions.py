"""The least-privilege policy in the forms in which people grant it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from auditor.aws.plan import permissions
from auditor.kind import Kind

# IAM counts characters without white space. Source: IAM User Guide, "IAM and AWS STS quotas".
LONGEST = 6144
ROLE_NAME = "sagemaker-auditor"

Document = dict[str, Any]


def length(document: Document) -> int:
    """Return how long IAM finds a policy."""
    return len(json.dumps(document, separators=(",", ":")))


def parts(kinds: Iterable[Kind[Any]], longest: int = LONGEST) -> list[Document]:
    """Return the policy in as few managed policies as hold it, none of them too long."""
    made: list[Document] = []
    for statement in permissions(kinds)["Statement"]:
        for action in statement["Action"]:
            if made:
                grown = _with(made[-1], statement, action)
                if length(grown) <= longest:
                    made[-1] = grown
                    continue
            made.append(_with({"Version": "2012-10-17", "Statement": []}, statement, action))
    return made


def _with(document: Document, statement: Document, action: str) -> Document:
    """Return a policy that grants one action more."""
    statements = list(document["Statement"])
    if statements and statements[-1]["Sid"] == statement["Sid"]:
        last = statements.pop()
        actions = [*last["Action"], action]
    else:
        actions = [action]
    return {**document, "Statement": [*statements, {**statement, "Action": actions}]}


def as_json(document: Document) -> str:
    """Return a document for people and for ``aws iam create-policy``."""
    return json.dumps(document, indent=2)


_TERRAFORM = '''\
variable "trusted_principal_arn" {
  description = "Who may audit: the ARN of the role or user that runs the auditor."
  type        = string
}

variable "external_id" {
  description = "A secret between you and the one who audits; sts:AssumeRole must carry it."
  type        = string
  sensitive   = true
}

variable "role_name" {
  type    = string
  default = "%(role)s"
}

data "aws_iam_policy_document" "auditor_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [var.trusted_principal_arn]
    }
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [var.external_id]
    }
  }
}

resource "aws_iam_role" "auditor" {
  name               = var.role_name
  description        = "Read-only audit of SageMaker and of what it leans on"
  assume_role_policy = data.aws_iam_policy_document.auditor_trust.json
}
'''
_TERRAFORM_PART = '''
data "aws_iam_policy_document" "auditor_%(n)d" {
%(statements)s
}

resource "aws_iam_policy" "auditor_%(n)d" {
  name   = "${var.role_name}-%(n)d"
  policy = data.aws_iam_policy_document.auditor_%(n)d.json
}

resource "aws_iam_role_policy_attachment" "auditor_%(n)d" {
  role       = aws_iam_role.auditor.name
  policy_arn = aws_iam_policy.auditor_%(n)d.arn
}
'''
_TERRAFORM_END = '''
output "role_arn" {
  value = aws_iam_role.auditor.arn
}
'''


def terraform(documents: Iterable[Document]) -> str:
    """Return Terraform for the policies and a role that has them."""
    text = _TERRAFORM % {"role": ROLE_NAME}
    for n, document in enumerate(documents, 1):
        statements = "\n\n".join(map(_terraform_statement, document["Statement"]))
        text += _TERRAFORM_PART % {"n": n, "statements": statements}
    return text + _TERRAFORM_END


def _terraform_statement(statement: Document) -> str:
    resources = statement["Resource"]
    resources = [resources] if isinstance(resources, str) else resources
    lines = ["  statement {", f'    sid    = "{statement["Sid"]}"', '    effect = "Allow"']
    for name, values in (("actions", statement["Action"]), ("resources", resources)):
        lines += [f"    {name} = [", *(f"      {json.dumps(v)}," for v in values), "    ]"]
    return "\n".join([*lines, "  }"])


_PARAMETERS = {
    "TrustedPrincipalArn": {
        "Type": "String", "AllowedPattern": "^arn:[a-z-]+:(iam|sts)::[0-9]{12}:.+$",
        "Description": "Who may audit: the ARN of the role or user that runs the auditor.",
    },
    "ExternalId": {
        "Type": "String", "NoEcho": True, "MinLength": 2, "MaxLength": 1224,
        "Description": "A secret between you and the one who audits.",
    },
    "RoleName": {"Type": "String", "Default": ROLE_NAME},
}


def cloudformation(documents: Iterable[Document]) -> Document:
    """Return a CloudFormation template of the policies and a role that has them."""
    policies = {
        f"Policy{n}": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "Description": f"Read-only audit of SageMaker, part {n}",
                "PolicyDocument": document,
            },
        }
        for n, document in enumerate(documents, 1)
    }
    trust = {
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": {"Ref": "TrustedPrincipalArn"}},
            "Condition": {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}},
        }],
    }
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": {"Ref": "RoleName"},
            "Description": "Read-only audit of SageMaker and of what it leans on",
            "AssumeRolePolicyDocument": trust,
            "ManagedPolicyArns": [{"Ref": name} for name in policies],
        },
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The role by which the auditor reads this account",
        "Parameters": _PARAMETERS,
        "Resources": {**policies, "Role": role},
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
    }


def stackset(documents: Iterable[Document]) -> Document:
    """Return a template that puts :func:`cloudformation`'s into every account of an organization.

    It is for the management account or a delegated administrator. CloudFormation leaves the
    management account itself out of such stack sets; that one needs the template by itself.
    """
    body = json.dumps(cloudformation(documents), separators=(",", ":"))
    units = {
        "Type": "CommaDelimitedList",
        "Description": "The roots or organizational units whose accounts are audited (r-…, ou-…).",
    }
    stack_set = {
        "Type": "AWS::CloudFormation::StackSet",
        "Properties": {
            "StackSetName": ROLE_NAME,
            "PermissionModel": "SERVICE_MANAGED",
            "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
            "Parameters": [
                {"ParameterKey": name, "ParameterValue": {"Ref": name}} for name in _PARAMETERS
            ],
            "StackInstancesGroup": [{
                "DeploymentTargets": {"OrganizationalUnitIds": {"Ref": "OrganizationalUnits"}},
                "Regions": [{"Ref": "AWS::Region"}],  # a role is in all regions at once
            }],
            "TemplateBody": body,
        },
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The role by which the auditor reads each account of an organization",
        "Parameters": {**_PARAMETERS, "OrganizationalUnits": units},
        "Resources": {"StackSet": stack_set},
    }
