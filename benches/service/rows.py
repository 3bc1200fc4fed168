#!/usr/bin/env python3
"""Checks returns of 1,000 to 1,000,000 rows, clean and with a fault in one row of a hundred, and tells how time and memory grow.

    python3 benches/service/rows.py target/release/homeward [LARGEST]

Each check is a process of its own, so its time holds the start and the planning of the rules, which is nearly
all that the smallest takes. Rules is how many ran, as the report says.
"""
import json, os, shutil, subprocess, sys, tempfile

program = os.path.abspath(sys.argv[1])
largest = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
folder = tempfile.mkdtemp(prefix="homeward-rows-")


def measured(arguments):
    """Seconds of processor time, the most memory held in MB, and what was written."""
    out = os.path.join(folder, "out")
    with open(out, "wb") as file:
        process = subprocess.Popen([program, *arguments], stdout=file, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    with open(out, "rb") as file:
        return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, file.read(), process.returncode


def rows_of(path):
    total = 0
    for name in os.listdir(path):
        with open(os.path.join(path, name), "rb") as file:
            total += max(0, file.read().count(b"\n") - 1)
    return total


try:
    print(f"{'rows':>9}  {'faults':>6}  {'CPU s':>7}  {'rows/s':>9}  {'peak MB':>8}  {'findings':>8}  {'rules':>5}  outcome")
    seen = {}
    rows = 1_000
    while rows <= largest:
        for faults in (None, "0.01"):
            output = os.path.join(folder, "sample")
            shutil.rmtree(output, ignore_errors=True)
            command = [program, "sample", "--output", output, "--authorities", "330", "--rows", str(rows)]
            subprocess.run(command + (["--faults", faults] if faults else []), check=True, stdout=subprocess.DEVNULL)
            counted = rows_of(os.path.join(output, "330"))
            taken = [measured(["check", os.path.join(output, "330"), "--format", "json", "--max-bytes", "4000000000", "--max-rows", "5000000"]) for _ in range(3)]
            seconds, memory, text, _ = min(taken, key=lambda one: one[0])
            report = json.loads(text)
            findings, rules = sum(report["counts"]["by_severity"].values()), report["rules_run"]
            print(f"{counted:>9}  {faults or '0':>6}  {seconds:>7.3f}  {counted / seconds:>9.0f}  {memory:>8.0f}  {findings:>8}  {rules:>5}  {report['outcome']}")
            seen.setdefault(faults, []).append((counted, seconds))
        rows *= 10
    for faults, points in ((name, all) for name, all in seen.items() if len(all) > 1):
        (few, short), (many, long) = points[-2:]
        print(f"faults {faults or 0}: {many / few:.1f} times the rows took {long / short:.1f} times the time")
finally:
    shutil.rmtree(folder, ignore_errors=True)
