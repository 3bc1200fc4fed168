#!/usr/bin/env python3
"""Requests a second and p99 of the query API over a published release beside a handler that answers a constant, with wrk.

    python3 benches/service/queries.py target/release/homeward [SECONDS] [FOLDER]

It publishes a national release as `homeward demo` does (in FOLDER, which is used again where it has one; else in one that is
removed), starts the service on it, and asks with 100 connections for SECONDS each (30). wrk (Debian's package), the service and
both handlers share the machine's cores. The constant is `/healthz` of the admin listener: the same server and runtime, with no
limits, log or metrics around it. An answer that is not 200 (304 where that is asked for) ends the script: a refusal is no answer.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

from service import Service

program, seconds = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "30"
MANY = 100_000_000
rates = {f"RATES_{name}_PER_MINUTE": MANY for name in ("ANONYMOUS", "ADDRESS_REQUESTS")}


def published(folder):
    """A data folder with a published national release."""
    if not os.path.exists(f"{folder}/data"):
        command = [program, "demo", "--data", folder, "--exit"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ, HOMEWARD_LOG_FILTER="error"))


def load(service, path, port=None, body=None, headers=None, expect=200):
    """Requests a second, p50 and p99, of requests that are all answered as expected."""
    headers = dict(headers or {})
    if body is not None:
        headers["Content-Type"] = "application/json"
    method, sent = ("POST", json.dumps(body)) if body is not None else ("GET", None)
    first = service.ask(method, path, sent, port=port, **headers)
    if first[0] != expect:
        raise SystemExit(f"{path} was answered {first[0]}: {first[2][:500].decode(errors='replace')}")
    lines = [f"wrk.method = '{method}'", *(f"wrk.headers['{name}'] = '{value}'" for name, value in headers.items())]
    lines += [f"wrk.body = [[{sent}]]"] if sent else []
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write("\n".join(lines))
        script.flush()
        url = f"http://127.0.0.1:{port or service.port}{path}"
        command = ["wrk", "-t1", "-c100", f"-d{seconds}s", "--latency", "--timeout", "30s", "-s", script.name, url]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    wrong = re.search(r"(Non-2xx or 3xx responses|Socket errors): .*", text)
    if wrong:
        raise SystemExit(f"{path}: {wrong[0]}")
    quantile = lambda share: re.search(rf"\b{share}%\s+(\S+)", text)[1]
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), quantile(50), quantile(99), len(first[2])


def main(folder):
    published(folder)
    with Service(program, folder, **rates) as service:
        read = lambda path: service.json("GET", path)
        publication = read("/v1/publications")["results"][0]["id"]
        sets = read(f"/v1/publications/{publication}/data-sets?pageSize=20&page=1")
        more = range(2, sets["paging"]["totalPages"] + 1)
        sets = sets["results"] + [one for page in more for one in read(f"/v1/publications/{publication}/data-sets?pageSize=20&page={page}")["results"]]
        # The largest: the work of a query grows with the rows that it looks at.
        chosen = max(sets, key=lambda one: one["latestVersion"]["totalResults"])
        rows, home = chosen["latestVersion"]["totalResults"], f"/v1/data-sets/{chosen['id']}"
        meta = read(f"{home}/meta")
        breakdown = max(meta["filters"], key=lambda one: len(one["options"]))
        option, figure = breakdown["options"][1]["id"], meta["indicators"][0]["id"]
        period = meta["timePeriods"][0]
        latest = {"timePeriods": {"eq": {"period": period["period"], "code": period["code"]}}}
        filtered = {"criteria": {"geographicLevels": {"eq": "LA"}, "filters": {"in": [option]}, **latest}, "indicators": [figure], "pageSize": 200}
        own = {"criteria": {"locations": {"eq": {"level": "LA", "oldCode": "330"}}, **latest}}
        etag = service.ask("GET", f"{home}/meta")[1]["ETag"]
        print(f"{chosen['title']}: {rows} rows", flush=True)
        constant = load(service, "/healthz", port=service.admin)
        print(f"constant: {constant[0]:.0f} requests a second, p50 {constant[1]}, p99 {constant[2]}", flush=True)
        for name, path, body, headers, expect in [
            ("one category in every authority", f"{home}/query", filtered, {}, 200),
            ("all of one authority", f"{home}/query", own, {}, 200),
            ("a page of 1,000 rows, no criteria", f"{home}/query", {}, {}, 200),
            ("the metadata", f"{home}/meta", None, {}, 200),
            ("the metadata, which the client has", f"{home}/meta", None, {"If-None-Match": etag}, 304),
        ]:
            rate, p50, p99, size = load(service, path, body=body, headers=headers, expect=expect)
            print(f"{name} ({size / 1024:.0f} KiB): {rate:.0f} requests a second, p50 {p50}, p99 {p99}; ratio to the constant {rate / constant[0]:.3f}", flush=True)


if len(sys.argv) > 3:
    os.makedirs(sys.argv[3], exist_ok=True)
    main(os.path.abspath(sys.argv[3]))
else:
    with tempfile.TemporaryDirectory(prefix="homeward-queries-") as temporary:
        main(temporary)
