#!/usr/bin/env python3
"""What the release of a whole series takes, stage by stage: every indicator, every authority, six years in the files.

    python3 benches/release_years.py target/release/homeward [YEARS] [FOLDER]

A return itself holds the children who went home in its year and in the six years before it, so the release of one collection
counts seven years of returns home and publishes one time period. For YEARS (6) periods in the files there must have been so
many collections: the ones that the specification does not have yet are added to a copy of it, each year's returns are
sampled and released with all releases before it as `--earlier`, and the stages of each release are printed. The last one is
the answer. All years are sampled with one seed and tell one history, so that the sums over years hold in what is published;
how many the audit of each release joined, and how many it found contradicted, is printed with it. FOLDER keeps everything and is used again; without it everything is removed.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

program, years = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 6
own = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "specs")


def specification(folder):
    """A copy of the specification with the collections of so many years, and their names, oldest first."""
    copy = f"{folder}/specs"
    if not os.path.exists(copy):
        subprocess.run(["cp", "-r", own, copy], check=True)
    [path] = [f"{copy}/{one}/collection.toml" for one in os.listdir(copy) if os.path.exists(f"{copy}/{one}/collection.toml")]
    with open(path, encoding="utf-8") as file:
        text = file.read()
    had = sorted(re.findall(r'^id = "(\S+)-(\d{4})"$', text, re.MULTILINE), key=lambda one: int(one[1]))
    family, last = had[-1][0], int(had[-1][1])
    wanted = range(last - years + 1, last + 1)
    absent = [year for year in wanted if (family, str(year)) not in had]
    added = "".join(
        f'[[collections]]\nid = "{family}-{year}"\nyear = {year}\nperiod_start = {year - 1}-04-01\nperiod_end = {year}-03-31\n'
        f"opens = {year}-04-01\ndeadline = {year}-06-30\n\n"
        for year in absent
    )
    at = text.index("[[collections]]")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text[:at] + added + text[at:])
    return copy, [f"{family}-{year}" for year in wanted]


def joined(release):
    """What the audit says of other years: sums over months that join them, and those that what is published contradicts."""
    with open(f"{release}/audit.json", encoding="utf-8") as file:
        audit = json.load(file)
    if not audit["years"]:
        return ""
    latest, years = audit["years"][0], ", ".join(str(one["year"]) for one in audit["years"])
    return f"joined with {years}: {latest['sums']} sums, {latest['contradicted']} contradicted\n"


def main(folder):
    specs, collections = specification(folder)
    earlier = []
    for collection in collections:
        returns, release = f"{folder}/returns-{collection}", f"{folder}/release-{collection}"
        if not os.path.exists(returns):
            command = [program, "sample", "--specs", specs, "--collection", collection, "--seed", "1", "--output", returns]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        if not os.path.exists(release) or collection == collections[-1]:
            command = [program, "release", "--specs", specs, "--from", returns, "--collection", collection, "--output", release, "--timings"]
            command += [part for one in earlier for part in ("--earlier", one)]
            told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            print(f"{collection}, after {len(earlier)} earlier releases\n{told}{joined(release)}", flush=True)
        earlier.append(release)
    with open(f"{earlier[-1]}/manifest.json", "rb") as file:
        print(f"the manifest of the last: {len(file.read())} bytes; its files hold {len(collections)} years")


if len(sys.argv) > 3:
    os.makedirs(sys.argv[3], exist_ok=True)
    main(os.path.abspath(sys.argv[3]))
else:
    with tempfile.TemporaryDirectory(prefix="homeward-years-") as temporary:
        main(temporary)
