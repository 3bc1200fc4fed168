#!/usr/bin/env python3
"""A disk that is full, a disk that turns read-only, objects that were torn: nothing acknowledged is lost, every error says so.

    python3 tests/faults/disks.py target/debug/homeward     (as root, on Linux)
"""
import http.client, json, os, random, subprocess, sys, tempfile, time
from house import House, Upload, check_house, with_comment

program = sys.argv[1]
chance = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else None)


def problem(status, headers, body):
    """A problem document of the service, which it is whatever happens to a disk."""
    assert headers.get("content-type") == "application/problem+json", (status, headers, body[:300])
    told = json.loads(body)
    assert told["status"] == status and status >= 500, told
    if status == 503:
        assert int(headers["retry-after"]) > 0, headers
    return told["code"]


class Sender:
    """Sends one file after the other and remembers what it was told."""

    def __init__(self, house, codes=None):
        self.house, self.uploads, self.codes, self.number = house, [], {}, 0
        self.keys = {code: house.key("submitter", code) for code in house.returns}

    def send(self):
        self.number += 1
        code = sorted(self.keys)[self.number % len(self.keys)]
        # Comments that do not compress, so that a small disk fills soon.
        name = f"{code}-{self.number}"
        body = with_comment(self.house.returns[code], name.encode() + chance.randbytes(20_000).hex().encode()[:40_000])
        upload = Upload(code, self.keys[code], body, name)
        self.uploads.append(upload)
        return self.try_again(upload)

    def try_again(self, upload):
        status, headers, body = self.house.upload(upload.key, upload.body, upload.idempotency_key)
        if status in (200, 201, 202):
            upload.told(status, body)
        else:
            code = problem(status, headers, body)
            self.codes[code] = self.codes.get(code, 0) + 1
        return status

    def readable(self):
        for upload in self.uploads:
            if upload.acknowledged:
                status, _, body = self.house.ask("GET", f"/v1/returns/{upload.id}", upload.key)
                assert (status, json.loads(body)["state"]) == (200, upload.state), (upload.id, status, body)


def mounted(folder, *arguments):
    os.makedirs(folder, exist_ok=True)
    subprocess.run(["mount", *arguments, folder], check=True)


def unmount(folder):
    subprocess.run(["umount", "--lazy", folder], check=True)


