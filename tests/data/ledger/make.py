#!/usr/bin/env python3
"""Makes the data folder of an earlier release by using that release: keys, returns in every state, explanations, releases.

    git worktree add ../earlier COMMIT && (cd ../earlier && cargo build)
    python3 tests/data/ledger/make.py ../earlier/target/debug/homeward ../earlier/specs tests/data/ledger/schema-NNNN

The program given is started and spoken to over HTTP as its users did. Of the archive only what one return needs is kept.
"""
import io, json, os, re, shutil, socket, sqlite3, subprocess, sys, tempfile, urllib.error, urllib.request, zipfile

program, specs, output = (os.path.abspath(path) for path in sys.argv[1:4])
work = tempfile.mkdtemp(prefix="homeward-ledger-")
few = os.path.join(work, "specs")
KEPT = {"coverage.md", "leavers_home.md"}


def ignore(folder, names):
    if folder.endswith("indicators"):
        return [name for name in names if name not in KEPT]
    return [name for name in names if name == "charts.toml"]


shutil.copytree(specs, few, ignore=ignore)
returns = os.path.join(work, "returns")
subprocess.run([program, "sample", "--output", returns, "--authorities", "330,331,332,333", "--rows", "60", "--zip"], check=True,
               stdout=subprocess.DEVNULL)


def with_a_query(archive):
    """The return with a total of 0 that a rule asks about (T703)."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(zipfile.ZipInfo(name), re.sub(rb"\nCLA,\d+", b"\nCLA,0", text) if "totals" in name else text)
    return made.getvalue()


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


port = free_port()
settings = dict(os.environ, HOMEWARD_SERVICE_DATA_FOLDER=f"{work}/data", HOMEWARD_SERVICE_LISTEN=f"127.0.0.1:{port}",
                HOMEWARD_SERVICE_ADMIN_LISTEN=f"127.0.0.1:{free_port()}", HOMEWARD_LOG_FILTER="error")


def key(role, authority=None):
    command = [program, "admin", "key", "new", "--role", role, "--label", f"{role} of the earlier release"]
    made = subprocess.run(command + (["--authority", authority] if authority else []), env=settings, check=True,
                          capture_output=True, text=True).stdout
    return made.strip()


collector, second = key("collector"), key("collector")
service = subprocess.Popen([program, "serve", "--specs", few], env=settings, stdout=subprocess.PIPE, text=True)
service.stdout.readline()


def ask(method, path, key, body=None, headers=None):
    data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
    kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
    headers = {"Authorization": f"Bearer {key}", "Content-Type": kind, **(headers or {})}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=600) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{method} {path}: {error.code} {error.read().decode()}")


def sent(authority, comment=b"", body=None):
    submitter = key("submitter", authority)
    if body is None:
        with open(f"{returns}/{authority}.zip", "rb") as file:
            body = with_a_query(file.read())
        body = body[:-2] + len(comment).to_bytes(2, "little") + comment
    made = ask("POST", "/v1/returns", submitter, body, {"Idempotency-Key": f"{authority}-{comment.decode()}"})["return"]
    if made["state"] == "checked":
        found = ask("GET", f"/v1/returns/{made['id']}/findings?severity=query", submitter)["findings"]
        reasons = [{"fingerprint": one["fingerprint"], "text": "It is so in our records."} for one in found]
        if reasons:
            ask("PUT", f"/v1/returns/{made['id']}/explanations", submitter, {"explanations": reasons})
    return made["id"]


def move(what, id, key, note=None):
    ask("POST", f"/v1/returns/{id}/{what}", key, {"note": note} if note else {})


def accepted(authority, comment=b""):
    id = sent(authority, comment)
    move("sign", id, key("signatory", authority))
    move("accept", id, collector)
    return id


try:
    superseded, inforce = accepted("330", b"first"), accepted("330", b"second")
    accepted("331")
    signed = sent("332", b"signed")
    move("sign", signed, key("signatory", "332"))
    back = sent("332", b"back")
    move("send-back", back, collector, "Please look at the totals again.")
    withdrawn = sent("333", b"withdrawn")
    move("withdraw", withdrawn, key("signatory", "333"), "Sent by mistake.")
    checked = sent("333", b"checked")
    sent("333", b"refused", b"CHILD,UNKNOWN_COLUMN\nabcdefgh,1\n")
    release = ask("POST", "/v1/releases", collector, {"collection": "reunification-2026"})["id"]
    ask("POST", f"/v1/releases/{release}/approve", second)
    ask("POST", f"/v1/releases/{release}/publish", collector)
    ask("POST", "/v1/releases", collector, {"collection": "reunification-2026", "reason": "A correction."})
finally:
    service.terminate()
    service.wait()
shutil.rmtree(output, ignore_errors=True)
os.makedirs(output)
with sqlite3.connect(f"{work}/data/ledger.sqlite") as ledger:
    ledger.execute("VACUUM INTO ?", [f"{output}/ledger.sqlite"])
for id in [checked, signed]:
    for kind, name in [("originals", f"{id}.zst"), ("reports", f"{id}.json.zst"), ("tables", id)]:
        source, target = f"{work}/data/archive/{kind}/{name}", f"{output}/archive/{kind}/{name}"
        os.makedirs(os.path.dirname(target), exist_ok=True)
        (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, target)
shutil.rmtree(work)
size = sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(output) for name in names)
print(f"{output}: {size} bytes")
