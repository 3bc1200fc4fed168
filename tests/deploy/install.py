"""The steps by which OPERATIONS.md installs the service, done in a folder as it stands there: who may read what they make, and
whether the service's user can start from it."""
import os
import re
import shutil
import subprocess
import tempfile

DOCUMENT = "deploy/OPERATIONS.md"


def steps(after):
    """The first block of shell after a line of section 1."""
    with open(DOCUMENT, encoding="utf-8") as file:
        section = file.read().partition("## 1. Install")[2].partition("\n## 2.")[0]
    block = re.search(rf"^{re.escape(after)}.*?^```sh\n(.*?)^```", section, re.M | re.S)
    return block[1].splitlines()


def open_files(folder):
    """Files with a key or a secret that everybody may read, by themselves and by the folders above."""
    found = []
    for above, _, names in os.walk(folder):
        for name in (one for one in names if "key" in one or "secret" in one):
            path = os.path.join(above, name)
            if os.lstat(path).st_mode & 0o007:
                found.append(path)
    return found


def with_systemd(program, root):
    """Everything but the build and systemd itself, under another root."""
    for folder in ("usr/local/bin", "etc/systemd/system", "usr/lib", "var/lib"):
        os.makedirs(f"{root}/{folder}")
    # Anybody may pass a root folder; what lies in it keeps its own mode.
    os.chmod(root, 0o755)
    lines = []
    for line in steps("With systemd"):
        if line.startswith(("cargo ", "systemctl ")) or " admin ping " in line:
            continue
        if line.startswith("systemd-"):
            line = f"systemd-sysusers --root={root} && systemd-tmpfiles --root={root} --create"
        else:
            line = re.sub(r"(?<![\w.])/(usr|etc)/", rf"{root}/\1/", line).replace("target/release/homeward", program)
            # The user is known under the other root only.
            line = re.sub(r"-g homeward", '-g "$group"', line)
            line = line.replace("runuser -u homeward --", 'setpriv --reuid="$user" --regid="$group" --clear-groups')
            line = re.sub(r"(?<![\w/.-])homeward (admin|config)", rf"{root}/usr/local/bin/homeward \1", line)
        lines.append(line)
        if line.startswith("systemd-"):
            lines.append(f"IFS=: read -r _ _ user group _ < <(grep ^homeward: {root}/etc/passwd)")
    with open("deploy/samples/proxy.toml", encoding="utf-8") as file:
        sample = file.read()
    moved = f"{root}/proxy.toml"
    with open(moved, "w", encoding="utf-8") as file:
        file.write(sample.replace("/etc/homeward", f"{root}/etc/homeward").replace("/var/lib/homeward", f"{root}/var/lib/homeward"))
    script = "set -euo pipefail\numask 022\n" + "\n".join(lines).replace("deploy/samples/proxy.toml", moved)
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    if done.returncode != 0:
        return [f"the steps with systemd: {done.stdout}{done.stderr}\n{script}"]
    failed = [f"everybody may read {path}" for path in open_files(f"{root}/etc")]
    keys = f"{root}/etc/homeward/encryption.keys"
    if not os.path.getsize(keys) or os.lstat(os.path.dirname(keys)).st_mode & 0o007:
        failed.append("the encryption keys are not there, or everybody may enter their folder")
    return failed


def with_kubernetes(program, folder):
    """What the Secret is made of; Kubernetes itself is not here."""
    lines = [line for line in steps("With Kubernetes") if not line.startswith("kubectl ")]
    script = "set -euo pipefail\numask 022\n" + "\n".join(lines).replace("homeward admin", f"{program} admin")
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=folder)
    if done.returncode != 0:
        return [f"the steps with Kubernetes: {done.stdout}{done.stderr}"]
    failed = [f"everybody may read {path}" for path in open_files(folder)]
    with open("deploy/kubernetes/configmap.yaml", encoding="utf-8") as file:
        text = file.read().replace("/etc/homeward/secrets", folder).replace("/var/lib/homeward", f"{folder}/data")
    configuration = "\n".join(line[4:] for line in text.partition("homeward.toml: |\n")[2].splitlines())
    with open(f"{folder}/homeward.toml", "w", encoding="utf-8") as file:
        file.write(configuration)
    checked = subprocess.run([program, "config", "check", f"{folder}/homeward.toml"], capture_output=True, text=True)
    if checked.returncode != 0:
        failed.append("a start would refuse the Secret: " + checked.stdout + checked.stderr)
    return failed


def check_install(program):
    if os.geteuid() != 0:
        print("SKIPPED: the steps of an installation take root", flush=True)
        return ["the steps of an installation take root"] if os.environ.get("CI") else []
    failed = []
    for how, steps_of in (("systemd", with_systemd), ("Kubernetes", with_kubernetes)):
        root = tempfile.mkdtemp(prefix="homeward-install-")
        try:
            wrong = steps_of(program, root)
        finally:
            shutil.rmtree(root)
        print(f"{'FAIL' if wrong else 'ok  '} the steps of an installation with {how}, as they stand in {DOCUMENT} {wrong or ''}")
        failed += wrong
    return failed
