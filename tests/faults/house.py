"""A service with a data folder of its own, clients that upload to it, and what must hold of its data whatever happened."""
import atexit, hashlib, http.client, json, os, shutil, signal, socket, sqlite3, subprocess, threading, time
import zstandard

#: The longest that a received upload may stay undecided once the service answers, in seconds; OPERATIONS.md promises it.
DECIDED_WITHIN = 60
CANARY = b"Zimtstern4711"


def small_specification(folder):
    """The project's specification with few rules and indicators: the same tables, a start in a fraction of a second."""
    def ignore(at, names):
        if at.endswith("indicators"):
            return [name for name in names if name not in ("coverage.md", "leavers_home.md")]
        if at.endswith("rules"):
            return [name for name in names if name[0] not in "FPV" and name not in ("S401.md", "R301.md", "T701.md")]
        return [name for name in names if name == "charts.toml"]
    shutil.copytree("specs", folder, ignore=ignore)
    return folder


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def with_comment(archive, comment):
    """Another file with the same content: a comment at the end of a ZIP changes its bytes alone."""
    return archive[:-2] + len(comment).to_bytes(2, "little") + comment


class House:
    def __init__(self, program, folder, authorities=("330", "331", "332"), rows=20, **settings):
        self.program, self.folder = os.path.abspath(program), folder
        self.data = os.path.join(folder, "data")
        self.specs = small_specification(os.path.join(folder, "specs"))
        self.port, self.admin_port = free_port(), free_port()
        self.settings = {"HOMEWARD_SERVICE_DATA_FOLDER": self.data, "HOMEWARD_SERVICE_LISTEN": f"127.0.0.1:{self.port}",
                         "HOMEWARD_SERVICE_ADMIN_LISTEN": f"127.0.0.1:{self.admin_port}", "HOMEWARD_LOG_FILTER": "info",
                         "HOMEWARD_SERVICE_SPECS": self.specs,
                         "HOMEWARD_RATES_UPLOADS_PER_MINUTE": "100000", "HOMEWARD_RATES_REQUESTS_PER_MINUTE": "100000",
                         "HOMEWARD_RATES_ADDRESS_UPLOADS_PER_MINUTE": "100000", "HOMEWARD_RATES_ADDRESS_REQUESTS_PER_MINUTE": "100000",
                         "HOMEWARD_RATES_ANONYMOUS_PER_MINUTE": "100000", **settings}
        returns = os.path.join(folder, "returns")
        self.run("sample", "--output", returns, "--authorities", ",".join(authorities), "--rows", str(rows), "--zip")
        self.returns = {}
        for code in authorities:
            with open(os.path.join(returns, f"{code}.zip"), "rb") as file:
                self.returns[code] = file.read()
        self.process, self.wrapper = None, []
        # A test that fails leaves no process behind.
        atexit.register(lambda: self.process and self.process.poll() is None and self.process.kill())

    def environment(self):
        return {**os.environ, **self.settings}

    def run(self, *command, check=True):
        done = subprocess.run([self.program, *command], env=self.environment(), capture_output=True, text=True)
        if check and done.returncode != 0:
            raise AssertionError(f"homeward {' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def key(self, role, authority=None):
        command = ["admin", "key", "new", "--role", role, "--label", "faults"]
        return self.run(*command, *(["--authority", authority] if authority else [])).stdout.strip()

    def start(self, wait=True):
        self.log = open(os.path.join(self.folder, "log"), "ab")
        self.process = subprocess.Popen(self.wrapper + [self.program, "serve"], env=self.environment(),
                                        stdout=subprocess.PIPE, stderr=self.log)
        if wait:
            line = self.process.stdout.readline()
            if b"The API is at" not in line:
                raise AssertionError(f"it did not start: {self.told()[-2000:]}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.ended()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.ended()

    def ended(self):
        self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def told(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as file:
            return file.read()

    def ask(self, method, path, key=None, body=None, headers=None, admin=False, timeout=60):
        """The status, the headers and the body of an answer. No answer is an OSError or an HTTPException."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port if admin else self.port, timeout=timeout)
        try:
            headers = {**({"Authorization": f"Bearer {key}"} if key else {}), **(headers or {})}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, dict((name.lower(), value) for name, value in answer.getheaders()), answer.read()
        finally:
            connection.close()

    def upload(self, key, body, idempotency_key, timeout=60):
        return self.ask("POST", "/v1/returns", key, body, {"Idempotency-Key": idempotency_key}, timeout=timeout)

    def rows(self, query, *values):
        connection = sqlite3.connect(f"file:{self.data}/ledger.sqlite?mode=ro", uri=True, timeout=30)
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def files(self, *parts):
        top = os.path.join(self.data, *parts)
        return [os.path.relpath(os.path.join(at, name), top) for at, _, names in os.walk(top) for name in names]


class Upload:
    """One file that a client sends, and what it was told."""

    def __init__(self, authority, key, body, idempotency_key):
        self.authority, self.key, self.body, self.idempotency_key = authority, key, body, idempotency_key
        self.digest = hashlib.sha256(body).hexdigest()
        self.id = self.state = None

    @property
    def acknowledged(self):
        return self.id is not None

    def send(self, house, expect=(200, 201)):
        status, headers, body = house.upload(self.key, self.body, self.idempotency_key)
        if status not in expect:
            raise AssertionError(f"an upload was answered {status}: {body[:400]}")
        self.told(status, body)
        return status

    def told(self, status, body):
        """Remembers what an answer acknowledged."""
        if status in (200, 201):
            answer = json.loads(body)["return"]
            if answer["state"] != "received":
                if self.id not in (None, answer["id"]):
                    raise AssertionError(f"{self.idempotency_key} was {self.id} and is {answer['id']} now")
                self.id, self.state = answer["id"], answer["state"]


def check_house(house, uploads, expanded, within=DECIDED_WITHIN):
    """Everything that must hold of a service that has been started again and that nobody uploads to."""
    began = time.monotonic()
    while True:
        faults = list(wrong(house, uploads, expanded))
        if not faults:
            return time.monotonic() - began
        if time.monotonic() - began > within:
            raise AssertionError("after a restart:\n  " + "\n  ".join(faults[:20]))
        time.sleep(0.05)


def wrong(house, uploads, expanded):
    rows = {id: (state, digest, outcome) for id, state, digest, outcome in
            house.rows("SELECT id, state, digest, outcome FROM returns")}
    for upload in uploads:
        if upload.acknowledged and (upload.id not in rows or rows[upload.id][:2] != (upload.state, upload.digest)):
            yield f"{upload.idempotency_key} was acknowledged as {upload.state} {upload.id} and is {rows.get(upload.id)}"
    receipts = {id for id, in house.rows("SELECT return_id FROM receipts")}
    events = {}
    for id, to in house.rows("SELECT subject_id, state_to FROM events WHERE subject = 'return' AND state_to IS NOT NULL ORDER BY sequence"):
        events.setdefault(id, []).append(to)
    originals = {name.split(".")[0] for name in house.files("archive", "originals") if name.endswith(".zst")}
    reports = {name.split(".")[0] for name in house.files("archive", "reports") if name.endswith(".json.zst")}
    tables = {}
    for name in house.files("archive", "tables"):
        tables.setdefault(name.split("/")[0], []).append(name)
    for id, (state, digest, outcome) in rows.items():
        if state == "received":
            yield f"{id} is received and not decided"
            continue
        if events.get(id) != ["received", state]:
            yield f"{id} is {state}, and its history says {events.get(id)}"
        if (id in receipts) != (state == "rejected"):
            yield f"{id} is {state}, and there is {'a' if id in receipts else 'no'} receipt"
        has = (id in originals, id in reports, id in tables)
        expected = (False, False, False) if state == "rejected" else (True, True, outcome != "errors")
        if has != expected:
            yield f"{id} is {state} ({outcome}); of original, report and tables there is {has}"
        if state == "checked" and id not in expanded and has == expected:
            readable(house, id, digest, tables.get(id, []))
            expanded.add(id)
    for id in (originals | reports | set(tables)) - set(rows):
        yield f"there are objects of {id}, of which nothing speaks"
    for name in house.files("archive"):
        if "#" in name:
            yield f"{name} is half an object"
    for name in house.files("spool"):
        yield f"{name} is left in the spool"
    status, _, body = house.ask("GET", "/metrics", admin=True)
    counted = {}
    for state, *_ in rows.values():
        counted[state] = counted.get(state, 0) + 1
    told = {line.split('"')[1]: int(line.split()[-1]) for line in body.decode().splitlines()
            if line.startswith("homeward_returns_by_state{")}
    if status != 200 or {state: count for state, count in told.items() if count} != counted:
        yield f"the metrics say {told}, the ledger {counted}"


def readable(house, id, digest, tables):
    def expand(*parts):
        with open(os.path.join(house.data, "archive", *parts), "rb") as file:
            return zstandard.ZstdDecompressor().stream_reader(file).read()
    assert hashlib.sha256(expand("originals", f"{id}.zst")).hexdigest() == digest, f"the original of {id} is another"
    json.loads(expand("reports", f"{id}.json.zst"))
    for name in tables:
        with open(os.path.join(house.data, "archive", "tables", name), "rb") as file:
            bytes = file.read()
        assert bytes[:4] == bytes[-4:] == b"PAR1", f"the table {name} is half written"


def holds(folder, needle):
    """The files in a folder that hold these bytes, as they are or compressed."""
    found = []
    for at, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(at, name), "rb") as file:
                bytes = file.read()
            try:
                expanded = zstandard.ZstdDecompressor().stream_reader(bytes).read()
            except zstandard.ZstdError:
                expanded = b""
            if needle in bytes or needle in expanded:
                found.append(os.path.join(at, name))
    return found


class Clients:
    """Clients that upload without pause until they are told to stop; every third file of each is refused."""

    def __init__(self, house, keys, uploads):
        self.house, self.keys, self.uploads, self.number = house, keys, uploads, 0
        self.lock = threading.Lock()

    def next(self, authority):
        with self.lock:
            self.number += 1
            number = self.number
        name = f"{authority}-{number}"
        if number % 3 == 0:
            body = b"CHILD,UNKNOWN_COLUMN\n%s,%d\n" % (CANARY, number)
        else:
            body = with_comment(self.house.returns[authority], name.encode())
        upload = Upload(authority, self.keys[authority], body, name)
        with self.lock:
            self.uploads.append(upload)
        return upload

    def begin(self):
        self.stopped, self.problems = threading.Event(), []
        self.threads = [threading.Thread(target=self.work, args=(code,)) for code in self.keys]
        [thread.start() for thread in self.threads]

    def work(self, authority):
        while not self.stopped.is_set():
            upload = self.next(authority)
            try:
                upload.send(self.house)
            except (OSError, http.client.HTTPException):
                time.sleep(0.01)
            except AssertionError as problem:
                self.problems.append(str(problem))

    def end(self):
        self.stopped.set()
        [thread.join() for thread in self.threads]
        if self.problems:
            raise AssertionError("\n".join(self.problems[:5]))
