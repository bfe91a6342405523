"""What the users of an identity provider have in their tokens, where the policy fixes ours."""

from __future__ import annotations

from .globs import PRINTABLE, REST, WORD, exact, run
from .keys import FREE_CLAIMS, OWNERLESS_SUBJECTS, PUBLIC_PROVIDERS, owner_in
from .outside import Outside
from .solve import Domain, Globs


def claim_domain(outside: Outside, key: str) -> Domain:
    """Return what a claim of a stranger's token can be: everybody else's, where ours is fixed.

    Unless ``outside.claims`` says that fixed claims keep strangers out, it can be anything.
    """
    host, _, claim = key.rpartition(":")
    known = sorted(outside.fixed.get(key, ())) if outside.claims else []
    head, end = PUBLIC_PROVIDERS.get(host, ("", ""))
    always = claim in ("aud", "sub")
    if claim in FREE_CLAIMS or (head and claim == "aud"):
        # How one signed in says nothing of where; a workflow asks for any audience it likes.
        return Domain(not always)
    if head and claim == "sub":
        pattern = (*exact(head), *run(WORD, 1), *exact(end), *run(PRINTABLE, 1))
        others = ((*exact(one), *run(PRINTABLE, 1)) for one in OWNERLESS_SUBJECTS.get(host, ()))
        # These providers' owners are the same in upper and lower case.
        ours = Globs(tuple((*exact(one, True), *REST) for one in known if owner_in(key, one)))
        return Domain(
            False, True, ((Globs((pattern, *others)), True), (ours, False)),
            prefer=(f"{head}stranger{end}x",),
        )
    heads = sorted(outside.heads.get(key, ())) if outside.claims else []
    patterns = (*map(exact, known), *((*exact(one), *REST) for one in heads))
    return Domain(not always, True, ((Globs(patterns), False),), prefer=("stranger",))
