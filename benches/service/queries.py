#!/usr/bin/env python3
"""Requests a second and p99 of the query API beside a handler that answers a constant, with wrk.

    python3 benches/service/queries.py http://127.0.0.1:PORT http://127.0.0.1:ADMIN_PORT [SECONDS]

The first is a service with a published release (`homeward demo` leaves one up) whose anonymous rate is raised
(HOMEWARD_RATES_ANONYMOUS_PER_MINUTE), the second its admin listener, whose /healthz is the constant. wrk: Debian's package.
"""
import json, re, subprocess, sys, tempfile, urllib.request

api, admin, seconds = sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "30"
read = lambda path: json.load(urllib.request.urlopen(api + path))
publication = read("/v1/publications")["results"][0]["id"]
sets = read(f"/v1/publications/{publication}/data-sets?pageSize=20")["results"]
chosen = next((one for one in sets if "planned" in one["title"].lower()), sets[0])
meta = read(f"/v1/data-sets/{chosen['id']}/meta")
body = json.dumps({"criteria": {"geographicLevels": {"eq": "LA"}, "timePeriods": {"eq": {"period": "2026", "code": "RY"}}},
                   "indicators": [meta["indicators"][0]["id"]], "page": 1, "pageSize": 100})
script = tempfile.NamedTemporaryFile("w", suffix=".lua", delete=False)
script.write(f"wrk.method = 'POST'\nwrk.body = [[{body}]]\nwrk.headers['Content-Type'] = 'application/json'\n")
script.close()


def run(url, *more):
    text = subprocess.run(["wrk", "-t1", "-c100", f"-d{seconds}s", "--latency", *more, url], capture_output=True, text=True, check=True).stdout
    errors = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), re.search(r"99%\s+(\S+)", text)[1], errors[1] if errors else "0"


query = run(f"{api}/v1/data-sets/{chosen['id']}/query", "-s", script.name)
constant = run(f"{admin}/healthz")
print(f"{chosen['title']}: query {query[0]:.0f} requests a second, p99 {query[1]}, {query[2]} refused; constant {constant[0]:.0f} "
      f"a second, p99 {constant[1]}; ratio {query[0] / constant[0]:.2f}")
