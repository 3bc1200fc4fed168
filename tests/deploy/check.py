"""Lints what the service is deployed with, holds it to the configuration, and runs the image's last steps for real.

    python tests/deploy/check.py target/debug/homeward
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

import yaml

from commands import check_commands
from image import check_image
from install import check_install
from names import check_names

PROGRAM = os.path.abspath(sys.argv[1])
TOOLS = os.path.dirname(sys.executable)
# Exposure as systemd counts it, times ten: 0 is none, 96 a service without any of it.
EXPOSED_AT_MOST = 15
failed = []


def check(what, well, more=""):
    print(f"{'ok  ' if well else 'FAIL'} {what}{'' if well else ': ' + str(more)[:3000]}")
    if not well:
        failed.append(what)


def run(what, command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    check(what, done.returncode == 0, done.stdout + done.stderr)
    return done.stdout + done.stderr


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def documents(path):
    return [document for document in yaml.safe_load_all(read(path)) if document]


def tool(name):
    return os.path.join(TOOLS, name)


def lint_container():
    run("hadolint reads the Containerfile", [tool("hadolint"), "--config", "tests/deploy/hadolint.yaml", "deploy/Containerfile"])
    text = read("deploy/Containerfile")
    images = re.findall(r"^FROM (\S+)", text, re.M)
    pinned = all(re.fullmatch(r"[a-z0-9./-]+:\d+\.\d+(\.\d+)?(-[a-z0-9]+)*", image) for image in images)
    check("every image of the Containerfile has a whole version", images and pinned, images)
    toolchain = tomllib.loads(read("rust-toolchain.toml"))["toolchain"]["channel"]
    check("the image is built with the toolchain of rust-toolchain.toml",
          images[0].startswith(f"rust:{toolchain}-") and f"RUSTUP_TOOLCHAIN={toolchain}" in text, images[0])
    package = tomllib.loads(read("Cargo.toml"))["package"]["version"]
    check("the image says the version of the package", f'image.version="{package}"' in text, package)
    for path in ("deploy/compose.yaml", "deploy/kubernetes/statefulset.yaml"):
        check(f"{path} runs this version", f"image: homeward:{package}" in read(path), package)


def lint_compose():
    run("the compose file holds to the schema of Compose", [tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", "deploy/compose.yaml"])
    (compose,) = documents("deploy/compose.yaml")
    for name, service in compose["services"].items():
        check(f"compose: {name} is pinned, read-only, without capabilities and not root",
              re.search(r":v?\d+\.\d+\.\d+$", service["image"]) and service.get("read_only") and service["cap_drop"] == ["ALL"]
              and "no-new-privileges:true" in service["security_opt"] and not service["user"].startswith("0"), service)
        for volume in service.get("volumes", []):
            if volume["type"] == "bind":
                check(f"compose: {volume['source']} is there", os.path.exists(os.path.join("deploy", volume["source"])))
        ports = [port for port in service.get("ports", []) if not port.startswith("127.0.0.1:")]
        check(f"compose: {name} is published on this machine alone", not ports, ports)


    service = compose["services"]["homeward"]
    check("compose: no dump of the service's memory", service["ulimits"]["core"] == 0)
    # Compose mounts a secret here; its own file lies outside the checkout, where an image is built from everything.
    mounted = {f"/run/secrets/{name}" for name in service["secrets"]}
    outside = [one["file"] for one in compose["secrets"].values() if not one["file"].startswith("/etc/homeward/")]
    check("compose: the service seals what it keeps", service["environment"]["HOMEWARD_ENCRYPTION_KEYS_FILE"] in mounted and not outside, outside)


def lint_kubernetes():
    paths = sorted(f"deploy/kubernetes/{name}" for name in os.listdir("deploy/kubernetes"))
    run("yamllint reads the manifests", [tool("yamllint"), "-c", "tests/deploy/yamllint.yaml", "deploy/compose.yaml", *paths])
    kinds = [path for path in paths if not path.endswith("kustomization.yaml")]
    run("the manifests hold to the schemas of Kubernetes", [tool("kubernetes-validate"), "--strict", *kinds])
    (kustomization,) = documents("deploy/kubernetes/kustomization.yaml")
    listed = sorted(f"deploy/kubernetes/{name}" for name in kustomization["resources"])
    check("every manifest is listed", listed == kinds, set(listed) ^ set(kinds))
    by_kind = {(one["kind"], one["metadata"]["name"]): one for path in kinds for one in documents(path)}
    stateful = by_kind["StatefulSet", "homeward"]["spec"]
    pod = stateful["template"]["spec"]
    (container,) = pod["containers"]
    configuration = tomllib.loads(by_kind["ConfigMap", "homeward"]["data"]["homeward.toml"])
    port = lambda name: int(configuration["service"][name].rsplit(":", 1)[1])
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    check("the ports of the pod are those of the configuration", ports == {"http": port("listen"), "admin": port("admin_listen")}, ports)
    policy = by_kind["NetworkPolicy", "homeward"]["spec"]
    let_in = {one["port"] for rule in policy["ingress"] for one in rule["ports"]}
    check("the network policy lets in to these ports, each from somewhere named",
          let_in == set(ports.values()) and all(rule.get("from") for rule in policy["ingress"]), let_in)
    mounts = {one["mountPath"] for one in container["volumeMounts"]}
    check("the data folder is the volume", configuration["service"]["data_folder"] in mounts, mounts)
    named = [value for section in configuration.values() for name, value in section.items() if name.endswith("_file")]
    check("files that the configuration names lie in a volume", all(os.path.dirname(path) in mounts for path in named), named)
    check("one replica, on a volume that one pod mounts", stateful["replicas"] == 1
          and stateful["volumeClaimTemplates"][0]["spec"]["accessModes"] == ["ReadWriteOncePod"], stateful["replicas"])
    security = container["securityContext"]
    check("the pod holds to the restricted profile", pod["securityContext"]["runAsNonRoot"]
          and pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault" and not security["allowPrivilegeEscalation"]
          and security["readOnlyRootFilesystem"] and security["capabilities"]["drop"] == ["ALL"]
          and pod["automountServiceAccountToken"] is False, security)
    probes = {container[name]["httpGet"]["path"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}
    check("the probes ask what the admin listener answers", probes == {"/readyz", "/healthz"}, probes)
    labels = stateful["template"]["metadata"]["labels"]
    for what in (by_kind["Service", "homeward"]["spec"]["selector"], stateful["selector"]["matchLabels"],
                 policy["podSelector"]["matchLabels"], by_kind["PodDisruptionBudget", "homeward"]["spec"]["selector"]["matchLabels"]):
        check("what selects the pod finds it", what.items() <= labels.items(), what)
    return pod, container


def in_bytes(text):
    return int(float(text[:-2]) * 1024 ** {"M": 2, "G": 3}[text[-2]]) if text.endswith("i") else int(text[:-1]) * 1024 ** {"m": 2, "g": 3, "M": 2, "G": 3}[text[-1]]


def agree(pod, container):
    """Limits and times of the three ways to deploy, beside the defaults of the service."""
    defaults = tomllib.loads(read("deploy/homeward.toml"))
    (compose,) = documents("deploy/compose.yaml")
    unit = read("deploy/systemd/homeward.service")
    setting = lambda name: re.search(rf"^{name}=(.*)$", unit, re.M)[1]
    memory, shutdown = defaults["limits"]["memory_bytes"], defaults["http"]["shutdown_seconds"]
    for way, limit, stop in (
        ("kubernetes", container["resources"]["limits"]["memory"], pod["terminationGracePeriodSeconds"]),
        ("compose", compose["services"]["homeward"]["mem_limit"], int(compose["services"]["homeward"]["stop_grace_period"][:-1])),
        ("systemd", setting("MemoryMax"), int(setting("TimeoutStopSec")[:-1])),
    ):
        check(f"{way}: memory is more than the service takes for uploads", in_bytes(limit) > memory * 1.2, (limit, memory))
        check(f"{way}: a stop waits longer than the service does", stop > shutdown, (stop, shutdown))
    check("systemd: no dump of the service's memory", setting("LimitCORE") == "0", setting("LimitCORE"))
    files = int(setting("LimitNOFILE"))
    check("systemd: there are files for every connection", files > 2 * defaults["http"]["connections"], files)


def lint_units():
    with tempfile.TemporaryDirectory() as folder:
        for name in sorted(os.listdir("deploy/systemd")):
            text = read(f"deploy/systemd/{name}")
            # The program is not installed here; everything else is as it stands.
            text = text.replace("/usr/local/bin/homeward", PROGRAM)
            with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
                file.write(text)
        units = [f"{folder}/{name}" for name in sorted(os.listdir(folder)) if name.endswith((".service", ".timer"))]
        said = run("systemd reads the units", ["systemd-analyze", "verify", "--man=no", *units])
        check("and finds nothing to say about ours", not [line for line in said.splitlines() if "homeward" in line and "debug" not in line], said)
        for unit in (one for one in units if one.endswith(".service")):
            run(f"{os.path.basename(unit)} is exposed by at most {EXPOSED_AT_MOST / 10}",
                ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={EXPOSED_AT_MOST}", unit])
        run("systemd makes the user and the folders",
            ["bash", "-c", f"mkdir -p {folder}/root/etc && systemd-sysusers --root={folder}/root {folder}/homeward.sysusers "
                           f"&& grep -q ^homeward {folder}/root/etc/passwd "
                           f"&& systemd-tmpfiles --root={folder}/root --create {folder}/homeward.tmpfiles && test -d {folder}/root/var/backups/homeward"])
        modes = {path: oct(os.lstat(f"{folder}/root/{path}").st_mode & 0o777) for path in ("etc/homeward", "var/lib/homeward", "var/backups/homeward")}
        check("nobody else enters them", modes == {"etc/homeward": "0o750", "var/lib/homeward": "0o700", "var/backups/homeward": "0o700"}, modes)


def make_what_is_named(settings):
    """Files as a start takes them: the check reads what is in them."""
    certificate, key = (settings.pop(name, None) for name in ("certificate_file", "key_file"))
    if certificate:
        run("a certificate is made", ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                                      "-subj", "/CN=homeward.example", "-days", "2", "-keyout", key, "-out", certificate])
    for name, path in settings.items():
        if "authorities" in name or name == "ca_file":
            shutil.copy(certificate, path)
        elif name == "keys_file":
            line = subprocess.run([PROGRAM, "admin", "encryption", "new-key"], capture_output=True, text=True, check=True).stdout
            write(path, line)
        elif name == "signing_key_file":
            run("a signing key is made", ["openssl", "genpkey", "-algorithm", "ed25519", "-out", path])
        elif name == "key_secret_file":
            write(path, "0" * 64)
        elif name != "checkpoint_file":
            write(path, "a secret\n")


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o600)


def check_samples():
    """Each sample as the service would read it, with the files that it names and without them."""
    for name in sorted(os.listdir("deploy/samples")):
        with tempfile.TemporaryDirectory() as folder:
            text = read(f"deploy/samples/{name}").replace("/etc/homeward", f"{folder}/etc").replace("/var/lib/homeward", f"{folder}/data")
            sample = f"{folder}/{name}"
            with open(sample, "w", encoding="utf-8") as file:
                file.write(text)
            named = re.findall(r'^\w+_file = "(.*)"$', text, re.M)
            if named:
                done = subprocess.run([PROGRAM, "config", "check", sample], capture_output=True, text=True)
                told = all(path in done.stdout for path in named)
                check(f"{name}: what it names and is not there is told", done.returncode == 1 and told, done.stdout + done.stderr)
            for path in named:
                os.makedirs(os.path.dirname(path), exist_ok=True)
            settings = dict(re.findall(r'^(\w+_file) = "(.*)"$', text, re.M))
            make_what_is_named(settings)
            run(f"{name}: every setting is known, and what it names is there", [PROGRAM, "config", "check", sample])


os.chdir(os.path.join(os.path.dirname(__file__), "..", ".."))
lint_container()
lint_compose()
agree(*lint_kubernetes())
lint_units()
check_samples()
failed += check_commands(PROGRAM)
failed += check_names()
failed += check_install(PROGRAM)
failed += check_image(PROGRAM)
if failed:
    raise SystemExit(f"{len(failed)} failed: " + "; ".join(failed))
print("deploy: all is well")
