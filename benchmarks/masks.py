"""How well secrets are told from what only looks like one: ``python benchmarks/masks.py``.

Judges the table of ``tests/secret_examples.py`` as the collector would. Prints precision and
recall, each example that is judged wrongly, and what a text costs.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from auditor.masks import Masker, found
from tests.secret_examples import FALSE, TRUE, judged, masked


def main() -> None:
    """Print the figures."""
    masker = Masker(b"a salt")
    missed, mistaken = judged(masker)
    hits = len(TRUE) - len(missed)
    print(f"{len(TRUE)} secrets, {len(FALSE)} that only look like one")
    print(f"recall    {hits / len(TRUE):7.2%}  {hits} found, {len(missed)} missed")
    print(f"precision {hits / (hits + len(mistaken)):7.2%}  {len(mistaken)} taken for a secret")
    kinds = Counter(kind for one in TRUE for kind, _ in found(masked(masker, one)))
    print(f"{len(kinds)} kinds; found most often: "
          + ", ".join(f"{kind} {count}" for kind, count in kinds.most_common(5)))
    for words, wrong in (("missed", missed), ("taken for a secret", mistaken)):
        for one in wrong:
            print(f"  {words}: {one.name + '=' if one.name else ''}{one.text[:70]!r} {one.about}")
    began = time.process_time()
    for _ in range(20):
        for one in (*TRUE, *FALSE):
            masked(masker, one)
    each = (time.process_time() - began) / 20 / (len(TRUE) + len(FALSE))
    print(f"{each * 1e6:.0f} µs of CPU for each example")


if __name__ == "__main__":
    main()
