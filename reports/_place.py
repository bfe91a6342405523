"""Where a finding is, for readers that know nothing but files."""

from __future__ import annotations

from urllib.parse import quote

from auditor.finding import Finding


def path(finding: Finding) -> str:
    """Return a relative path that stands for a resource: partition, account, region, kind, name.

    It is a valid URI reference: whatever is not plain is percent-encoded.
    """
    kind = finding.resource.kind.removeprefix("AWS::").replace("::", "-").strip("-").lower()
    parts = (finding.partition, finding.account, finding.region, kind, finding.resource.name)
    return "/".join(_part(part) for part in parts)


def _part(text: str) -> str:
    quoted = quote(text.encode("utf-8", "backslashreplace"), safe="")
    return quoted if quoted.strip(".") else "-" + quoted  # neither empty nor a way up
