"""OME's webhooks: a small HTTPS server in the controller's process, and what makes the API server ask it. When the
controller is down, nobody can create or change an InferenceService, as it is with the real one."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .admission import Denied, check_service, defaults
from .admission_of_benchmarks import check_benchmark
from .api import Api, ApiError

Object = dict[str, Any]

ADDRESS = "127.0.0.1"  # the API server's network is the controller's
REGISTRATION = "/apis/admissionregistration.k8s.io/v1"
APPLY = "application/apply-patch+yaml"
KINDS = {"mutating": "MutatingWebhookConfiguration", "validating": "ValidatingWebhookConfiguration"}


def begin(api: Api) -> None:
    """Serve, by threads, and register. Raises ApiError."""
    with tempfile.TemporaryDirectory() as folder:
        certificate = _certificate(Path(folder))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        authority = base64.b64encode(certificate.read_bytes()).decode()
    server = _Server((ADDRESS, 0), _Handler)
    server.api = api
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"https://{ADDRESS}:{server.server_address[1]}"
    _register(api, "mutating", {"defaulter": ("inferenceservice", f"{base}/default")}, authority)
    _register(api, "validating", {"validator": ("benchmarkjob", f"{base}/benchmarkjob")}, authority)
    _register(api, "validating", {"validator": ("inferenceservice", f"{base}/inferenceservice")}, authority)


def end(api: Api) -> None:
    """Have nobody asked any more."""
    for kind in KINDS:
        for subject in ("inferenceservice", "benchmarkjob"):
            try:
                api.call("DELETE", f"{REGISTRATION}/{kind}webhookconfigurations/{subject}.ome.io")
            except ApiError as error:
                if error.status != 404:
                    raise


def _register(api: Api, kind: str, hooks: dict[str, tuple[str, str]], authority: str) -> None:
    for role, (subject, url) in hooks.items():
        rule = {"apiGroups": ["ome.io"], "apiVersions": ["v1beta1"], "operations": ["CREATE", "UPDATE"]}
        hook = {
            "name": f"{subject}.ome-webhook-server.{role}",
            "clientConfig": {"url": url, "caBundle": authority},
            "rules": [{**rule, "resources": [f"{subject}s"]}],
            "failurePolicy": "Fail",
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
        }
        about = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": KINDS[kind]}
        body = {**about, "metadata": {"name": f"{subject}.ome.io"}, "webhooks": [hook]}
        place = f"{REGISTRATION}/{kind}webhookconfigurations/{subject}.ome.io"
        api.call("PATCH", f"{place}?fieldManager=ome&force=true", body, APPLY)


def _certificate(folder: Path) -> Path:
    made = folder / "webhook.crt"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subject = ["-subj", "/CN=ome-webhook-server", "-addext", f"subjectAltName=IP:{ADDRESS}", "-days", "365"]
    words = [*command, *subject, "-keyout", str(made.with_suffix(".key")), "-out", str(made)]
    subprocess.run(words, check=True, capture_output=True, timeout=30)
    return made


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    api: Api


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        """Answer one AdmissionReview."""
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = {"uid": review["request"]["uid"], **self._judged(review["request"])}
        body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _judged(self, request: Object) -> Object:
        body = request["object"]
        if self.path.startswith("/default"):
            patch = base64.b64encode(json.dumps(defaults(body)).encode()).decode()
            return {"allowed": True, "patchType": "JSONPatch", "patch": patch}
        try:
            if self.path.startswith("/benchmarkjob"):
                check_benchmark(body)
                return {"allowed": True}
            return {"allowed": True, "warnings": check_service(body, request["namespace"], self.server.api)}
        except Denied as denied:
            return {"allowed": False, "status": {"code": 403, "reason": "Forbidden", "message": str(denied)}}

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the log is the controller's."""
