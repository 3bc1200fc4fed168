"""The last steps of the Containerfile, done in a folder: the program with the libraries it needs, run as the image's user in a
root folder that this user cannot write, its data in the volume alone, asked by the image's own HEALTHCHECK."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile


def instruction(text, name):
    found = re.findall(rf"^{name}\s+(.*?(?<!\\))$", text, re.M | re.S)
    return found[-1].replace("\\\n", " ") if found else None


def check_image(program):
    with open("deploy/Containerfile", encoding="utf-8") as file:
        text = file.read()
    if os.geteuid() != 0:
        print("SKIPPED: the image's steps take root, as a container's builder has it", flush=True)
        return ["the image's steps take root"] if os.environ.get("CI") else []
    root = tempfile.mkdtemp(prefix="homeward-image-")
    os.chmod(root, 0o755)
    process = None
    try:
        libraries = re.findall(r"(/\S+) \(0x", subprocess.run(["ldd", program], capture_output=True, text=True).stdout)
        for path in libraries:
            os.makedirs(root + os.path.dirname(path), exist_ok=True)
            shutil.copy(path, root + path)
        # Found by any sample's paths, as the image has them.
        for folder in ("usr/local/bin", "etc/homeward", "dev", "tmp"):
            os.makedirs(f"{root}/{folder}", exist_ok=True)
        shutil.copy(program, f"{root}/usr/local/bin/homeward")
        ports = []
        for _ in range(2):
            with socket.socket() as held:
                held.bind(("127.0.0.1", 0))
                ports.append(held.getsockname()[1])
        with open("deploy/samples/container.toml", encoding="utf-8") as file:
            sample = file.read().replace("0.0.0.0:8080", f"127.0.0.1:{ports[0]}").replace("0.0.0.0:9464", f"127.0.0.1:{ports[1]}")
        with open(f"{root}/etc/homeward/homeward.toml", "w", encoding="utf-8") as file:
            file.write(sample)
        user = instruction(text, "USER")
        volume = instruction(text, "VOLUME")
        uid, gid = (int(part) for part in user.split(":"))
        os.makedirs(root + volume)
        os.chown(root + volume, uid, gid)
        subprocess.run(["mknod", "-m", "666", f"{root}/dev/urandom", "c", "1", "9"], check=True)
        inside = ["chroot", f"--userspec={user}", root, "/usr/bin/env", "-i"]
        os.makedirs(f"{root}/usr/bin", exist_ok=True)
        shutil.copy(shutil.which("env"), f"{root}/usr/bin/env")
        serve = json.loads(instruction(text, "ENTRYPOINT")) + json.loads(instruction(text, "CMD").splitlines()[-1]) \
            if instruction(text, "CMD").startswith("[\"serve") else None
        if serve is None:
            return ["the Containerfile's last CMD is not the one that serves"]
        process = subprocess.Popen(inside + serve, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        health = json.loads(re.search(r"CMD (\[.*?\])", instruction(text, "HEALTHCHECK"))[1])
        # As an operator waits after a start; the health check itself is asked once.
        waiting = subprocess.run(inside + json.loads(instruction(text, "ENTRYPOINT")) + ["admin", "ping", "--seconds", "300"],
                                 capture_output=True, text=True)
        failed = [] if waiting.returncode == 0 else ["the service is not waited for: " + waiting.stderr]
        healthy = subprocess.run(inside + health, capture_output=True, text=True)
        if healthy.returncode != 0:
            failed.append("the image's health check: " + healthy.stdout + healthy.stderr)
        else:
            with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
                owner = re.search(r"^Uid:\s+(\d+)", file.read(), re.M)[1]
            strangers = [
                os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names
                if os.lstat(os.path.join(folder, name)).st_uid == uid and not folder.startswith(root + volume)
            ]
            if owner != str(uid) or strangers or not os.listdir(root + volume):
                failed.append(f"the service runs as {owner} and wrote outside its volume: {strangers}")
        process.send_signal(signal.SIGTERM)
        code = process.wait(60)
        if code != 0:
            failed.append(f"the service did not stop well: {code}: {process.stdout.read()[-2000:]!r}")
        if subprocess.run(inside + health, capture_output=True).returncode == 0:
            failed.append("the health check finds a service that has stopped")
        print(f"{'FAIL' if failed else 'ok  '} the image's steps: its user, its volume, its health check, its stop {failed or ''}")
        return failed
    finally:
        if process and process.poll() is None:
            process.kill()
            process.wait()
        shutil.rmtree(root, ignore_errors=True)
