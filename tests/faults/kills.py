#!/usr/bin/env python3
"""Kills the service with -9 at random points of a run of uploads and looks at everything after each restart.

    python3 tests/faults/kills.py target/debug/homeward [KILLS] [SEED]
"""
import http.client, json, random, sys, tempfile, time
from house import CANARY, Clients, House, check_house, holds

program, kills = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200
seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(1 << 32)
chance = random.Random(seed)
print(f"kill -9 {kills} times, seed {seed}", flush=True)
with tempfile.TemporaryDirectory(prefix="homeward-kills-") as folder:
    house = House(program, folder)
    keys = {code: house.key("submitter", code) for code in house.returns}
    uploads, expanded, longest = [], set(), 0.0
    clients = Clients(house, keys, uploads)
    for kill in range(kills):
        # One in eight dies while it starts, the others while they work.
        if chance.random() < 1 / 8:
            house.start(wait=False)
            time.sleep(chance.uniform(0.0, 0.6))
            house.kill()
            continue
        house.start()
        clients.begin()
        time.sleep(chance.uniform(0.0, 0.5))
        house.kill()
        clients.end()
        house.start()
        longest = max(longest, check_house(house, uploads, expanded))
        # Whoever got no answer sends again with the same key; whoever got one gets it again.
        for upload in [one for one in uploads if not one.acknowledged] + chance.sample(uploads, min(2, len(uploads))):
            upload.send(house)
            assert upload.acknowledged, f"{upload.idempotency_key} is undecided after it was sent again"
        check_house(house, uploads, expanded)
        house.kill() if chance.random() < 0.5 else house.stop()
    house.start()
    check_house(house, uploads, expanded)
    for upload in uploads:
        path = f"/v1/returns/{upload.id}"
        status, _, body = house.ask("GET", path, upload.key)
        assert (status, json.loads(body)["state"]) == (200, upload.state), f"{path}: {status} {body}"
        if upload.state == "checked":
            status, _, body = house.ask("GET", f"{path}/findings", upload.key)
            assert status == 200, f"{path}/findings: {status} {body}"
    other = uploads[-1]
    status, _, _ = house.upload(other.key, other.body + b" ", other.idempotency_key)
    assert status == 409, f"another file under a used key was answered {status}"
    house.stop()
    found = holds(house.data, CANARY)
    assert not found, f"refused content is in {found}"
    decided = sum(upload.state == "checked" for upload in uploads)
    print(f"killed {kills} times: {len(uploads)} uploads, {decided} checked and {len(uploads) - decided} refused, none lost; "
          f"everything in order {longest:.1f} s after a restart at the latest")
