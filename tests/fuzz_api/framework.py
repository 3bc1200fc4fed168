"""Requests that no OpenAPI document describes: what is wrong is told by whatever stands before the handlers.

Each error must be a problem document with a `type` that can be read; what is no HTTP at all gets a status and nothing else.
"""
import json
import socket


def raw(service, text, timeout=30):
    """Status, headers and body of the answer to these bytes."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=timeout) as connection:
        try:
            connection.sendall(text)
        except (BrokenPipeError, ConnectionResetError):
            pass  # It answered before it had read all.
        answer = b""
        try:
            while True:
                piece = connection.recv(65536)
                if not piece:
                    break
                answer += piece
        except ConnectionResetError:
            pass
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return int(lines[0].split()[1]) if answer else 0, headers, body


def request(method, path, key=None, body=b"", **headers):
    told = {"host": "127.0.0.1", "connection": "close"} | {name.replace("_", "-"): value for name, value in headers.items()}
    if key:
        told["authorization"] = f"Bearer {key}"
    if body or method in ("POST", "PUT"):
        told.setdefault("content-length", str(len(body)))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def check_framework(service, keys, made):
    collector, submitter = keys["collector"], keys["submitter"]
    returned, release, data_set = made["returns"][2], made["releases"][0], made["data-sets"][0]
    json_ = "application/json"
    cases = [
        ("an address that is not there", 404, request("GET", "/v1/nothing")),
        ("an address beside the API", 404, request("GET", "/")),
        ("bad percent-encoding", 404, request("GET", "/v1/collections/%ff%fe/specification")),
        ("percent-encoding that ends too soon", 404, request("GET", "/v1/problems/%e2%82")),
        ("a folder above", 404, request("GET", f"/v1/releases/{release}/files/../../../../etc/passwd")),
        ("a folder above, encoded", 404, request("GET", f"/v1/releases/{release}/files/..%2f..%2f..%2fetc%2fpasswd")),
        ("a method that is not taken", 405, request("DELETE", "/v1/returns", submitter)),
        ("a method that nobody knows", 405, request("BREW", "/v1/returns", submitter)),
        ("a form that is not made", 406, request("GET", f"/v1/returns/{returned}/findings", submitter, accept="image/png")),
        ("JSON that is broken", 400, request("POST", f"/v1/returns/{returned}/withdraw", submitter, b"{", content_type=json_)),
        ("JSON that is not UTF-8", 400, request("POST", f"/v1/returns/{returned}/withdraw", submitter, b'{"note":"\xff"}', content_type=json_)),
        ("JSON too deep", 400, request("POST", f"/v1/returns/{returned}/withdraw", submitter, b"[" * 100_000, content_type=json_)),
        ("a query too deep", 400, request("POST", f"/v1/data-sets/{data_set}/query", None, b'{"criteria":' * 10_000, content_type=json_)),
        ("text in place of JSON", 415, request("POST", f"/v1/returns/{returned}/withdraw", submitter, b"{}", content_type="text/plain")),
        ("a form in place of JSON", 415, request("POST", f"/v1/data-sets/{data_set}/query", None, b"a=b", content_type="application/x-www-form-urlencoded")),
        ("a form in place of a file", 415, request("POST", "/v1/checks", submitter, b"--x--", content_type="multipart/form-data; boundary=x")),
        ("JSON that is too long", 413, request("POST", f"/v1/returns/{returned}/withdraw", submitter, b'"' + b"a" * 1_100_000 + b'"', content_type=json_)),
        ("an upload announced as too long", 413, request("POST", "/v1/returns", submitter, b"", content_length=str(1 << 40))),
        ("an address that is too long", 414, request("GET", "/v1/returns?authority=" + "3" * 9000, submitter)),
        ("headers that are too large", 431, request("GET", "/v1/returns", submitter, cookie="a" * 40_000)),
        ("no key", 401, request("GET", "/v1/returns")),
        ("a key that is none", 401, request("GET", "/v1/returns", "hw_not_a_key")),
        ("a key that is no text", 401, request("GET", "/v1/returns", authorization="Bearer \xff\xfe")),
        ("another scheme", 401, request("GET", "/v1/returns", authorization="Basic YTpi")),
        ("a range of nothing", 200, request("GET", "/v1/collections", None, range="bytes=5-1")),
        ("a chunk that is no chunk", 400, request("POST", "/v1/checks", submitter, b"zz\r\n\r\n", transfer_encoding="chunked", content_length="")),
        ("a query of strange signs", 400, request("GET", "/v1/returns?%00=%ff&&&=", submitter)),
    ]
    failed, types = [], set()
    for what, expected, text in cases:
        if b"transfer-encoding" in text:
            text = text.replace(b"content-length: \r\n", b"")
        status, headers, body = raw(service, text)
        if status != expected:
            failed.append(f"{what}: {status} and not {expected}: {body[:200]!r}")
        elif status >= 400:
            if headers.get("content-type") != "application/problem+json":
                failed.append(f"{what}: answered with {headers.get('content-type')}: {body[:200]!r}")
                continue
            problem = json.loads(body)
            types.add(problem["type"])
            if problem["status"] != status or not problem["detail"]:
                failed.append(f"{what}: the document says {problem}")
    # What is no HTTP, or larger than a connection's buffer: the connection says so, and the service lives on.
    for what, expected, text in (
        ("no HTTP", 400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n"),
        ("a header without a colon", 400, b"GET /v1/returns HTTP/1.1\r\nhost\r\n\r\n"),
        ("headers beyond all bounds", 431, request("GET", "/v1/returns", submitter, cookie="a" * 200_000)),
        ("too many headers", 431, request("GET", "/v1/returns", submitter, **{f"x-{number}": "a" for number in range(200)})),
        ("two lengths", 400, request("POST", "/v1/checks", submitter).replace(b"\r\n\r\n", b"\r\ncontent-length: 7\r\n\r\n")),
    ):
        status, _, _ = raw(service, text)
        if status != expected:
            failed.append(f"{what}: {status} and not {expected}")
    for kind in sorted(types):
        status, _, body = service.ask("GET", kind)
        if status != 200 or not json.loads(body)["help"]:
            failed.append(f"the type {kind} cannot be read")
    if service.ask("GET", "/v1/collections", key=collector)[0] != 200:
        failed.append("the service does not answer any more")
    print(f"framework: {len(cases) + 5} requests, {len(types)} kinds of problem, {len(failed)} wrong")
    return failed
