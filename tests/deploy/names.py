"""Every test and file that the documents on security, privacy and operations name is there."""
import os
import re

DOCUMENTS = ("deploy/SECURITY.md", "deploy/PRIVACY.md", "deploy/OPERATIONS.md")


def check_names():
    functions = set()
    for top in ("src", "tests"):
        for folder, _, names in os.walk(top):
            for name in (one for one in names if one.endswith(".rs")):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    text = file.read()
                # A test and not a function of that name: what stands above it says so.
                functions |= set(re.findall(r"#\[(?:tokio::)?test(?:\([^]]*\))?\]\s*(?:#\[[^]]*\]\s*)*(?:async )?fn (\w+)", text))
                for block in re.findall(r"proptest! \{(.*?)^\s*\}$", text, re.M | re.S):
                    functions |= set(re.findall(r"fn (\w+)", block))
    failed, counted = [], 0
    for path in DOCUMENTS:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for named in re.findall(r"`([^`\n]+)`", text):
            if re.fullmatch(r"(?!homeward_)[a-z0-9]+(_[a-z0-9]+){3,}", named):
                counted += 1
                if named not in functions:
                    failed.append(f"{path}: there is no test {named}")
            elif re.fullmatch(r"(src|tests|deploy|specs|benches|schemas)/[\w./-]+|Cargo\.lock|deny\.toml", named):
                counted += 1
                if not os.path.exists(named):
                    failed.append(f"{path}: there is no {named}")
        for link in re.findall(r"\]\(([^)#:]+)\)", text):
            counted += 1
            if not os.path.exists(os.path.join("deploy", link)):
                failed.append(f"{path}: there is no {link}")
        # Each threat names what holds its defence.
        if path.endswith("SECURITY.md"):
            for row in re.findall(r"^\| [STRIDE, ]+ \|.*$", text, re.M):
                if "`" not in row.rsplit("|", 2)[1]:
                    failed.append(f"{path}: nothing holds: {row}")
    print(f"{'FAIL' if failed else 'ok  '} {counted} tests and files that the documents name are there")
    for one in failed:
        print("     " + one)
    return failed
