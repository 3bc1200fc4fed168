#!/usr/bin/env python3
"""Compares how long an authority waits for the answer about another's return and about one that does not exist.

    python3 benches/service/hidden.py target/release/homeward [PAIRS]

Both answers are 404 and the same bytes; this looks for a difference in time. Each pair asks for one of each in an order
drawn by lot, over one connection. It prints the medians and the share of pairs in which the hidden one took longer, which is
a half where nothing can be told; |z| under 3 (the sign test) is what chance gives.
"""
import http.client
import json
import math
import os
import random
import sys
import tempfile
import time

from service import Service, at

program, pairs = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 4000
MANY = 100_000_000
rates = {f"RATES_{name}_PER_MINUTE": MANY for name in ("REQUESTS", "ADDRESS_REQUESTS")}
with tempfile.TemporaryDirectory(prefix="homeward-hidden-") as folder:
    service = Service(program, folder, **rates)
    own, other = service.key("submitter", "330"), service.key("submitter", "331")
    with service:
        sent = service.json("POST", "/v1/returns", b"CHILD,SEX\nKestrel01,M\n", own)
        hidden = sent["return"]["id"]
        # As near to it as can be: the same time, and only the last digits drawn anew.
        absent = hidden[:-4] + ("0000" if not hidden.endswith("0000") else "1111")
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)

        def ask(identifier):
            begun = time.perf_counter()
            connection.request("GET", f"/v1/returns/{identifier}", headers={"Authorization": f"Bearer {other}"})
            answer = connection.getresponse()
            body = answer.read()
            waited = time.perf_counter() - begun
            if answer.status != 404:
                raise SystemExit(f"{identifier} was answered {answer.status}")
            return waited, body.replace(identifier.encode(), b"ID")

        for _ in range(200):
            ask(hidden), ask(absent)
        waits, longer, bodies = {hidden: [], absent: []}, 0, set()
        for _ in range(pairs):
            order = [hidden, absent]
            random.shuffle(order)
            found = {identifier: ask(identifier) for identifier in order}
            for identifier, (waited, body) in found.items():
                waits[identifier].append(waited)
                bodies.add(body)
            longer += found[hidden][0] > found[absent][0]
        connection.close()
    z = (longer - pairs / 2) / math.sqrt(pairs / 4)
    told = {"hidden": waits[hidden], "absent": waits[absent]}
    for name, values in told.items():
        print(f"{name}: p50 {at(values, 0.5) * 1e6:.0f} µs, p95 {at(values, 0.95) * 1e6:.0f} µs")
    print(f"{pairs} pairs: the hidden one took longer in {longer / pairs:.1%} (z = {z:+.1f}); "
          f"{len(bodies)} different bodies; problem {json.loads(bodies.pop())['code']}")
