"""The fake at a loopback address: HTTP in, HTTP out, every call written down."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.fakeaws.answer import Response, answer, refusal
from tests.fakeaws.document import Error
from tests.fakeaws.faults import PAGES, Fault
from tests.fakeaws.limits import Quotas
from tests.fakeaws.paging import page
from tests.fakeaws.service import Call, NoSuchOperation, Request, known_services, service
from tests.fakeaws.world import NOT_MODELLED, World

_SIGNED = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
# Services by what their requests are signed for, where that is not their name.
_SIGN = {
    "access-analyzer": ("accessanalyzer",), "apigateway": ("apigateway", "apigatewayv2"),
    "elasticfilesystem": ("efs",), "monitoring": ("cloudwatch",),
}
_HTML = b"<html><head><title>Sign in</title></head><body>Welcome</body></html>"


@dataclass(frozen=True)
class Answered:
    """A call as it went: ``error`` is the code it was refused with, or the fault, or ""."""

    call: Call
    error: str


class Fake:
    """A fake AWS; a context manager that serves while it is open.

    ``page`` is the most items it puts on a page; ``faults`` may be changed at any time.
    ``quotas`` maps globs over ``service:Operation`` to calls a second, ``latency`` is in seconds.
    Requests are taken for the first account, unless the access key holds another's number.
    """

    def __init__(self, accounts, *, page=100, faults=(), permissions=None, quotas=None, latency=0):
        self.world = World(accounts, permissions)
        self.page = page
        self.faults = list(faults)
        self.quotas = Quotas(quotas or {})
        self.latency = latency
        self.log: list[Answered] = []
        self._services = {"sts", "ec2", "iam", "s3", "s3control", "resourcegroupstaggingapi"} | {
            name for regions in accounts.values() for s in regions.values() for name in s
            if name != "*"
        }
        self.closing = threading.Event()  # lets go of what hangs
        self.url = ""

    def __enter__(self):
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.fake = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def calls(self):
        """The calls so far."""
        return [entry.call for entry in self.log]

    @property
    def not_modelled(self):
        """The calls that the document does not answer; a test that meets one is not sound."""
        return [str(entry.call) for entry in self.log if entry.error == NOT_MODELLED]

    def respond(self, request):
        """Return the response to a request and the fault that struck it, or ""."""
        signed = _SIGNED.search(request.headers.get("authorization", ""))
        if signed is None:
            return Response(403, {}, b"not signed"), ""
        key, region, signs_as = signed.groups()
        try:
            of, name, params = self._read(request, signs_as)
        except NoSuchOperation as error:
            return Response(501, {}, f"{NOT_MODELLED}: {error}".encode()), ""
        call = Call(self._account(key), region, of.name, name, params)
        fault = next((f for f in list(self.faults) if f.strikes(call)), None)
        kind = fault.kind if fault else ""
        try:
            response, error = self._answer(of, call, fault), kind
        except Error as said:
            response, error = refusal(of, said), said.code
        self.log.append(Answered(call, error))
        if kind == "Truncate":
            response.body = response.body[: len(response.body) // 2]
        elif kind == "Garbage":
            response = Response(200, {"Content-Type": "text/html"}, _HTML)
        return response, kind

    def _answer(self, of, call, fault):
        operation = of.operations[call.operation]
        decision = self.world.permissions.of(call)
        if decision != "allowed":
            denial = "ExplicitDeny" if decision == "explicitDeny" else "AccessDenied"
            raise Fault(denial).error(of, call)
        if not self.quotas.allow(call):
            raise Fault("Throttle").error(of, call)
        said = fault.error(of, call) if fault else None
        if said is not None:
            raise said
        result = self.world.answer(call)
        kind = fault.kind if fault else ""
        result = page(of, operation, call.params, result, self.page,
                      kind if kind in PAGES else "")
        if kind == "DropMember":
            result = {k: v for k, v in result.items() if k != fault.member}
        return answer(of, operation, result)

    def _account(self, key):
        return next((a for a in self.world.accounts if a in key), next(iter(self.world.accounts)))

    def _read(self, request, signs_as):
        """Find the service that means something by a request; several may sign alike."""
        names = [n for n in sorted(self._services) if service(n).signs_as == signs_as]
        names = names or [n for n in _SIGN.get(signs_as, (signs_as,)) if n in known_services()]
        if signs_as == "s3":
            names = ["s3control" if request.path.startswith("/v20180820/") else "s3"]
        for name in names:
            of = service(name)
            target = request.headers.get("x-amz-target", "").rpartition(".")[0]
            if target and target != of.model.metadata.get("targetPrefix"):
                continue
            try:
                return (of, *of.read(request))
            except NoSuchOperation:
                continue
        raise NoSuchOperation(f"{signs_as}: {request.method} {request.path}?{request.query}")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    fake: Fake

    def handle_error(self, request, client_address):
        """Say nothing of clients that hang up: some faults make them."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format, *args):
        """Say nothing; the fake's own log has it."""

    def _do(self):
        address = urlsplit(self.path)
        length = int(self.headers.get("content-length") or 0)
        request = Request(
            self.command, address.path or "/", address.query,
            {k.lower(): v for k, v in self.headers.items()},
            self.rfile.read(length) if length else b"",
        )
        if self.server.fake.latency:
            time.sleep(self.server.fake.latency)
        response, fault = self.server.fake.respond(request)
        if fault == "Hang":
            self.server.fake.closing.wait(30)
        if fault in ("Reset", "Hang"):
            # lingering for no time makes close() send a reset
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = do_PATCH = _do
