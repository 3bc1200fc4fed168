"""Every test and file that the documents on security, privacy and operations name is there, and every line of the log that a
runbook quotes."""
import os
import re

# Words that are SQLite's own.
OF_SQLITE = {"database disk image is malformed"}
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
                held_by = row.rsplit("|", 2)[1]
                if "`" not in held_by:
                    failed.append(f"{path}: nothing holds: {row}")
                # Whatever a test is called, in this column it is one.
                for named in re.findall(r"`([a-z0-9]+(?:_[a-z0-9]+)*)`", held_by):
                    counted += 1
                    if named not in functions:
                        failed.append(f"{path}: there is no test {named}")
    counted += check_runbooks(failed)
    print(f"{'FAIL' if failed else 'ok  '} {counted} tests and files that the documents name are there")
    for one in failed:
        print("     " + one)
    return failed


def check_runbooks(failed):
    """What stands in a runbook as words of the log, the program says."""
    said = set()
    for folder, _, names in os.walk("src"):
        for name in (one for one in names if one.endswith(".rs")):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                # A text that goes on in the next line of the code is one text.
                said |= set(re.findall(r'"([^"\n]{8,})"', re.sub(r"\\\n\s*", "", file.read())))
    counted = 0
    for name in sorted(os.listdir("deploy/runbooks")):
        with open(f"deploy/runbooks/{name}", encoding="utf-8") as file:
            prose = re.sub(r"^```.*?^```", "", file.read(), flags=re.M | re.S)
        for quoted in re.findall(r"`([a-z]+(?: [a-z]+){2,})`", prose):
            if not quoted.startswith(("homeward ", "systemctl ", "journalctl ")):
                counted += 1
                if quoted not in OF_SQLITE and not any(quoted in text for text in said):
                    failed.append(f"deploy/runbooks/{name}: the program never says: {quoted}")
    return counted
