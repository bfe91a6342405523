"""What the tests share: no test ever reaches the real AWS or this machine's credentials."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack

import pytest


@pytest.fixture(autouse=True)
def no_real_aws(monkeypatch, tmp_path_factory):
    """Cut every test off from real credentials, profiles, proxies and caches."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "AUDITOR_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def point_at(monkeypatch, url: str) -> None:
    """Send every AWS client of this process to a fake at ``url``."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "fake")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fake")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


@pytest.fixture(scope="session")
def demo_url():
    """The embedded AWS of the demo, started once for each worker of the test run."""
    server = subprocess.Popen(
        [sys.executable, "-m", "auditor.aws.demo"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    try:
        yield json.loads(server.stdout.readline())["url"]
    finally:
        server.stdin.close()
        server.wait(20)
        server.stdout.close()


@pytest.fixture
def cli(capfdbinary):
    """Run the command line in this process: ``cli("scan", "-q") -> (code, stdout, stderr)``."""
    from auditor.cli import main

    def run(*args: str) -> tuple[int, str, str]:
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as stop:
            main(list(args))
        out, err = capfdbinary.readouterr()
        return int(stop.value.code or 0), out.decode(), err.decode()

    return run


@pytest.fixture
def serve():
    """Open fakes of documents: ``serve({region: services})`` gives a maker of clients of one."""
    import boto3
    from botocore.config import Config

    from auditor.aws.session import bare_host
    from tests.fakeaws import Fake

    with ExitStack() as stack:

        def start(regions, *, others=None, key="111122223333", **options):
            fake = stack.enter_context(Fake({"111122223333": regions} | (others or {}), **options))

            def client(name, region="eu-west-1", **config):
                made = boto3.Session(key, "secret").client(
                    name, region_name=region, endpoint_url=fake.url,
                    config=Config(retries={"max_attempts": 0}, proxies={}, **config),
                )
                made.meta.events.register("before-sign.s3-control", bare_host)
                stack.callback(made.close)
                return made

            client.fake = fake
            return client

        yield start