def full_disk():
    with tempfile.TemporaryDirectory(prefix="homeward-full-") as folder:
        mounted(f"{folder}/data", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs")
        try:
            house = House(program, folder, HOMEWARD_LIMITS_RESERVE_BYTES="0")
            sender = Sender(house)
            house.start()
            assert [sender.send() for _ in range(3)] == [201] * 3
            refused = 0
            while refused < 12:
                assert sender.number < 600, "the disk does not get full"
                refused += sender.send() >= 500
            assert set(sender.codes) == {"no-space"}, sender.codes
            sender.readable()
            ballast = f"{house.data}/ballast"
            # Full to the last byte, then killed: it starts, or says why not, and loses nothing either way.
            try:
                with open(ballast, "wb", buffering=0) as file:
                    while True:
                        file.write(b"x" * 4096)
            except OSError:
                pass
            sender.send()
            house.kill()
            house.start(wait=False)
            line = house.process.stdout.readline()
            if b"The API is at" in line:
                sender.readable()
                house.kill()
            else:
                house.ended()
                assert "space" in house.told() or "full" in house.told(), house.told()[-800:]
            if os.path.exists(ballast):
                os.remove(ballast)
            waiting = [upload for upload in sender.uploads if not upload.acknowledged]
            subprocess.run(["mount", "-o", "remount,size=64m", house.data], check=True)
            house.start()
            check_house(house, sender.uploads, set())
            # Full again, and room is made while it runs.
            subprocess.run(["mount", "-o", f"remount,size={used(house.data) + 65536}", house.data], check=True)
            refused = 0
            while refused < 4:
                refused += sender.send() >= 500
            subprocess.run(["mount", "-o", "remount,size=64m", house.data], check=True)
            took = check_house(house, [], set())
            for upload in [one for one in sender.uploads if not one.acknowledged]:
                assert sender.try_again(upload) in (200, 201), upload.idempotency_key
            check_house(house, sender.uploads, set())
            sender.readable()
            house.stop()
            assert not any(not upload.acknowledged for upload in sender.uploads + waiting)
            print(f"full disk: {len(sender.uploads)} uploads, refused at first {sender.codes}, none lost; "
                  f"undecided ones were decided {took:.1f} s after there was room")
        finally:
            unmount(f"{folder}/data")


def used(folder):
    disk = os.statvfs(folder)
    return (disk.f_blocks - disk.f_bfree) * disk.f_frsize


def read_only_disk():
    with tempfile.TemporaryDirectory(prefix="homeward-read-only-") as folder:
        image = f"{folder}/image"
        with open(image, "wb") as file:
            file.truncate(64 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
        mounted(f"{folder}/disk", "-o", "loop", image)
        try:
            house = House(program, folder, HOMEWARD_LIMITS_RESERVE_BYTES="0")
            house.data = f"{folder}/disk/data"
            house.settings["HOMEWARD_SERVICE_DATA_FOLDER"] = house.data
            sender = Sender(house)
            house.start()
            assert [sender.send() for _ in range(4)] == [201] * 4
            # What the kernel does when a disk fails under ext4.
            subprocess.run(["mount", "-o", "remount,abort", f"{folder}/disk"], check=True)
            assert all(sender.send() >= 500 for _ in range(4))
            sender.readable()
            status, _, _ = house.ask("GET", "/readyz", admin=True)
            assert status == 503, "a service that can write nothing says that it is ready"
            house.kill()
            house.start(wait=False)
            assert b"The API is at" not in house.process.stdout.readline(), "it started on a disk it cannot write to"
            house.ended()
        finally:
            unmount(f"{folder}/disk")
        time.sleep(0.5)
        subprocess.run(["e2fsck", "-p", image], stdout=subprocess.DEVNULL)
        mounted(f"{folder}/disk", "-o", "loop", image)
        try:
            house.start()
            check_house(house, sender.uploads, set())
            for upload in sender.uploads:
                assert sender.try_again(upload) in (200, 201)
            check_house(house, sender.uploads, set())
            house.stop()
            print(f"read-only disk: {len(sender.uploads)} uploads, refused at first {sender.codes}, none lost")
        finally:
            unmount(f"{folder}/disk")


def torn_files():
    with tempfile.TemporaryDirectory(prefix="homeward-torn-") as folder:
        house = House(program, folder)
        sender = Sender(house)
        house.start()
        assert [sender.send() for _ in range(4)] == [201] * 4
        backups = f"{folder}/backups"
        house.run("admin", "backup", backups)
        # A put that a power failure cut off.
        victim = sender.uploads[0]
        for half in (f"originals/{victim.id}.zst#7", f"tables/{victim.id}/children.parquet#1"):
            with open(f"{house.data}/archive/{half}", "wb") as file:
                file.write(b"half")
        open(f"{house.data}/spool/upload-half", "wb").write(b"CHILD")
        # An upload that is received and not decided, with its bytes torn.
        for _ in range(60):
            waiting = house.rows("SELECT id FROM returns WHERE state = 'received'")
            if waiting:
                break
            connection = http.client.HTTPConnection("127.0.0.1", house.port)
            upload = Upload("330", sender.keys["330"], with_comment(house.returns["330"], chance.randbytes(30)), f"torn-{chance.random()}")
            connection.request("POST", "/v1/returns", upload.body, {"Authorization": f"Bearer {upload.key}", "Idempotency-Key": upload.idempotency_key})
            while not house.rows("SELECT id FROM returns WHERE digest = ?", upload.digest):
                time.sleep(0.002)
            house.kill()
            connection.close()
            waiting = house.rows("SELECT id FROM returns WHERE state = 'received'")
            if not waiting:
                house.start()
        assert waiting, "no upload could be caught undecided"
        torn = waiting[0][0]
        original = f"{house.data}/archive/originals/{torn}.zst"
        os.truncate(original, chance.randrange(os.path.getsize(original)))
        house.start()
        took = check_house(house, sender.uploads, set())
        (state, codes), = house.rows("SELECT state, codes FROM returns JOIN receipts ON return_id = id WHERE id = ?", torn)
        assert (state, codes) == ("rejected", "[]"), (state, codes)
        # The report of a decided version, torn: that is said, nothing else is touched, and the backup mends it.
        report = f"reports/{victim.id}.json.zst"
        os.truncate(f"{house.data}/archive/{report}", chance.randrange(os.path.getsize(f"{house.data}/archive/{report}")))
        status, headers, body = house.ask("GET", f"/v1/returns/{victim.id}/findings", victim.key)
        assert problem(status, headers, body) == "internal"
        sender.readable()
        assert sender.send() == 201
        house.run("admin", "backup", "verify", backups)
        latest = sorted(os.listdir(f"{backups}/backups"))[-1]
        with open(f"{backups}/backups/{latest}/manifest.json", encoding="utf-8") as file:
            digest, = [entry["digest"] for entry in json.load(file)["objects"] if entry["name"] == report]
        with open(f"{backups}/objects/{digest[:2]}/{digest}", "rb") as kept, open(f"{house.data}/archive/{report}", "wb") as mended:
            mended.write(kept.read())
        status, _, _ = house.ask("GET", f"/v1/returns/{victim.id}/findings", victim.key)
        assert status == 200
        check_house(house, sender.uploads, set())
        house.stop()
        print(f"torn files: half objects removed, a torn upload ended in a clear state {took:.1f} s after the start, a torn report mended")


if sys.platform != "linux" or os.geteuid() != 0:
    print("SKIPPED: a full and a read-only disk take root and Linux", file=sys.stderr)
    sys.exit(1 if os.environ.get("CI") else 0)
full_disk()
read_only_disk()
torn_files()
