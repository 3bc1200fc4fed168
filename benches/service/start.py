#!/usr/bin/env python3
"""How long a service with thousands of returns takes to start: after a stop, after kill -9, with uploads to decide.

    python3 benches/service/start.py target/release/homeward [RETURNS] [WITH_KEYS]

It makes a data folder by uploading that many small returns (10,000 without a number), with WITH_KEYS sealed by a key. Told are
the seconds from the start of the process to the first `/readyz` that answers 200, of which planning the rules is a fixed part,
and after kill -9 the seconds until no upload is undecided; then what a backup of it takes.
"""
import concurrent.futures, os, shutil, signal, sqlite3, subprocess, sys, tempfile, threading, time
from service import Service, samples

program = os.path.abspath(sys.argv[1])
count = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
folder = tempfile.mkdtemp(prefix="homeward-start-")
settings = {"RATES_UPLOADS_PER_MINUTE": 1_000_000, "RATES_REQUESTS_PER_MINUTE": 1_000_000,
            "RATES_ADDRESS_UPLOADS_PER_MINUTE": 1_000_000, "RATES_ADDRESS_REQUESTS_PER_MINUTE": 1_000_000}
if "WITH_KEYS" in sys.argv:
    made = subprocess.run([program, "admin", "encryption", "new-key"], check=True, capture_output=True, text=True)
    settings["ENCRYPTION_KEYS"] = made.stdout.strip()


def wait_until_ready(service, since):
    while True:
        try:
            if service.ask("GET", "/readyz", port=service.admin)[0] == 200:
                return time.perf_counter() - since
        except OSError:
            time.sleep(0.005)


def start(service):
    since = time.perf_counter()
    service.process = subprocess.Popen([program, "serve"], env=service.settings, stdout=subprocess.DEVNULL, stderr=service.log)
    return wait_until_ready(service, since)


def undecided():
    with sqlite3.connect(f"file:{folder}/data/ledger.sqlite?mode=ro", uri=True) as ledger:
        return ledger.execute("SELECT count(*) FROM returns WHERE state = 'received'").fetchone()[0]


try:
    empty = Service(program, folder, **settings)
    empty.log = open(f"{folder}/service.log", "ab")
    print(f"an empty data folder: ready after {start(empty):.2f} s")
    empty.process.terminate()
    empty.process.wait()
    codes = samples(program, f"{folder}/returns", None, "--rows", "20", "--authorities", "330,331,332,333,334,335,336,350")
    bodies = {}
    for code in codes:
        with open(f"{folder}/returns/{code}.zip", "rb") as file:
            bodies[code] = file.read()

    def body(code, number):
        comment = b"%s-%d" % (code.encode(), number)
        return bodies[code][:-2] + len(comment).to_bytes(2, "little") + comment

    with Service(program, folder, **settings) as service:
        keys = {code: service.key("submitter", code) for code in codes}

        def upload(number):
            code = codes[number % len(codes)]
            status, _, answer = service.ask("POST", "/v1/returns", body(code, number), keys[code])
            assert status == 201, (status, answer[:300])

        began = time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(4) as threads:
            for number, _ in enumerate(threads.map(upload, range(count)), 1):
                if number % 1000 == 0:
                    print(f"  {number} returns after {time.perf_counter() - began:.0f} s", file=sys.stderr)
    service.log = open(f"{folder}/service.log", "ab")
    print(f"{count} returns, after a stop: ready after {start(service):.2f} s")
    killing = [threading.Thread(target=lambda number=number: service.ask("POST", "/v1/returns", body(codes[number], -1), keys[codes[number]]), daemon=True)
               for number in range(len(codes))]
    threading.excepthook = lambda told: None
    [thread.start() for thread in killing]
    time.sleep(0.05)
    service.process.send_signal(signal.SIGKILL)
    service.process.wait()
    left = undecided()
    since = time.perf_counter()
    print(f"{count} returns, after kill -9 with {left} uploads undecided: ready after {start(service):.2f} s", end="")
    while undecided():
        time.sleep(0.01)
    print(f", all decided after {time.perf_counter() - since:.2f} s")
    for which in ("first", "second"):
        began = time.perf_counter()
        subprocess.run([program, "admin", "backup", f"{folder}/backups"], env=service.settings, check=True, stdout=subprocess.DEVNULL)
        print(f"the {which} backup beside it: {time.perf_counter() - began:.1f} s")
    with open(f"/proc/{service.process.pid}/status", encoding="ascii") as file:
        peak = next(line.split()[1] for line in file if line.startswith("VmHWM"))
    print(f"peak memory of the service {int(peak) // 1024} MiB")
    service.process.terminate()
    service.process.wait()
finally:
    shutil.rmtree(folder, ignore_errors=True)
