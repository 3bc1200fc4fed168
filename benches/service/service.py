"""A real service in a folder of its own, for the scripts that load it: started, given keys, sampled, stopped.

Python's standard library only. Nothing but loopback addresses is ever spoken to.
"""
import http.client
import json
import os
import socket
import subprocess
import threading
import time


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def samples(program, folder, scale, *more):
    """Writes a valid return of every authority as a ZIP and gives their codes; of their own size where `scale` is none."""
    command = [program, "sample", "--output", folder, "--zip", *(["--scale", str(scale)] if scale else []), *more]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return sorted(name[:3] for name in os.listdir(folder) if name.endswith(".zip"))


class Service:
    """`with Service(program, folder) as service:` runs it; settings are given as the environment gives them."""

    def __init__(self, program, folder, specs=None, **settings):
        self.program, self.folder = program, folder
        self.more = ["--specs", specs] if specs else []
        self.port, self.admin = free_port(), free_port()
        self.settings = dict(
            os.environ,
            HOMEWARD_SERVICE_DATA_FOLDER=f"{folder}/data",
            HOMEWARD_SERVICE_LISTEN=f"127.0.0.1:{self.port}",
            HOMEWARD_SERVICE_ADMIN_LISTEN=f"127.0.0.1:{self.admin}",
            HOMEWARD_LOG_FILTER="error",
            **{f"HOMEWARD_{name}": str(value) for name, value in settings.items()},
        )
        self.process = None

    def __enter__(self):
        self.log = open(f"{self.folder}/service.log", "wb")
        command = [self.program, *self.more, "serve"]
        self.process = subprocess.Popen(command, env=self.settings, stdout=subprocess.DEVNULL, stderr=self.log)
        for _ in range(1200):
            if self.process.poll() is not None:
                break
            try:
                if self.ask("GET", "/readyz", port=self.admin)[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.1)
        self.__exit__()
        with open(f"{self.folder}/service.log", encoding="utf-8") as log:
            raise SystemExit(f"the service did not start: {log.read()[-2000:]}")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def key(self, role, authority=None, label="load"):
        command = [self.program, *self.more, "admin", "key", "new", "--role", role, "--label", label]
        command += ["--authority", authority] if authority else []
        made = subprocess.run(command, env=self.settings, check=True, capture_output=True, text=True).stdout
        return next(word for word in made.split() if word.startswith("hw"))

    def ask(self, method, path, body=None, key=None, port=None, timeout=300, **headers):
        """One request on a connection of its own: status, headers, bytes."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=timeout)
        try:
            told = {name.replace("_", "-"): value for name, value in headers.items()}
            if key:
                told["Authorization"] = f"Bearer {key}"
            if isinstance(body, (dict, list)):
                body, told["Content-Type"] = json.dumps(body), "application/json"
            connection.request(method, path, body, told)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def json(self, method, path, body=None, key=None, expect=(200, 201), **headers):
        """The same, of which the answer must be one of those expected, and JSON."""
        status, _, text = self.ask(method, path, body, key, **headers)
        if status not in expect:
            raise SystemExit(f"{method} {path} was answered {status}: {text[:1000].decode(errors='replace')}")
        return json.loads(text)

    def memory(self):
        """Kibibytes in use now, and at most so far."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            told = dict(line.split(":", 1) for line in file if ":" in line)
        return int(told["VmRSS"].split()[0]), int(told["VmHWM"].split()[0])

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


def loopback(number):
    """An address of this machine for each client, so that limits by address see as many clients as there are."""
    return f"127.0.{1 + number // 250}.{1 + number % 250}"


def upload(service, key, body, slow_for=0.0, idempotency_key=None, timeout=600, address="127.0.0.1"):
    """Sends a return, over `slow_for` seconds in even pieces, and waits for its verdict.

    Gives the status, the state or problem code, the seconds from the last byte sent to the whole answer, and the seconds
    that `Retry-After` asks for.
    """
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=timeout, source_address=(address, 0))
    try:
        connection.putrequest("POST", "/v1/returns")
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/zip", "Content-Length": str(len(body))}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        pieces = max(1, min(64, int(slow_for * 8)))
        size = -(-len(body) // pieces)
        for at in range(0, len(body), size):
            if at > 0:
                time.sleep(slow_for / (pieces - 1))
            try:
                connection.send(body[at : at + size])
            except (BrokenPipeError, ConnectionResetError):
                break  # It was refused before it was read; the answer says why.
        sent = time.perf_counter()
        answer = connection.getresponse()
        text = answer.read()
        waited = time.perf_counter() - sent
        told = json.loads(text) if text else {}
        state = told.get("return", {}).get("state") if answer.status < 300 else told.get("code")
        again = answer.headers.get("Retry-After")
        return answer.status, state or str(answer.status), waited, int(again) if again else None
    finally:
        connection.close()


def upload_until_taken(service, key, body, slow_for=0.0, address="127.0.0.1", tries=60):
    """The same, again after `Retry-After` where it is asked for. Gives state, the last wait, how often it was put off."""
    put_off = 0
    for _ in range(tries):
        status, state, waited, again = upload(service, key, body, slow_for, address=address)
        if again is None:
            return status, state, waited, put_off
        put_off += 1
        time.sleep(min(again, 30))
    return status, state, waited, put_off


def at(values, share):
    """The value below which that share of the values lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


class Results:
    """Collects what the threads of a load found."""

    def __init__(self):
        self.lock = threading.Lock()
        self.waits, self.states, self.put_off = [], {}, 0

    def add(self, state, waited=None, put_off=0):
        with self.lock:
            self.states[state] = self.states.get(state, 0) + 1
            self.put_off += put_off
            if waited is not None:
                self.waits.append(waited)
