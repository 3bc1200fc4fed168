#!/usr/bin/env python3
"""Half the load of the storm for a long time: are memory and open files flat?

    python3 benches/service/soak.py target/release/homeward [--minutes 20] [--scale 1] [--per-minute 230]

Returns of all authorities arrive at an even pace, every second one slowly, and pages are read in between. Memory in use and
open files are sampled each second; after a first fifth, in which caches fill, a straight line is fitted to each. Flat is what
would grow by less than a tenth of itself, or 16 MiB and 8 files, over the time that was measured.
"""
import argparse
import os
import sys
import tempfile
import threading
import time

from service import Results, Service, at, loopback, samples, upload_until_taken
from storm import varied


def line(points):
    """Slope and middle of the straight line of least squares through (time, value)."""
    count = len(points)
    middle_x, middle_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return (sum((x - middle_x) * (y - middle_y) for x, y in points) / spread if spread else 0.0), middle_y


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--per-minute", type=float, default=153 * 3 / 2)
    parser.add_argument("--slow-for", type=float, default=10.0)
    told = parser.parse_args()
    program = os.path.abspath(told.program)
    with tempfile.TemporaryDirectory(prefix="homeward-soak-") as folder:
        codes = samples(program, f"{folder}/returns", told.scale)
        bodies = {}
        for code in codes:
            with open(f"{folder}/returns/{code}.zip", "rb") as file:
                bodies[code] = file.read()
        service = Service(program, folder)
        keys = {code: service.key("submitter", code) for code in codes}
        collector = service.key("collector")
        with service:
            results, broken, sampled = Results(), [], []
            begun, seconds = time.perf_counter(), told.minutes * 60
            ended = threading.Event()

            def sample():
                while not ended.wait(1.0):
                    sampled.append((time.perf_counter() - begun, service.memory()[0] / 1024, service.open_files()))

            def send(number):
                code = codes[number % len(codes)]
                body = varied(bodies[code], number)
                try:
                    _, state, waited, put_off = upload_until_taken(service, keys[code], body, told.slow_for if number % 2 else 0.0, loopback(number % len(codes)))
                    results.add(state, waited, put_off)
                    if number % 10 == 0:
                        service.ask("GET", "/v1/returns?page_size=50", key=collector)
                except OSError as error:
                    broken.append(f"{code}: {type(error).__name__}")

            sampler = threading.Thread(target=sample)
            sampler.start()
            under_way, number = [], 0
            while (now := time.perf_counter() - begun) < seconds:
                due = number * 60 / told.per_minute
                if due > now:
                    time.sleep(min(due - now, 1.0))
                    continue
                under_way = [thread for thread in under_way if thread.is_alive()]
                if len(under_way) < 300:
                    under_way.append(threading.Thread(target=send, args=(number,)))
                    under_way[-1].start()
                else:
                    results.add("not sent: 300 under way")
                number += 1
            for thread in under_way:
                thread.join()
            ended.set()
            sampler.join()
            counted = [one for one in sampled if seconds / 5 <= one[0] <= seconds]
            print(f"{told.minutes:g} minutes, {told.per_minute:.0f} returns a minute, scale {told.scale}: {results.states}; put off "
                  f"{results.put_off} times; p50 {at(results.waits, 0.5):.2f} s, p99 {at(results.waits, 0.99):.2f} s; peak memory "
                  f"{service.memory()[1] // 1024} MiB; errors {len(broken)} {broken[:5]}")
            rising = []
            for name, unit, column, floor in (("memory", "MiB", 1, 16), ("open files", "", 2, 8)):
                slope, middle = line([(one[0], one[column]) for one in counted])
                grown = slope * (counted[-1][0] - counted[0][0])
                flat = grown <= max(0.1 * middle, floor)
                rising += [] if flat else [name]
                print(f"  {name}: {middle:.0f} {unit} on average, the line rises by {slope * 60:+.2f} {unit} a minute, "
                      f"{grown:+.1f} {unit} in all: {'flat' if flat else 'not flat'}")
            if rising or broken:
                sys.exit(f"not flat: {', '.join(rising) or 'nothing'}; errors: {len(broken)}")


if __name__ == "__main__":
    main()
