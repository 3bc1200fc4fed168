"""The servers that the service talks to: SMTP in several tempers, a receiver of webhooks, and one that never answers."""

import asyncio
import email
import email.policy
import http.server
import json
import logging
import socket
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

# A client that breaks off is what some of the tests are about.
logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)


class Post:
    """Takes letters, and does to some addresses what servers do."""

    def __init__(self):
        self.letters = []
        self.refused = []
        self.temper = {}

    async def handle_RCPT(self, server, session, envelope, address, options):
        answers = self.temper.get(address, [])
        answer = answers[0] if answers == ["550 no such mailbox"] else (answers.pop(0) if answers else None)
        if answer and not answer.startswith("pause"):
            self.refused.append((address, answer))
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.letters.append((envelope.rcpt_tos[0], envelope.content, session.ssl is not None))
        if envelope.rcpt_tos[0].startswith("slow@"):
            await asyncio.sleep(4)
        return "250 taken"

    def to(self, address):
        return [content for to, content, _ in self.letters if to == address]

    def parsed(self):
        return [(to, email.message_from_bytes(content, policy=email.policy.default)) for to, content, _ in self.letters]


def smtp(post, port=0, context=None, login=None):
    """A running SMTP server and its port. With a context it takes letters over TLS only, and from who can log in."""

    def authenticate(server, session, envelope, mechanism, data):
        good = isinstance(data, LoginPassword) and (data.login, data.password) == login
        return AuthResult(success=good)

    options = {}
    if context is not None:
        options = {"tls_context": context, "require_starttls": True}
        if login:
            options |= {"authenticator": authenticate, "auth_required": True}
    controller = Controller(post, hostname="127.0.0.1", port=port or free_port(), **options)
    controller.start()
    return controller


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Receiver:
    """Takes webhooks, after it has refused some."""

    def __init__(self, refuse_first):
        self.taken, self.refused, self.heads = [], [], []
        receiver, lock = self, threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                notice = (self.headers["Homeward-Delivery"], self.headers["Homeward-Signature"], body)
                with lock:
                    receiver.heads.append(f"{self.requestline}\n{self.headers}")
                    refuse = len(receiver.refused) < refuse_first
                    (receiver.refused if refuse else receiver.taken).append(notice)
                self.send_response(503 if refuse else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def bodies(self):
        return [json.loads(body) for _, _, body in self.taken]


def hanging():
    """A port that takes connections and never says a word."""
    listener = socket.create_server(("127.0.0.1", 0))
    held = []

    def hold():
        while True:
            held.append(listener.accept())

    threading.Thread(target=hold, daemon=True).start()
    return listener.getsockname()[1], held
