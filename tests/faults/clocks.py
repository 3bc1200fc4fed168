#!/usr/bin/env python3
"""A clock that jumps forwards and backwards while the real program runs, by libfaketime.

    python3 tests/faults/clocks.py target/debug/homeward LIBFAKETIME
"""
import sys, tempfile, time
from house import Clients, House, check_house

program, library = sys.argv[1], sys.argv[2]
with tempfile.TemporaryDirectory(prefix="homeward-clock-") as folder:
    house = House(program, folder)
    clock = f"{folder}/clock"

    def jump(offset):
        with open(clock, "w", encoding="ascii") as file:
            file.write(offset)

    jump("+0")
    house.settings.update(LD_PRELOAD=library, FAKETIME_TIMESTAMP_FILE=clock, FAKETIME_NO_CACHE="1", DONT_FAKE_MONOTONIC="1")
    keys = {code: house.key("submitter", code) for code in house.returns}
    uploads, expanded = [], set()
    clients = Clients(house, keys, uploads)
    for number, offset in enumerate(["+0", "+2d", "-2d", "+1h", "-1h", "+0", "-2d", "+2d"]):
        if number % 2 == 0:
            house.start()
            clients.begin()
        time.sleep(1.0)
        jump(offset)
        time.sleep(1.0)
        if number % 2 == 1:
            house.kill()
            clients.end()
            house.start()
            check_house(house, uploads, expanded)
            for upload in [one for one in uploads if not one.acknowledged]:
                upload.send(house)
            check_house(house, uploads, expanded)
            house.kill()
    # Versions are counted in the order in which they were entered, whatever the clock said.
    for code in keys:
        versions = [version for version, in house.rows(
            "SELECT r.version FROM returns r JOIN events e ON e.subject_id = r.id AND e.state_to = 'checked' "
            "WHERE r.authority = ? ORDER BY e.sequence", code)]
        assert versions == list(range(1, len(versions) + 1)), (code, versions)
    days = {at // 86_400_000 for at, in house.rows("SELECT at FROM events")}
    assert len(days) >= 3, "the clock did not jump"
    assert all(upload.acknowledged for upload in uploads)
    print(f"clock: {len(uploads)} uploads over jumps of days back and forth, none lost, versions in their order")
