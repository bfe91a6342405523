"""Policy documents of the tables: one statement each."""

import json

OWNER = "arn:aws:iam::111122223333:root"


def policy(action, principal="*", resource="*", *, effect="Allow", **condition):
    """Return a document of one statement; ``condition`` is operator=(key, value)."""
    statement = {"Effect": effect, "Action": action, "Resource": resource}
    if principal is not None:
        statement["Principal"] = principal
    if condition:
        statement["Condition"] = {op: {key: value} for op, (key, value) in condition.items()}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
