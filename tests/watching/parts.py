"""The programs that are watched and that watch, and how to ask them."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 60


def until(what, asked, patience=PATIENCE):
    """Asks again and again until the answer is true, and gives it."""
    end = time.monotonic() + patience
    while True:
        answer = asked()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"within {patience} s there was no {what}")
        time.sleep(0.2)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def fetch(url, method="GET", key=None, body=None, headers=None):
    """The status and the body of an answer; status 0 where there was none."""
    request = urllib.request.Request(url, method=method, data=body, headers=headers or {})
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


class Service:
    """`homeward serve` with a data folder of its own."""

    def __init__(self, program, folder, **settings):
        self.program, self.data = str(program), pathlib.Path(folder) / "data"
        # Chosen here, so that it listens at the same addresses when it is started again.
        self.ports = free_port(), free_port()
        self.environment = dict(os.environ, HOMEWARD_SERVICE_DATA_FOLDER=str(self.data))
        self.environment["HOMEWARD_SERVICE_LISTEN"] = f"127.0.0.1:{self.ports[0]}"
        self.environment["HOMEWARD_SERVICE_ADMIN_LISTEN"] = f"127.0.0.1:{self.ports[1]}"
        self.environment.update({f"HOMEWARD_{name}": str(value) for name, value in settings.items()})
        self.api, self.admin = (f"http://127.0.0.1:{port}" for port in self.ports)
        self.log = open(pathlib.Path(folder) / "service.log", "a", encoding="utf-8")
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "serve"], env=self.environment, stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        assert self.process.stdout.readline().startswith("The API is at"), "the service did not start"

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def command(self, *arguments):
        done = subprocess.run(
            [self.program, *arguments], env=self.environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def key(self, role, authority=None):
        whose = ["--authority", authority] if authority else []
        return self.command("admin", "key", "new", "--role", role, "--label", "watching", *whose)

    def ask(self, path, **how):
        return fetch(self.api + path, **how)


class Prometheus:
    """Prometheus with our scrape configuration and our rules, only quicker."""

    def __init__(self, folder, target):
        folder = pathlib.Path(folder)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        settings = (ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8")
        settings = re.sub(r"(scrape_interval|evaluation_interval): 15s", r"\1: 1s", settings)
        settings = settings.replace("127.0.0.1:9464", target)
        rules = (ROOT / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8")
        rules = re.sub(r"for: \d+[mh]", "for: 1s", rules)
        (folder / "prometheus.yml").write_text(settings, encoding="utf-8")
        (folder / "alerts.yml").write_text(rules, encoding="utf-8")
        self.log = open(folder / "prometheus.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'tsdb'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
            ],
            stdout=self.log,
            stderr=self.log,
        )
        until("Prometheus", lambda: fetch(f"{self.url}/-/ready")[0] == 200)

    def ask(self, path, **parameters):
        status, body = fetch(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
        answer = json.loads(body or b"{}")
        assert status == 200 and answer["status"] == "success", (parameters, answer)
        return answer["data"]

    def query(self, expression):
        return self.ask("query", query=expression)["result"]

    def firing(self):
        alerts = self.ask("alerts")["alerts"]
        return {alert["labels"]["alertname"]: alert for alert in alerts if alert["state"] == "firing"}

    def stop(self):
        self.process.terminate()
        self.process.wait()
