"""Resources that are on their way out: no question about them arises."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from auditor.inventory import Resource
from auditor.verdict import NotApplicable, Verdict

Check = Callable[..., Verdict]


def unless(member: str, *states: str) -> Callable[[Check], Check]:
    """Make a rule NotApplicable where the resource's ``member`` is one of ``states``.

    Stands between ``@rule`` and the function. A status that AWS left out keeps nobody from
    judging the rest.
    """

    def made(check: Check) -> Check:
        @wraps(check)
        def judged(resource: Resource[Any], **settings: Any) -> Verdict:
            status = getattr(resource.data, member)
            if status in states:
                return NotApplicable(f"{member} is {status}")
            return check(resource, **settings)

        return judged

    return made
