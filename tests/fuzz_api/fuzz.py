"""Asks the real service for everything that its OpenAPI document offers, with a key of each role and with none.

    python tests/fuzz_api/fuzz.py target/debug/homeward [SECONDS-FOR-EACH-ROLE]

schemathesis makes the requests, sound ones and broken ones. Each answer must be one that the document lists for the address,
in a media type and a shape that it lists, and never a fault of the service; what breaks the document must be refused.
Then come requests that no document describes: each error must be a problem document whose `type` can be read.
"""
import os
import subprocess
import sys
import tempfile

from framework import check_framework
from prepare import fill, keys_of, service_for
from settings import settings

CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "response_headers_conformance", "negative_data_rejection", "unsupported_method", "allow_header_conformance",
    "missing_required_header",
)
# What the log has of a panic, of a request's handler and of any thread, and who says so.
PANICS = {"a handler panicked": "src/api/observe.rs", "a fault of the program": "src/telemetry/panics.rs"}
# As many roles at once as there are cores on the machine that runs this.
AT_ONCE = 2


def run_role(role, key, service, folder, seconds):
    work = f"{folder}/{role}"
    os.makedirs(work)
    command = [
        os.path.join(os.path.dirname(sys.executable), "schemathesis"), "--config-file", f"{folder}/schemathesis.toml",
        "run", f"http://127.0.0.1:{service.port}/v1/openapi.json", "--checks", ",".join(CHECKS),
        "--phases", "examples,coverage,fuzzing", "--max-time", str(seconds), "--seed", "20260331", "--no-shrink",
        "--request-timeout", "60", "--continue-on-failure", "--warnings", "off",
    ]
    if key:
        command += ["-H", f"Authorization: Bearer {key}"]
    with open(f"{work}/output.txt", "wb") as output:
        return subprocess.Popen(command, cwd=work, stdout=output, stderr=subprocess.STDOUT)


def main():
    program = os.path.abspath(sys.argv[1])
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    failed = [f"{path} says {words} no more" for words, path in PANICS.items() if words not in open(path, encoding="utf-8").read()]
    with tempfile.TemporaryDirectory(prefix="homeward-fuzz-api-") as folder:
        service = service_for(program, folder)
        keys = keys_of(service)
        with service:
            made = fill(service, folder, program, keys)
            with open(f"{folder}/schemathesis.toml", "w", encoding="utf-8") as file:
                file.write(settings(made))
            # First, because an operator who is made up may revoke any key.
            failed += check_framework(service, keys, made)
            roles = list(keys)
            while roles:
                now, roles = roles[:AT_ONCE], roles[AT_ONCE:]
                running = [(role, run_role(role, keys[role], service, folder, seconds)) for role in now]
                for role, process in running:
                    code = process.wait(seconds * 4 + 120)
                    with open(f"{folder}/{role}/output.txt", encoding="utf-8", errors="replace") as file:
                        text = file.read()
                    cases = next((line.strip() for line in text.splitlines() if " generated" in line), "no test case was made")
                    print(f"{role}: {cases}")
                    if code != 0 or "generated" not in cases:
                        failed.append(role)
                        print("\n".join(line[:400] for line in text.splitlines()[:400]))
            if service.process.poll() is not None:
                failed.append("the service ended")
        with open(f"{folder}/service.log", encoding="utf-8") as log:
            panics = [line for line in log if any(words in line for words in PANICS)]
        if panics:
            failed.append("the service panicked: " + panics[0])
    if failed:
        raise SystemExit("failed: " + "; ".join(failed))


if __name__ == "__main__":
    main()
