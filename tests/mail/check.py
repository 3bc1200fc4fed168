"""Runs the service with a calendar on which something is due today, and looks at what arrives."""

import datetime
import hashlib
import hmac
import io
import json
import pathlib
import re
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
import zoneinfo

from servers import Post, Receiver, hanging, smtp

PROGRAM, FOLDER = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2])
SPECS, DATA, SECRET, CANARY = FOLDER / "specs", FOLDER / "data", "what both sides know", "Zimtstern4711"
# A postcode makes an upload be refused; the values of the others are collected as they are sent.
POSTCODE, PLANTED = "ZE2 9LT", set()
YEAR = "reunification-2026"
KINDS = {"reunification-2026": "before", "reunification-2025": "due", "reunification-2024": "after"}


def calendar():
    """The specification with deadlines in three days, today and yesterday."""
    shutil.copytree("specs", SPECS)
    today = datetime.datetime.now(zoneinfo.ZoneInfo("Europe/London")).date()
    path = SPECS / "reunification" / "collection.toml"
    text = path.read_text()
    for name, days in (("reunification-2026", 3), ("reunification-2025", 0), ("reunification-2024", -1)):
        before, after = text.split(f'[[collections]]\nid = "{name}"', 1)
        opens, deadline = today - datetime.timedelta(days=60), today + datetime.timedelta(days=days)
        after = re.sub(r"opens = .*", f"opens = {opens}", after, count=1)
        after = re.sub(r"deadline = .*", f"deadline = {deadline}", after, count=1)
        text = before + f'[[collections]]\nid = "{name}"' + after
    path.write_text(text)


def configuration(mail, webhook):
    path = FOLDER / "homeward.toml"
    path.write_text(
        f"""
[service]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
data_folder = "{DATA}"
specs = "{SPECS}"
[reminders]
before_days = [3]
after_days = [1]
unaccepted_days = [0]
hour = 0
link = "https://homeward.example"
look_seconds = 1
retry_seconds = 1
give_up_seconds = {mail.pop("give_up", 3600)}
[mail]
server = "127.0.0.1"
from = "Homeward <homeward@department.example>"
{"".join(f"{name} = {json.dumps(value)}{chr(10)}" for name, value in mail.items())}
[webhooks]
url = "{webhook}"
secret = "{SECRET}"
"""
    )
    return str(path)


class Service:
    running = []

    def __init__(self, config):
        self.log = open(FOLDER / "log", "a")
        self.process = subprocess.Popen(
            [PROGRAM, "--config", config, "serve"], stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        Service.running.append(self.process)
        line = self.process.stdout.readline()
        self.api, self.admin = re.findall(r"http://[0-9.:]+[0-9]", line)

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(timeout=60)

    def metric(self, start, also=""):
        """The sum of the series that begin so; none where there is no such series yet."""
        text = urllib.request.urlopen(self.admin + "/metrics", timeout=10).read().decode()
        lines = [line for line in text.splitlines() if line.startswith(start) and also in line]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines) if lines else None


