#!/usr/bin/env python3
"""Posts the returns of all authorities to a service at once and tells how long each waited for its verdict.

    python3 benches/service/at_once.py target/release/homeward [SCALE]

The service is started with a data folder of its own. The time of a return is from the last byte sent to the whole answer.
"""
import http.client, json, os, socket, subprocess, sys, tempfile, threading, time

program, scale = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "1"
folder = tempfile.mkdtemp(prefix="homeward-at-once-")
subprocess.run([program, "sample", "--output", f"{folder}/returns", "--scale", scale, "--zip"], check=True, stdout=subprocess.DEVNULL)
codes = sorted(name[:3] for name in os.listdir(f"{folder}/returns") if name.endswith(".zip"))


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


port, admin = free_port(), free_port()
settings = dict(os.environ, HOMEWARD_SERVICE_DATA_FOLDER=f"{folder}/data", HOMEWARD_SERVICE_LISTEN=f"127.0.0.1:{port}",
                HOMEWARD_SERVICE_ADMIN_LISTEN=f"127.0.0.1:{admin}", HOMEWARD_LOG_FILTER="error")
keys = {}
for code in codes:
    made = subprocess.run([program, "admin", "key", "new", "--role", "submitter", "--authority", code, "--label", "at once"],
                          env=settings, check=True, capture_output=True, text=True).stdout
    keys[code] = next(word for word in made.split() if word.startswith("hw"))
service = subprocess.Popen([program, "serve"], env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    for _ in range(600):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", admin, timeout=2)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                break
        except OSError:
            pass
        time.sleep(0.1)
    waits, states, lock = [], {}, threading.Lock()
    start = threading.Barrier(len(codes))

    def post(code):
        with open(f"{folder}/returns/{code}.zip", "rb") as file:
            body = file.read()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        connection.connect()
        start.wait()
        connection.request("POST", "/v1/returns", body, {"Authorization": f"Bearer {keys[code]}", "Content-Type": "application/zip"})
        sent = time.perf_counter()
        answer = connection.getresponse()
        text = answer.read()
        waited = time.perf_counter() - sent
        with lock:
            waits.append(waited)
            state = json.loads(text).get("return", {}).get("state", answer.status) if answer.status < 300 else answer.status
            states[state] = states.get(state, 0) + 1

    threads = [threading.Thread(target=post, args=(code,)) for code in codes]
    begun = time.perf_counter()
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    whole = time.perf_counter() - begun
    with open(f"/proc/{service.pid}/status") as file:
        peak = next(line.split()[1] for line in file if line.startswith("VmHWM"))
    waits.sort()
    at = lambda share: waits[min(len(waits) - 1, int(share * len(waits)))]
    print(f"{len(waits)} returns at once: {states}; from last byte to verdict p50 {at(0.5):.2f} s, p95 {at(0.95):.2f} s, "
          f"longest {waits[-1]:.2f} s; all within {whole:.2f} s; peak memory {int(peak) // 1024} MiB")
finally:
    service.terminate()
    service.wait()
