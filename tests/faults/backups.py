#!/usr/bin/env python3
"""Backups while clients upload, some of them killed; the last one restored is the same service.

    python3 tests/faults/backups.py target/debug/homeward
"""
import json, os, random, signal, subprocess, sys, tempfile, time
from house import Clients, House, check_house, holds

program = sys.argv[1]
chance = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else None)
with tempfile.TemporaryDirectory(prefix="homeward-backups-") as folder:
    key = subprocess.run([program, "admin", "encryption", "new-key"], capture_output=True, text=True, check=True).stdout.strip()
    house = House(program, folder, HOMEWARD_ENCRYPTION_KEYS=key)
    keys = {code: house.key("submitter", code) for code in house.returns}
    uploads, backups = [], f"{folder}/backups"
    clients = Clients(house, keys, uploads)
    house.start()
    clients.begin()
    time.sleep(1.0)
    whole = 0
    for number in range(8):
        before = [upload for upload in list(uploads) if upload.acknowledged]
        making = subprocess.Popen([program, "admin", "backup", backups], env=house.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if number < 6:
            time.sleep(chance.uniform(0.0, 0.5))
            making.send_signal(signal.SIGKILL)
        said, wrong = making.communicate()
        whole += "is whole" in said
        assert making.returncode in (0, -signal.SIGKILL), wrong
    clients.end()
    verified = house.run("admin", "backup", "verify", backups).stdout
    assert verified.count("is whole") >= whole >= 2, verified
    assert not holds(f"{folder}/backups", b"PAR1"), "an object lies open in the backups"
    house.kill()
    house.data = f"{folder}/again"
    house.run("admin", "restore", backups, "--data-folder", house.data)
    refused = house.run("admin", "restore", backups, "--data-folder", house.data, check=False)
    assert refused.returncode == 3 and "not empty" in refused.stderr, refused
    house.settings["HOMEWARD_SERVICE_DATA_FOLDER"] = house.data
    house.start()
    known = {id for id, in house.rows("SELECT id FROM returns")}
    began = time.monotonic()
    while house.rows("SELECT 1 FROM returns WHERE state = 'received'"):
        assert time.monotonic() - began < 60, "an upload that was received when the backup was made is not decided"
        time.sleep(0.05)
    for upload in before:
        assert upload.id in known, f"{upload.id} was acknowledged before the backup and is not in it"
        status, _, body = house.ask("GET", f"/v1/returns/{upload.id}", upload.key)
        assert (status, json.loads(body)["state"]) == (200, upload.state), (status, body)
        if upload.state == "checked":
            assert house.ask("GET", f"/v1/returns/{upload.id}/findings", upload.key)[0] == 200
    status, headers, _ = house.upload(before[0].key, before[0].body, before[0].idempotency_key)
    assert (status, headers["homeward-return"]) == (200, before[0].id)
    assert house.ask("GET", "/readyz", admin=True)[0] == 200
    house.stop()
    print(f"backups: {whole} whole of 8, the others killed; {len(before)} returns acknowledged before the last are in it, {len(known)} in all")
