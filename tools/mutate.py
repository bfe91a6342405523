"""Tell how much the tests of rules and policies see: ``python tools/mutate.py [--sample 100]``.

Makes one small change at a time in a copy of ``rules/`` and ``auditor/policy/``, runs the tests of
the changed file, and prints which changes no test noticed, and the share that was noticed. The
sample is drawn by ``--seed``; ``--file`` narrows it to files of that name. One change takes some
seconds; all of them take hours.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPARED = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE,
    ast.GtE: ast.Gt, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}


@dataclass(frozen=True)
class Mutant:
    """One changed file: what was changed where, and the text of the file."""

    path: Path
    line: int
    what: str
    text: str


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield what a node may be changed to."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in COMPARED:
            other = copy.deepcopy(node)
            other.ops = [COMPARED[type(op)]()]
            yield f"{ast.unparse(node)} -> {ast.unparse(other)}", other
        case ast.BoolOp():
            other_bool = copy.deepcopy(node)
            other_bool.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
            yield f"{ast.unparse(node)[:60]} -> and/or", other_bool
        case ast.UnaryOp(op=ast.Not()):
            yield f"{ast.unparse(node)[:60]} -> without not", node.operand
        case ast.Constant(value=bool() as truth):
            yield f"{truth} -> {not truth}", ast.Constant(not truth)
        case ast.Constant(value=int() as number):
            yield f"{number} -> {number + 1}", ast.Constant(number + 1)
        case ast.If():
            for always in (True, False):
                other_if = copy.deepcopy(node)
                other_if.test = ast.Constant(always)
                yield f"if {ast.unparse(node.test)[:60]} -> {always}", other_if
        case ast.Continue():
            yield "continue -> break", ast.Break()


class _Swap(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else super().visit(node)


def _inside(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the nodes of functions, without their decorators: samples and cards are data."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for statement in node.body:
                yield from ast.walk(statement)


def mutants(path: Path) -> Iterator[Mutant]:
    """Yield the changed versions of a file."""
    source = path.read_text()
    tree = ast.parse(source)
    lines = source.splitlines(keepends=True)
    for node in _inside(tree):
        for what, new in changes(node):
            if not isinstance(node, ast.expr | ast.stmt):
                continue
            first, last = node.lineno - 1, (node.end_lineno or node.lineno)
            replaced = ast.unparse(ast.fix_missing_locations(new))
            if isinstance(node, ast.stmt):
                pad = " " * node.col_offset
                body = "".join(f"{pad}{line}\n" for line in replaced.splitlines())
                text = "".join(lines[:first]) + body + "".join(lines[last:])
            else:
                head = lines[first].encode()[:node.col_offset].decode()
                tail = lines[last - 1].encode()[node.end_col_offset:].decode()
                text = "".join(lines[:first]) + f"{head}({replaced}){tail}" + "".join(lines[last:])
            yield Mutant(path, node.lineno, what, text)


def tests_of(path: Path) -> list[str]:
    """Return what pytest is given for a file: its own tests, and those that hold for all rules."""
    if "policy" in path.parts:
        return ["tests/policy"]
    ids = re.findall(r'@rule\(\s*"([a-z0-9-]+)"', path.read_text())
    if not ids:  # shared by rules: those that import it
        users = [
            p for p in path.parent.glob("*.py")
            if re.search(rf"from \.{path.stem} import", p.read_text())
        ]
        return sorted({test for user in users if user != path for test in tests_of(user)})
    named = [
        str(test.relative_to(ROOT)) for test in sorted((ROOT / "tests" / "rules").glob("test_*.py"))
        if test.name != "test_every_rule.py" and any(id in test.read_text() for id in ids)
    ]
    held = [f"tests/rules/test_every_rule.py::test_its_samples_hold[{id}]" for id in ids]
    return [*named, *held]


def survives(room: Path, mutant: Mutant) -> bool:
    """Tell whether the tests pass although a file is changed."""
    place = room / mutant.path.relative_to(ROOT)
    kept = place.read_text()
    place.write_text(mutant.text)
    try:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider",
             *tests_of(mutant.path)],
            cwd=room, env=os.environ | {"PYTHONPATH": str(room), "HYPOTHESIS_PROFILE": "quick"},
            capture_output=True, timeout=600,
        )
    except subprocess.TimeoutExpired:
        return False
    finally:
        place.write_text(kept)
    return run.returncode == 0


def main() -> int:
    """Draw a sample, try each, print the score."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sample", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--file", default="", help="only files whose name holds this")
    given = parser.parse_args()
    files = [
        *sorted((ROOT / "rules").glob("*.py")), *sorted((ROOT / "auditor" / "policy").glob("*.py"))
    ]
    every = [m for f in files if given.file in str(f.relative_to(ROOT)) for m in mutants(f)]
    drawn = random.Random(given.seed).sample(every, min(given.sample, len(every)))
    alive = []
    sound: set[Path] = set()
    with tempfile.TemporaryDirectory() as name:
        room = Path(name) / "copy"
        shutil.copytree(ROOT, room, ignore=shutil.ignore_patterns(".git", ".venv", "*cache*"))
        (room / "auditor" / "rules").symlink_to("../rules")
        (room / "auditor" / "reports").symlink_to("../reports")
        for mutant in drawn:
            if mutant.path not in sound:
                unchanged = Mutant(mutant.path, 0, "", mutant.path.read_text())
                if not survives(room, unchanged):
                    sys.exit(f"{mutant.path.name}: its tests fail as it is")
                sound.add(mutant.path)
            if survives(room, mutant):
                alive.append(mutant)
                where = mutant.path.relative_to(ROOT)
                print(f"unnoticed: {where}:{mutant.line}: {mutant.what}", flush=True)
    caught = len(drawn) - len(alive)
    print(f"{caught} of {len(drawn)} changes noticed, {100 * caught / len(drawn):.1f} %;"
          f" drawn of {len(every)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
