"""A real Prometheus watches the real service under load; a worker is lost, the service is killed, and the alerts are seen.

    python3 tests/watching/check.py target/debug/homeward FOLDER
"""

import json
import os
import pathlib
import re
import sys
import threading

from parts import ROOT, Prometheus, Service, fetch, until

JSON = {"Content-Type": "application/json"}
# What gives no data while nothing is broken, or where a part is not configured. Everything else must.
EMPTY_UNLESS_BROKEN = {
    'homeward_http_requests_total{status=~"500|504"}',
    'homeward_ledger_transactions_total{result="rolled-back"}',
    "homeward_tls_certificate_ends_timestamp_seconds",
    'min(homeward_tls_certificate_ends_timestamp_seconds{instance=~".*"}) - time()',
    "homeward_tls_revocation_list_ends_timestamp_seconds",
    'min(homeward_tls_revocation_list_ends_timestamp_seconds{instance=~".*"}) - time()',
}
# Alerts that may fire in this test because of where it runs: nobody made a backup, the machine is busy or its disk full.
OF_THE_MACHINE = {"HomewardNoBackup", "HomewardDiskFilling", "HomewardDeadlineNear", "HomewardListenersBlocked"}


def documents():
    """Each alert has its runbook and its unit tests, and each runbook its alert."""
    rules = (ROOT / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8")
    tests = (ROOT / "deploy/prometheus/alerts_test.yml").read_text(encoding="utf-8")
    alerts = re.findall(r"- alert: (\w+)", rules)
    runbooks = {path.stem for path in (ROOT / "deploy/runbooks").glob("Homeward*.md")}
    assert set(alerts) == runbooks, set(alerts) ^ runbooks
    assert re.findall(r"runbook_url: (\S+)", rules) == [f"../runbooks/{alert}.md" for alert in alerts]
    tested = re.findall(r"name: (\w+) (fires|is quiet)", tests)
    assert set(tested) == {(alert, how) for alert in alerts for how in ("fires", "is quiet")}, tested
    metrics = (ROOT / "src/telemetry/metrics.rs").read_text(encoding="utf-8")
    known = {name if name.startswith("process_") else f"homeward_{name}" for name in re.findall(r"^    (\w+): \w+ \[", metrics, re.M)}
    for alert in alerts:
        text = (ROOT / f"deploy/runbooks/{alert}.md").read_text(encoding="utf-8")
        for heading in ("## What it means", "## How to see", "## What to do", "## When it is over"):
            assert heading in text, (alert, heading)
        for named in re.findall(r"\bhomeward_[a-z_]+", text):
            assert any(metric.startswith(named) for metric in known), f"{alert}.md names {named}, which is no metric"
    return alerts


def selectors(expression):
    """The series that an expression reads."""
    return re.findall(r"\b((?:homeward|process)_\w+(?:\{[^}]*\})?|up\{[^}]*\})", expression)


def alert_expressions(prometheus):
    groups = prometheus.ask("rules")["groups"]
    return {rule["name"]: rule["query"] for group in groups for rule in group["rules"]}


def dashboard_expressions():
    dashboard = json.loads((ROOT / "deploy/grafana/homeward.json").read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            expression = target["expr"].replace("$__rate_interval", "1m").replace("$instance", ".*")
            yield panel["title"], expression


def load(service, folder):
    """Returns that are clean, odd, broken and refused; reading, signing, accepting; requests that are wrong."""
    samples = pathlib.Path(folder) / "samples"
    service.command("sample", "--output", str(samples), "--authorities", "330,331,332", "--rows", "600", "--zip")
    collector, analyst = service.key("collector"), service.key("analyst")
    for code in ("330", "331", "332"):
        key, director = service.key("submitter", code), service.key("signatory", code)
        file = (samples / f"{code}.zip").read_bytes()
        status, body = service.ask("/v1/returns", method="POST", key=key, body=file)
        assert status == 201, (status, body)
        made = json.loads(body)["return"]["id"]
        for body in (file[: len(file) // 2], b"CHILD,SEX\nx,y\n", b"CHILD,SEX\nx,ZE2 9LT\n", b"{"):
            service.ask("/v1/returns", method="POST", key=key, body=body)
            service.ask("/v1/checks", method="POST", key=key, body=body)
        for path in ("", "/findings", "/history", "/explanations"):
            assert service.ask(f"/v1/returns/{made}{path}", key=key)[0] == 200
        rules = {finding["code"] for finding in json.loads(service.ask(f"/v1/returns/{made}/findings?severity=query", key=key)[1])["findings"]}
        reasons = json.dumps({"explanations": [{"code": code, "text": "It is so."} for code in sorted(rules)]}).encode()
        if rules:
            service.ask(f"/v1/returns/{made}/explanations", method="PUT", key=key, body=reasons, headers=JSON)
        status, body = service.ask(f"/v1/returns/{made}/sign", method="POST", key=director, body=b"{}", headers=JSON)
        assert status == 200, (status, body)
        status, body = service.ask(f"/v1/returns/{made}/accept", method="POST", key=collector, body=b"{}", headers=JSON)
        assert status == 200, (status, body)
    for path in ("/v1/collections", "/v1/releases", "/v1/collections/reunification-2026/coverage", "/v1/nothing"):
        service.ask(path, key=analyst)
    service.ask("/v1/returns")
    for _ in range(30):
        service.ask("/v1/returns", key=collector)
    # A comment at the end of a ZIP changes its bytes and nothing in it.
    commented = file[:-2] + (1).to_bytes(2, "little") + b"x"
    again = {"Idempotency-Key": "again"}
    status, body = service.ask("/v1/returns", method="POST", key=key, body=commented, headers=again)
    assert status == 201, (status, body)
    return made, json.loads(body)["return"]["id"], key


class HangingDisk:
    """The report of a return stands on a disk that hangs: whoever reads it waits for ever. It is a pipe."""

    def __init__(self, service, folder, made):
        self.kept = pathlib.Path(folder) / "kept"
        self.kept.mkdir()
        self.report = service.data / f"archive/reports/{made}.json.zst"
        self.report.rename(self.kept / self.report.name)
        os.mkfifo(self.report)

    def mend(self):
        """The file is back, and whoever waits is let go with an error, as by a disk that comes back."""
        waiting = os.open(self.report, os.O_WRONLY | os.O_NONBLOCK)
        (self.kept / self.report.name).rename(self.report)
        os.close(waiting)


def main(program, folder):
    alerts = documents()
    settings = {"SERVICE_WORKERS": 1, "SERVICE_QUEUE": 2, "LIMITS_WEDGED_SECONDS": 2, "LIMITS_RESERVE_BYTES": 0}
    service = Service(program, folder, **settings)
    prometheus = Prometheus(folder, f"127.0.0.1:{service.ports[1]}")
    try:
        watch(program, folder, service, prometheus, alerts)
    finally:
        prometheus.stop()
        service.kill()


def watch(program, folder, service, prometheus, alerts):
    until("first scrape", lambda: prometheus.query("homeward_build_info"))
    made, later, key = load(service, folder)
    expressions = alert_expressions(prometheus)
    assert set(expressions) == set(alerts)
    # Rates need two scrapes after the load began.
    until("verdicts", lambda: prometheus.query("sum(rate(homeward_returns_total[1m])) > 0"))
    asked = 0
    for title, expression in dashboard_expressions():
        if expression in EMPTY_UNLESS_BROKEN:
            prometheus.query(expression)
        else:
            until(f"data for “{title}”: {expression}", lambda: prometheus.query(expression), 15)
        asked += 1
    for alert, expression in expressions.items():
        prometheus.query(expression)
        for selector in selectors(expression):
            asked += 1
            if selector not in EMPTY_UNLESS_BROKEN:
                until(f"series {selector} of {alert}", lambda: prometheus.query(selector), 15)
    print(f"{asked} queries of the dashboard and the alerts give what they should")
    quiet = set(prometheus.firing()) - OF_THE_MACHINE
    assert not quiet, f"nothing is broken, and yet there is {quiet}"

    disk = HangingDisk(service, folder, made)
    stuck = threading.Thread(target=service.ask, args=(f"/v1/returns/{later}/changes?since={made}",), kwargs={"key": key}, daemon=True)
    stuck.start()
    lost = until("alert of a lost worker", lambda: prometheus.firing().get("HomewardWorkerLost"))
    assert (ROOT / "deploy/prometheus" / lost["annotations"]["runbook_url"]).exists()
    print("a lost worker is seen:", lost["annotations"]["summary"])
    assert fetch(service.admin + "/healthz")[0] == 200, "the process lives"
    assert fetch(service.admin + "/readyz")[0] == 503, "no worker is left"
    assert service.ask("/v1/returns", key=key)[0] == 200, "what needs no worker is answered"
    file = (pathlib.Path(folder) / "samples/332.zip").read_bytes()
    send = {"method": "POST", "key": key, "body": file}
    waiting = [threading.Thread(target=service.ask, args=("/v1/checks",), kwargs=send, daemon=True) for _ in range(2)]
    for thread in waiting:
        thread.start()
    until("full line", lambda: prometheus.query("homeward_check_queue == 2"))
    status, body = service.ask("/v1/checks", **send)
    assert (status, json.loads(body)["code"]) == (503, "busy"), (status, body)
    until("alert of a full line", lambda: "HomewardQueueFull" in prometheus.firing())
    print("with no worker left the line fills, is refused with 503, and everything else is answered")
    disk.mend()
    until("end of the alerts", lambda: not {"HomewardWorkerLost", "HomewardQueueFull"} & set(prometheus.firing()))

    service.kill()
    down = until("alert of a killed service", lambda: prometheus.firing().get("HomewardDown"))
    print("kill -9 is seen:", down["annotations"]["summary"])
    service.start()
    until("end of the alert", lambda: "HomewardDown" not in prometheus.firing())
    assert prometheus.query('homeward_oldest_in_state_seconds{state="received"} < 60'), "nothing is in limbo"
    print("and that it is back")


if __name__ == "__main__":
    main(*sys.argv[1:])
