"""`harness serve`: two pages of a study on 127.0.0.1, which can be read and nothing else."""

import argparse
import sys
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

from harness.commands.folders import existing
from harness.commands.serve.pages import POLICY, Study

LOOPBACK = "127.0.0.1"
PROGRESS, REPORT = "/", "/report.html"


def main(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C; the exit code."""
    with server(existing(Path(arguments.folder)), arguments.port) as serving:
        sys.stdout.write(f"http://{LOOPBACK}:{serving.server_port}/ (Ctrl-C ends it)\n")
        sys.stdout.flush()
        serving.serve_forever()
    return 0


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server that is bound and waits; raises ValueError where the port is taken."""
    try:
        serving = ThreadingHTTPServer((LOOPBACK, port), partial(Handler, Study(folder)))
    except OSError as error:
        raise ValueError(f"Port {port} of {LOOPBACK} cannot be had: {error.strerror}. Choose another --port.") from None
    serving.daemon_threads = True
    return serving


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD for the two pages; whatever else is asked is refused."""

    server_version, sys_version = "frequency-harness", ""

    def __init__(self, study: Study, *rest: object) -> None:
        self._study = study
        super().__init__(*rest)  # type: ignore[arg-type]  # request, address and server, as the server hands them over

    def handle(self) -> None:
        """One request; whoever closes the page before it is there needs no answer."""
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        """A page."""
        # what it bound: an address and a port
        _, port = cast("tuple[str, int]", self.server.server_address)
        # a name that somebody else's page has made to mean this machine is not ours
        if self.headers.get("Host") not in (f"{LOOPBACK}:{port}", f"localhost:{port}"):
            self._answer(HTTPStatus.FORBIDDEN, f"Ask http://{LOOPBACK}:{port}/ by that name.")
            return
        pages = {PROGRESS: self._study.progress, REPORT: self._study.report}
        if self.path not in pages:
            self._answer(HTTPStatus.NOT_FOUND, f"There are {PROGRESS} and {REPORT} here.")
            return
        try:
            page = pages[self.path]()
        except (ValueError, OSError) as error:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
            return
        # the report brings a policy of its own, which knows its scripts
        policy = POLICY if self.path == PROGRESS else ""
        self._answer(HTTPStatus.OK, page, "text/html; charset=utf-8", policy)

    do_HEAD = do_GET  # noqa: N815  # the name that the library looks for

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""

    def _answer(self, status: HTTPStatus, text: str, kind: str = "text/plain; charset=utf-8", policy: str = "") -> None:
        content = text.encode()
        self.send_response(status)
        named = {"Content-Type": kind, "Content-Length": str(len(content)), "Cache-Control": "no-store"}
        named |= {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
        for name, value in (named | ({"Content-Security-Policy": policy} if policy else {})).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
