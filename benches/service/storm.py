#!/usr/bin/env python3
"""The storm before a deadline: every authority sends a realistic return three times within a minute, half of them slowly.

    python3 benches/service/storm.py target/release/homeward [--scale 1] [--seconds 60] [--authorities 153] [--slow-for 10]

Each sending differs from the one before (a comment in the ZIP), so each is received, checked and decided. Every second
authority's connection is throttled: its bytes arrive in even pieces over --slow-for seconds. A sending that is refused with
`Retry-After` waits as asked and is sent again. It ends by itself: sendings are counted, and each waits for ten minutes at most.
"""
import argparse
import os
import random
import sys
import tempfile
import threading
import time

from service import Results, Service, at, loopback, samples, upload_until_taken

TIMES = 3


def varied(body, number):
    """The same return in other bytes: a comment at the end of the ZIP (PKZIP appnote 4.3.16)."""
    comment = b"sending %d" % number
    return body[:-2] + len(comment).to_bytes(2, "little") + comment


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--authorities", type=int, default=153)
    parser.add_argument("--slow-for", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=2)
    told = parser.parse_args()
    program = os.path.abspath(told.program)
    with tempfile.TemporaryDirectory(prefix="homeward-storm-") as folder:
        codes = samples(program, f"{folder}/returns", told.scale)[: told.authorities]
        bodies = {}
        for code in codes:
            with open(f"{folder}/returns/{code}.zip", "rb") as file:
                bodies[code] = file.read()
        service = Service(program, folder, SERVICE_WORKERS=told.workers)
        keys = {code: service.key("submitter", code) for code in codes}
        with service:
            results, broken = {True: Results(), False: Results()}, []
            order = random.Random(1)
            begun = time.perf_counter()

            def authority(number, code, moments):
                slow = number % 2 == 1
                for sending, moment in enumerate(moments):
                    time.sleep(max(0.0, begun + moment - time.perf_counter()))
                    try:
                        _, state, waited, put_off = upload_until_taken(
                            service, keys[code], varied(bodies[code], sending), told.slow_for if slow else 0.0, loopback(number)
                        )
                        results[slow].add(state, waited, put_off)
                    except OSError as error:
                        broken.append(f"{code}: {type(error).__name__}")

            # Each authority's sendings follow each other; together they fill the time.
            latest = max(1.0, told.seconds - told.slow_for)
            threads = [
                threading.Thread(target=authority, args=(number, code, sorted(order.uniform(0, latest) for _ in range(TIMES))))
                for number, code in enumerate(codes)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            whole = time.perf_counter() - begun
            peak = service.memory()[1] // 1024
            sizes = sorted(len(body) for body in bodies.values())
            print(f"{len(codes)} authorities × {TIMES} returns within {told.seconds:.0f} s, scale {told.scale}, ZIPs of "
                  f"{sizes[0] // 1024} to {sizes[-1] // 1024} KiB (median {sizes[len(sizes) // 2] // 1024}), {told.workers} workers")
            for slow in (False, True):
                one = results[slow]
                print(f"  {'slow' if slow else 'fast'} connections: {sum(one.states.values())} verdicts {one.states}; from last byte "
                      f"to verdict p50 {at(one.waits, 0.5):.2f} s, p95 {at(one.waits, 0.95):.2f} s, p99 {at(one.waits, 0.99):.2f} s, "
                      f"longest {max(one.waits, default=0):.2f} s; put off with Retry-After {one.put_off} times")
            waits = results[False].waits + results[True].waits
            print(f"  together: p50 {at(waits, 0.5):.2f} s, p95 {at(waits, 0.95):.2f} s, p99 {at(waits, 0.99):.2f} s; all decided after "
                  f"{whole:.1f} s; peak memory {peak} MiB; errors {len(broken)} {broken[:5]}")
            decided = sum(sum(one.states.get(state, 0) for state in ("checked", "rejected")) for one in results.values())
            if broken or decided != TIMES * len(codes):
                sys.exit(f"{TIMES * len(codes) - decided} returns have no verdict")


if __name__ == "__main__":
    main()