def admin(config, *arguments):
    done = subprocess.run([PROGRAM, "--config", config, "admin", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def call(service, key, method, path, body=None):
    data = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
    headers = {"Authorization": f"Bearer {key}", "Content-Type": kind, "Accept": "application/json"}
    request = urllib.request.Request(service.api + path, method=method, headers=headers)
    request.data = None if method == "GET" else data
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def until(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s for: {what}"
        time.sleep(0.1)


def returns():
    """Two different small returns of one authority."""
    for seed in ("1", "2"):
        folder = FOLDER / f"sample-{seed}"
        made = subprocess.run(
            [PROGRAM, "--specs", str(SPECS), "sample", "--output", str(folder), "--authorities", "330", "--rows", "800",
             "--seed", seed, "--zip"], capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
        yield planted((folder / "330.zip").read_bytes())


def planted(archive):
    """The same return in which a child's pseudonym is the canary. Every pseudonym and key of it may be told nobody."""
    with zipfile.ZipFile(io.BytesIO(archive)) as read:
        members = {name: read.read(name).decode() for name in read.namelist()}
    children = next(text for name, text in members.items() if name.endswith("children.csv"))
    child = children.splitlines()[1].split(",")[0]
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, text in members.items():
            text = re.sub(rf"(?m)(^|,){re.escape(child)}(?=,|\r?$)", rf"\g<1>{CANARY}", text)
            archive.writestr(name, text)
            PLANTED.update(cell for cell in re.findall(r"[0-9A-Za-z]{8,}", text) if re.search("[0-9]", cell) and re.search("[A-Za-z]", cell))
    assert CANARY in PLANTED and len(PLANTED) > 20, "there is something to look for"
    return written.getvalue()


def telling(text):
    """What of the uploads stands in a text, if anything."""
    return [value for value in PLANTED | {CANARY, POSTCODE} if value in text]


def explained(service, submitter, identity):
    found = call(service, submitter, "GET", f"/v1/returns/{identity}/findings?severity=query&page=1")
    codes = sorted({finding["code"] for finding in found["findings"]})
    reasons = [{"code": code, "text": f"It is so in our records, {CANARY}."} for code in codes]
    call(service, submitter, "PUT", f"/v1/returns/{identity}/explanations", {"explanations": reasons})


def check_letters(post):
    for to, letter in post.parsed():
        text = letter.get_content()
        assert letter["From"] == "Homeward <homeward@department.example>", letter["From"]
        assert letter["To"] == to and letter["Message-ID"].endswith("@department.example>")
        assert "https://homeward.example" in text and "authority.example" not in text, text
        for name, value in letter.items():
            assert not telling(str(value)), f"the header {name} of a letter holds {telling(str(value))}"
        assert not telling(letter["Subject"] + text), f"a letter holds {telling(letter['Subject'] + text)}"
        assert any(name in text for name in ("Birmingham", "Coventry", "Dudley", "Solihull")), text


    # As they went over the wire, with whatever no parser reads.
    raw = b"\n".join(content for _, content, _ in post.letters).decode("utf-8", "replace")
    assert not telling(raw), telling(raw)


def check_notices(receiver):
    assert len(receiver.heads) == len(receiver.taken) + len(receiver.refused)
    for head in receiver.heads:
        assert not telling(head), f"the head of a webhook holds {telling(head)}"
    for delivery, signature, body in receiver.taken + receiver.refused:
        at, mac = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", signature).groups()
        expected = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        assert hmac.compare_digest(mac, expected), "the signature is not that of the body"
        assert abs(int(at) - time.time()) < 300
        assert json.loads(body)["delivery"] == delivery
        assert not telling(body.decode()), f"a webhook holds {telling(body.decode())}"


def first_letters(post, receiver):
    """Refusals are tried again, one for ever refused is given up, and everything else arrives once."""
    post.temper = {"later@authority.example": ["451 not now", "451 not now"], "never@authority.example": ["550 no such mailbox"]}
    controller = smtp(post)
    config = configuration({"port": controller.port, "tls": "none", "give_up": 10}, receiver.url)
    for authority, address in [
        ("330", "returns@authority.example"), ("330", "later@authority.example"), ("331", "other@authority.example"),
        ("331", "never@authority.example"), ("department", "collections@department.example"),
    ]:
        admin(config, "contact", "add", authority, address)
    keys = {
        role: admin(config, "key", "new", "--role", role, "--label", "a test", *([] if role == "collector" else ["--authority", "330"]))
        for role in ("submitter", "signatory", "collector")
    }
    service = Service(config)
    until("three letters to each", lambda: all(len(post.to(f"{name}@authority.example")) == 3 for name in ("returns", "later", "other")))
    until("every authority told by webhook", lambda: len(receiver.taken) >= 3 * 150, 120)
    until("what is refused for ever is given up", lambda: service.metric("homeward_reminders_total{", 'result="given-up"') == 3)
    assert sum(one["kind"] == "before" for one in receiver.bodies()) == 153
    assert all(KINDS[one["collection"]] == one["kind"] for one in receiver.bodies())
    assert len(receiver.refused) == 5, "the first were refused"
    told = [delivery for delivery, _, _ in receiver.taken]
    assert len(told) == len(set(told)) and {delivery for delivery, _, _ in receiver.refused} <= set(told), "each arrived once"
    assert len(post.refused) > 2

    first, second = returns()
    refused = f"CHILD,SEX,BIRTH_MONTH,ETHNIC,DISABILITY,UASC\n{CANARY},M,2014-06,WBRI,{POSTCODE},0\n".encode()
    refused = call(service, keys["submitter"], "POST", "/v1/returns", refused)["return"]
    assert refused["state"] == "rejected", refused
    sent = call(service, keys["submitter"], "POST", "/v1/returns", first)["return"]["id"]
    explained(service, keys["submitter"], sent)
    call(service, keys["collector"], "POST", f"/v1/returns/{sent}/send-back", {"note": f"Please look at {CANARY} again."})
    until("the authority hears that it was sent back", lambda: any(one["kind"] == "sent-back" and one["return"] == sent for one in receiver.bodies()))
    until("by letter too", lambda: len(post.to("returns@authority.example")) == 4)
    sent = call(service, keys["submitter"], "POST", "/v1/returns", second)["return"]["id"]
    explained(service, keys["submitter"], sent)
    call(service, keys["signatory"], "POST", f"/v1/returns/{sent}/sign")
    until("the department hears what waits for it", lambda: len(post.to("collections@department.example")) == 1)
    time.sleep(3)
    letters = [(to, letter["Subject"]) for to, letter in post.parsed()]
    assert len(letters) == len(set(letters)) == 12, letters
    return service, controller


def killed(service, controller, post, receiver):
    """Killed while a letter is handed in, it sends that one again under the same identifier, and no other."""
    config = configuration({"port": controller.port, "tls": "none"}, receiver.url)
    before, notices = len(post.letters), len(receiver.taken)
    admin(config, "contact", "add", "332", "slow@authority.example")
    until("a letter is under way", lambda: len(post.letters) > before)
    service.stop(signal.SIGKILL)
    service = Service(config)
    until("all three have arrived", lambda: len({letter["Message-ID"] for to, letter in post.parsed() if to == "slow@authority.example"}) == 3)
    until("nothing waits", lambda: service.metric("homeward_reminders_waiting") == 0)
    copies = post.to("slow@authority.example")
    assert len(copies) <= 4 and len(set(copies)) == 3, "a second copy is the same, byte for byte"
    assert len(post.letters) - before == len(copies) and len(receiver.taken) == notices, "nothing else was sent again"
    service.stop()


def hung(receiver):
    """A server that never answers harms neither the service nor the webhooks."""
    port, held = hanging()
    config = configuration({"port": port, "tls": "none", "timeout_seconds": 2}, receiver.url)
    admin(config, "contact", "add", "334", "patient@authority.example")
    service = Service(config)
    until("it tries", lambda: held)
    collector = admin(config, "key", "new", "--role", "collector", "--label", "a test")
    notices = len(receiver.taken)
    reason = {"reason": "More time for one.", "authority": "331", "deadline": str(datetime.date.today() + datetime.timedelta(days=90))}
    for _ in range(20):
        started = time.monotonic()
        urllib.request.urlopen(service.admin + "/healthz", timeout=5).read()
        call(service, collector, "GET", f"/v1/collections/{YEAR}")
        assert time.monotonic() - started < 2, "requests wait for the mail server"
    assert call(service, collector, "POST", f"/v1/collections/{YEAR}/extend", reason)["exceptions"][0]["authority"] == "331"
    until("its letters wait", lambda: service.metric('homeward_reminders_waiting{channel="mail"}') == 3)
    assert len(receiver.taken) == notices
    service.stop()


def encrypted(receiver):
    """Over STARTTLS, with a name and a password: not to a server whose certificate nobody vouches for."""
    certificate, key = FOLDER / "certificate.pem", FOLDER / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=IP:127.0.0.1,DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE",
         "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    (FOLDER / "password").write_text("open sesame\n")
    (FOLDER / "password").chmod(0o600)
    post = Post()
    controller = smtp(post, context=context, login=(b"homeward", b"open sesame"))
    mail = {"port": controller.port, "tls": "starttls", "user": "homeward", "password_file": str(FOLDER / "password")}
    service = Service(configuration(dict(mail), receiver.url))
    until("it tries", lambda: (service.metric('homeward_reminders_total{channel="mail"') or 0) >= 1)
    assert not post.letters, "a letter went to a server that nobody vouches for"
    service.stop()
    service = Service(configuration(mail | {"ca_file": str(certificate)}, receiver.url))
    until("the letters arrive", lambda: len(post.letters) == 3)
    assert all(safe for _, _, safe in post.letters) and len(post.to("patient@authority.example")) == 3
    service.stop()
    controller.stop()
    return post


def main():
    calendar()
    post, receiver = Post(), Receiver(refuse_first=5)
    service, controller = first_letters(post, receiver)
    print("letters and webhooks arrive once; refusals are tried again and given up")
    killed(service, controller, post, receiver)
    controller.stop()
    print("killed while sending, nothing is lost and a second copy is recognisable")
    hung(receiver)
    print("a server that hangs harms nobody")
    later = encrypted(receiver)
    print("STARTTLS, a password, and no letter to a stranger")
    for one in (post, later):
        check_letters(one)
    check_notices(receiver)
    log = (FOLDER / "log").read_text()
    for secret in (*PLANTED, CANARY, POSTCODE, "@authority.example", SECRET, "open sesame"):
        assert secret not in log, f"the log holds {secret}"
    print(f"{len(post.letters) + len(later.letters)} letters and {len(receiver.taken)} webhooks say no more than they may")


try:
    main()
finally:
    for process in Service.running:
        process.kill()
