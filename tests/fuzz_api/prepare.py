"""A service with something in it: returns in several states, a published release, a draft, and a key for each role.

Small on purpose: a specification with three indicators, so that a program without optimisation builds a release in seconds.
"""
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "benches", "service"))
from service import Service, samples, upload  # noqa: E402

INDICATORS = ("coverage.md", "leavers_home.md", "neet.md")
OWN, OTHER = "330", "331"
FREE_OF_LIMITS = dict(
    RATES_REQUESTS_PER_MINUTE=1_000_000, RATES_UPLOADS_PER_MINUTE=1_000_000, RATES_ANONYMOUS_PER_MINUTE=1_000_000,
)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def small_specification(folder):
    shutil.copytree("specs", folder)
    (collection,) = [name for name in os.listdir(folder) if os.path.exists(f"{folder}/{name}/collection.toml")]
    indicators = f"{folder}/{collection}/indicators"
    for name in os.listdir(indicators):
        if name not in INDICATORS:
            os.remove(f"{indicators}/{name}")
    os.remove(f"{folder}/{collection}/charts.toml")
    return folder


def service_for(program, folder):
    return Service(program, folder, specs=small_specification(f"{folder}/specs"), **FREE_OF_LIMITS)


def keys_of(service):
    return {
        "nobody": None,
        "submitter": service.key("submitter", OWN),
        "signatory": service.key("signatory", OWN),
        "collector": service.key("collector"),
        "analyst": service.key("analyst"),
        "operator": service.key("operator"),
    }


def fill(service, folder, program, keys):
    """Takes a return all the way, leaves others on theirs, and gives the identifiers that addresses take."""
    of = ("--authorities", f"{OWN},{OTHER}", "--specs", f"{folder}/specs")
    samples(program, f"{folder}/returns", 0.1, *of)
    samples(program, f"{folder}/faulty", 0.1, *of, "--faults", "0.01", "--seed", "2")
    body = {code: read(f"{folder}/returns/{code}.zip") for code in (OWN, OTHER)}
    other_keys = {role: service.key(role, OTHER) for role in ("submitter", "signatory")}
    second = service.key("collector")

    def sent(key, bytes_):
        status, _, text = service.ask("POST", "/v1/returns", bytes_, key, Content_Type="application/zip")
        assert status == 201, text
        return json.loads(text)["return"]["id"]

    def accepted(submitter, signatory, bytes_):
        id_ = sent(submitter, bytes_)
        page = service.json("GET", f"/v1/returns/{id_}/findings?severity=query&page=1", key=submitter)
        reasons = [{"code": code, "text": "It is so in our records."} for code in {one["code"] for one in page["findings"]}]
        if reasons:
            service.json("PUT", f"/v1/returns/{id_}/explanations", {"explanations": reasons}, submitter)
        service.json("POST", f"/v1/returns/{id_}/sign", {}, signatory)
        service.json("POST", f"/v1/returns/{id_}/accept", {}, keys["collector"])
        return id_

    returns = [
        accepted(keys["submitter"], keys["signatory"], body[OWN]),
        accepted(other_keys["submitter"], other_keys["signatory"], body[OTHER]),
        sent(keys["submitter"], read(f"{folder}/faulty/{OWN}.zip")),
        sent(keys["submitter"], b"\x89PNG\r\n\x1a\n not a return"),
    ]
    collections = [one["id"] for one in service.json("GET", "/v1/collections")]
    build = {"collection": collections[-1]}
    published = service.json("POST", "/v1/releases", build, keys["collector"])["id"]
    service.json("POST", f"/v1/releases/{published}/approve", {}, second)
    service.json("POST", f"/v1/releases/{published}/publish", {}, keys["collector"])
    draft = service.json("POST", "/v1/releases", build | {"reason": "A first look."}, keys["collector"])["id"]
    for name in ("A. Tester", "B. Tester"):
        service.json("POST", "/v1/people", {"name": name, "roles": ["analyst"]}, keys["operator"])
    people = service.json("GET", "/v1/people", key=keys["operator"])
    # Keys that nobody uses, so that they can be ended.
    for _ in range(3):
        service.key("analyst", label="to be ended")
    listed = service.json("GET", "/v1/keys", key=keys["operator"])
    publication = service.json("GET", "/v1/publications")["results"][0]["id"]
    data_sets = service.json("GET", f"/v1/publications/{publication}/data-sets")["results"]
    files = service.json("GET", f"/v1/releases/{published}")["files"]
    return {
        "returns": returns,
        "collections": collections,
        "releases": [published, draft],
        "publications": [publication],
        "people": [one["id"] for one in people],
        "keys": [one["id"] for one in listed if one["label"] == "to be ended"],
        "data-sets": [one["id"] for one in data_sets],
        "files": [one["name"] for one in files],
        "body": body[OWN],
    }
