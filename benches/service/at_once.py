#!/usr/bin/env python3
"""Posts the returns of all authorities to a service at once and tells how long each waited for its verdict.

    python3 benches/service/at_once.py target/release/homeward [SCALE]

The service is started with a data folder of its own. The time of a return is from the last byte sent to the whole answer.
"""
import os
import sys
import tempfile
import threading
import time

from service import Results, Service, at, loopback, samples, upload

program, scale = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "1"
with tempfile.TemporaryDirectory(prefix="homeward-at-once-") as folder:
    codes = samples(program, f"{folder}/returns", scale)
    service = Service(program, folder)
    keys = {code: service.key("submitter", code) for code in codes}
    with service:
        results, start = Results(), threading.Barrier(len(codes))

        def post(code):
            with open(f"{folder}/returns/{code}.zip", "rb") as file:
                body = file.read()
            start.wait()
            _, state, waited, _ = upload(service, keys[code], body, address=loopback(codes.index(code)))
            results.add(state, waited)

        threads = [threading.Thread(target=post, args=(code,)) for code in codes]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        whole, waits = time.perf_counter() - begun, results.waits
        print(f"{len(waits)} returns at once: {results.states}; from last byte to verdict p50 {at(waits, 0.5):.2f} s, "
              f"p95 {at(waits, 0.95):.2f} s, longest {max(waits):.2f} s; all within {whole:.2f} s; "
              f"peak memory {service.memory()[1] // 1024} MiB")
