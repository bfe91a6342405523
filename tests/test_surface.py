"""Every security-bearing member of SageMaker's answers is read by a rule, or a reason is given.

What rules read is found by running them: on their samples, and on these filled up with every
other member that AWS's model has. ``tests/surface.toml`` holds the members that none reads.
"""

from __future__ import annotations

import re
import tomllib
import types
import typing
from collections import defaultdict
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import TABLE
from auditor.plugins import load_rules
from auditor.rule import Other
from auditor.shape import Shape, recording
from auditor.testing import world

KINDS = [kind for kind in TABLE if kind.name.startswith("AWS::SageMaker::")]
BEARING = re.compile(
    r"(?i)kms|encrypt|isolation|internet|rootaccess|networkaccess|authmode|secret|password"
    r"|environment$|hyperparameters$|repositoryaccess|docker|ssm|remotedebug|remoteaccess|coredump"
    r"|datacapture|trusted|sourceip|cognito|oidc|policy|metadataservice|securitygroup|subnets$"
    r"|subnetid$|rolearn|executionrole|s3uri|s3output|s3location|image$|imageuri|tls|approval"
    r"|presign|iamidentity|lifecycleconfigcontent|scriptcontent|idletimeout"
)


def inner(hint):
    """Return the type without None and without list, and whether it was a list."""
    many = False
    while True:
        if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
            hint = next(a for a in typing.get_args(hint) if a is not type(None))
        elif typing.get_origin(hint) is list:
            hint, many = typing.get_args(hint)[0], True
        else:
            return hint, many


def members(shape, prefix="", within=()):
    """Yield the path of each leaf of a shape."""
    for name, hint in typing.get_type_hints(shape).items():
        if name.startswith("_"):
            continue
        kind, many = inner(hint)
        path = f"{prefix}{name}{'[]' if many else ''}"
        if not (isinstance(kind, type) and issubclass(kind, Shape)):
            yield path.removesuffix("[]")
        elif kind not in within:
            yield from members(kind, f"{path}.", (*within, kind))


def filled(shape, flag, within=()):
    """Return a document with every member of a shape."""
    found = {}
    for name, hint in typing.get_type_hints(shape).items():
        kind, many = inner(hint)
        if name.startswith("_"):
            continue
        if typing.get_origin(kind) is dict:
            value = {"key": value_of(typing.get_args(kind)[1], flag, within)}
        else:
            value = value_of(kind, flag, within)
        if value is not None:
            found[name] = [value] if many else value
    return found


def value_of(kind, flag, within):
    if isinstance(kind, type) and issubclass(kind, Shape):
        return None if kind in within else filled(kind, flag, (*within, kind))
    return {str: "x", int: 2, float: 2.0, bool: flag, datetime: 1_700_000_000}.get(kind)


def merged(one, other):
    """Return a document with what another has besides."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return one
    return other | {k: merged(v, other[k]) if k in other else v for k, v in one.items()}


@pytest.fixture(scope="module")
def read():
    """The members that rules read, by kind."""
    found = defaultdict(set)
    for rule in load_rules():
        for sample in (*rule.good, *rule.bad):
            documents = [sample.data, *(
                merged(sample.data, filled(rule.on.shape, flag)) for flag in (False, True))]
            for document in documents:
                for read in reads(rule, document, sample):
                    found[read.source.kind.name].add(re.sub(r"\[\d+\]", "[]", read.path))
    return found


def reads(rule, document, sample):
    inventory, arn = world([Other(rule.on, document), *sample.others], seen=sample.seen)
    resource = inventory.find(rule.on, arn)
    with recording() as found, suppress(Unseen, ValueError):  # what it read before that counts
        rule(resource, **dict(sample.settings))
    return [one for one in found if isinstance(one.source, Resource)]


def test_every_member_that_bears_on_security_is_read_or_has_a_reason(read):
    listed = tomllib.loads((Path(__file__).parent / "surface.toml").read_text())
    excused = {member: reason for reason, many in listed.items() for member in many}
    bearing = {
        f"{kind.noun} {path}" for kind in KINDS for path in members(kind.shape)
        if BEARING.search(path.rpartition(".")[2])
    }
    known = {
        f"{name.rpartition('::')[2]} {path}" for name, paths in read.items() for path in paths
    }
    known |= {re.split(r"(?:\[\]|\.[^.]*)$", path)[0] for path in known}  # of a list, of a map
    unread = bearing - known
    assert sum(map(len, listed.values())) == len(excused), "a member has two reasons"
    assert unread - excused.keys() == set(), "read by no rule, and no reason given"
    assert excused.keys() - unread == set(), "a reason for what is read, or is no member"
    assert all(len(reason) > 30 for reason in listed)
