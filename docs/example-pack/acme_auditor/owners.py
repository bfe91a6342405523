"""A report: how many findings each owner has to mend, as text."""

from collections import Counter
from typing import IO, Any

from auditor.finding import Run


def write(run: Run, out: IO[bytes], **options: Any) -> None:
    """Write one line for each value of the tag ``owner``, the busiest first."""
    failed = [f for f in run.findings if f.status == "fail" and not f.historical]
    owners = Counter((f.resource.tags or {}).get("owner", "(nobody)") for f in failed)
    for owner, count in owners.most_common():
        out.write(f"{count:6} {owner!r}\n".encode())
