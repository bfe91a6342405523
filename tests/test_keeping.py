"""The file of an inventory: killed, damaged, full or in use, and never anybody else's."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from auditor import keeping, scan
from auditor.aws.plan import reach
from auditor.errors import AuditorError
from auditor.inventory import Inventory
from auditor.kinds import MODEL, NOTEBOOK, TRAINING_JOB
from auditor.runs import Runs
from tests.fakeaws import Fault
from tests.test_again import Account
from tests.worlds.make import ACCOUNT, notebook

USUAL = (13, 3, 1)  # jobs, models, notebooks


@pytest.fixture
def account(monkeypatch, tmp_path):
    return Account(monkeypatch, tmp_path / "inventory", tuple(reach((NOTEBOOK, MODEL, TRAINING_JOB))))


def found(account):
    with closing(account.inventory) as inventory:
        counts = inventory.counts()
    return tuple(counts[k.name] for k in (TRAINING_JOB, MODEL, NOTEBOOK))


@contextmanager
def child(code, *args):
    """Run Python in a process of its own, up to its first line of output."""
    process = subprocess.Popen([sys.executable, "-c", code, *args], stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


# -- killed, and in use

SPILL = """
import sys, time
from auditor.inventory import Inventory
db = Inventory.keep(sys.argv[1]).db
db.execute("PRAGMA cache_size = 1")
db.execute("DELETE FROM resource")
db.executemany("INSERT INTO tag VALUES (?, 'k', ?)", ((str(n), "v" * 500) for n in range(2000)))
print("written, and not committed", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("refresh", [False, True])
def test_a_kill_amid_a_commit_is_made_good(account, refresh):
    with account.serve():
        account.scan()
        with child(SPILL, str(account.path)) as process:
            process.kill()
        journal = Path(f"{account.path}-journal")
        assert journal.stat().st_size > 512  # what SQLite must roll back first
        account.scan(refresh=refresh)
        assert found(account) == USUAL and not journal.exists()


HOLD = """
import sys, time
from auditor.inventory import Inventory
held = Inventory.keep(sys.argv[1])
held.put("mine", True)
print("held", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("refresh", [False, True])
def test_a_file_that_another_process_writes_is_refused(account, refresh):
    with account.serve():
        account.scan()
        before = account.path.stat().st_ino
        with child(HOLD, str(account.path)), pytest.raises(AuditorError, match="in use"):
            account.scan(refresh=refresh)
        assert account.path.stat().st_ino == before
        assert found(account) == USUAL


def test_a_refresh_leaves_nothing_of_the_old(account):
    with account.serve():
        account.scan()
        with closing(account.inventory) as old:
            old.put("old", "x" * 1_000_000)
        account.scan(refresh=True)
        with closing(account.inventory) as new:
            assert new.get("old") is None
        assert account.path.stat().st_size < 1_000_000


# -- damaged

def cut(path):
    os.truncate(path, path.stat().st_size // 2)


def scribble(start, size, byte=b"\xa5"):
    def damage(path):
        with path.open("r+b") as file:
            file.seek(int(start * path.stat().st_size) if start < 1 else start)
            file.write(byte * size)
    return damage


def sql(text):
    def damage(path):
        with closing(sqlite3.connect(path)) as db:
            db.execute(text)
            db.commit()
    return damage


DAMAGES = {
    "cut": cut,
    "header": scribble(100, 3000),
    "middle": scribble(0.2, 100_000),
    "document": sql("UPDATE resource SET document = '{'"),
    "fact": sql("UPDATE meta SET value = 'x' WHERE key = 'accounts'"),
    "salt": sql("UPDATE meta SET value = '\"x\"' WHERE key = 'salt'"),
    "table": sql("DROP TABLE sweep"),
    "facts": sql("DROP TABLE meta"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_said_to_be_so_and_started_over(account, damage):
    with account.serve():
        account.scan()
        damage(account.path)
        with pytest.raises(AuditorError, match=r"the file is damaged \(.+--refresh") as told:
            account.scan()
        assert str(account.path) in str(told.value)
        account.scan(refresh=True)
        assert found(account) == USUAL


@pytest.mark.parametrize("damage", ["cut", "header", "middle", "document", "facts"])
def test_a_damaged_file_is_not_judged(account, damage):
    with account.serve():
        account.scan()
    DAMAGES[damage](account.path)
    with pytest.raises(AuditorError, match=r"the file is damaged \("):
        scan.evaluate(scan.load(account.path), select=["sagemaker-*"])


def test_a_break_of_our_own_is_not_blamed_on_the_file(account, monkeypatch):
    def broken(self):
        raise TypeError("ours")

    monkeypatch.setattr(Runs, "end", broken)
    with account.serve(), pytest.raises(TypeError, match="ours"):
        account.scan()
    with pytest.raises(sqlite3.OperationalError, match="syntax"), keeping.plain(account.path):
        sqlite3.connect(account.path).execute("SELEC 1")


# -- whose it is

def other_program(path):
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE meta (key TEXT, value TEXT)")
        db.execute("CREATE TABLE theirs (x)")
        db.commit()


NOT_OURS = {
    "text": lambda path: path.write_text("years of work"),
    "bytes": lambda path: path.write_bytes(bytes(range(256)) * 10),
    "database": other_program,
    "magic": lambda path: path.write_bytes(b"SQLite format 3\x00" + b"x" * 300),
}


@pytest.mark.parametrize("refresh", [False, True])
@pytest.mark.parametrize("make", NOT_OURS.values(), ids=NOT_OURS)
def test_a_file_that_is_not_ours_is_never_touched(account, make, refresh):
    make(account.path)
    before = account.path.read_bytes()
    with account.serve(), pytest.raises(AuditorError, match="not an inventory"):
        account.scan(refresh=refresh)
    assert account.path.read_bytes() == before


def test_where_only_we_put_files_a_wreck_is_replaced_but_no_text(account):
    account.path = scan.cache_path(ACCOUNT)
    account.path.parent.mkdir(parents=True)
    with account.serve():
        for wreck in (bytes(5000), b"\xa5" * 5000):
            account.path.write_bytes(wreck)
            with pytest.raises(AuditorError, match="not an inventory"):
                account.scan()
            account.scan(refresh=True)
            assert found(account) == USUAL
        account.path.write_text("years of work")
        with pytest.raises(AuditorError, match="not an inventory"):
            account.scan(refresh=True)
        assert account.path.read_text() == "years of work"


# -- a disk that is full

@pytest.mark.parametrize("refresh", [False, True])
def test_a_full_disk_is_said_to_be_so_and_what_is_there_is_kept(account, monkeypatch, refresh):
    lock = keeping.lock

    def small(db):
        lock(db)
        db.execute("PRAGMA max_page_count = 90")

    with account.serve(notebooks=[notebook(f"nb-{n:03}") for n in range(400)]):
        with monkeypatch.context() as patched:
            patched.setattr(keeping, "lock", small)
            with pytest.raises(AuditorError, match=r"^no space left: .*inventory") as told:
                account.scan(refresh=refresh)
            assert "full" in str(told.value)
        account.scan()
        assert len(account.names(NOTEBOOK)) == 400


@pytest.mark.parametrize("command", [
    ("rules",), ("evaluate", "{inventory}", "-f", "json", "-q"),
    ("evaluate", "{inventory}", "-f", "json={device}", "-q"),
])
def test_output_that_finds_no_space_is_one_line(account, command, tmp_path):
    device = tmp_path / "full.json"
    device.symlink_to("/dev/full")  # to keep the machine's own out of harm's way
    with account.serve():
        account.scan()
    words = [word.format(inventory=account.path, device=device) for word in command]
    with open("/dev/full", "wb") as full:
        done = subprocess.run([sys.executable, "-m", "auditor", *words], stdout=full,
                              stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: no space left: ")
    assert done.stderr.count("\n") == 1
    assert device.is_symlink()  # a device is written to and not replaced


# -- stopped by hand

def test_a_stop_does_not_wait_for_calls_that_hang(account):
    notebooks = [notebook(f"nb-{n:03}") for n in range(60)]
    hang = Fault("Hang", "sagemaker", "DescribeNotebookInstance",
                 params={"NotebookInstanceName": "nb-05?"})
    with account.serve(notebooks=notebooks):
        account.fake.faults[:] = [hang]
        account.fake.log.clear()
        process = subprocess.Popen(
            [sys.executable, "-m", "auditor", "scan", "--region", "eu-west-1", "-q",
             "--inventory", str(account.path)],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        deadline = time.monotonic() + 60
        while sum(c.operation == "DescribeNotebookInstance" for c in account.fake.calls) < 60:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, told = process.communicate(timeout=20)
        assert time.monotonic() - began < 5  # and not the 30 s of a call; 0.6 on a quiet machine
        assert process.returncode == 130 and told.strip() == "stopped"
        with closing(account.inventory) as kept:
            assert kept.counts()[NOTEBOOK.name] == 50


def test_what_was_half_written_when_it_was_stopped_is_not_kept(account, monkeypatch):
    def stopped(self, *args):
        raise KeyboardInterrupt

    with account.serve():
        with monkeypatch.context() as patched:
            patched.setattr(Inventory, "connect_all", stopped)
            with pytest.raises(KeyboardInterrupt):
                account.scan()
        account.scan()
        assert found(account) == USUAL
        assert all(list(job.edges(kind)) for kind, job in (
            (link.to, job) for job in account.inventory.resources(TRAINING_JOB)
            for link in TRAINING_JOB.links if link.path == "RoleArn"))
