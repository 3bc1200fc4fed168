"""Every command that a document or a unit shows exists, with the options that it shows."""
import os
import re
import subprocess


def shown():
    """The commands with where they stand: blocks of shell, code within sentences, units, the Containerfile."""
    documents = ["README.md"]
    for folder, _, names in os.walk("deploy"):
        documents += [os.path.join(folder, name) for name in sorted(names)]
    for path in sorted(documents):
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        if path.endswith(".md"):
            for block in re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S):
                joined = block.replace("\\\n", " ")
                for line in joined.splitlines():
                    for part in re.split(r"&&|\|\||;|\$\(|\| ", line):
                        words = part.strip()
                        words = re.sub(r"^(sudo (-u \S+ )?|runuser -u \S+ -- |cargo run --release -- )", "homeward " if "cargo" in words[:6] else "", words)
                        if words.startswith("homeward "):
                            yield path, words
            prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
            for words in re.findall(r"`(homeward [^`\n]+)`", prose):
                yield path, words
        elif path.endswith((".service", ".yaml", ".yml", ".toml")) or "Containerfile" in path:
            for words in re.findall(r"^Exec\w+=\S*/(homeward .*)$", text, re.M):
                yield path, words


def check_commands(program):
    helps = {}

    def help_of(path):
        if path not in helps:
            done = subprocess.run([program, *path, "--help"], capture_output=True, text=True)
            helps[path] = done.stdout if done.returncode == 0 else None
        return helps[path]

    failed, seen = [], set()
    for place, words in shown():
        tokens = re.sub(r"[\[\]…,]|\\\|.*?(?= |$)", " ", words.split(" #")[0]).split()[1:]
        path, text, rest = (), help_of(()), []
        skip = False
        for token in tokens:
            listed = re.search(rf"^  {re.escape(token)}(\s|$)", (text or "").partition("Commands:")[2], re.M)
            if not rest and not skip and listed and help_of((*path, token)) is not None:
                path, text = (*path, token), help_of((*path, token))
            elif token in ("--config", "--specs") and not path:
                skip = True
            elif skip:
                skip = False
            elif token != "|":
                rest.append(token)
        seen.add(path)
        first = next((token for token in tokens if not token.startswith("-")), "")
        if not path and re.fullmatch(r"[a-z]+", first) and first != "help":
            failed.append(f"{place}: `{words}`: there is no command {first}")
        elif "Commands:" in text.partition("Options:")[0] and rest and re.fullmatch(r"[a-z][a-z-]+", rest[0]) and "[OPTIONS] [FOLDER]" not in text:
            failed.append(f"{place}: `{words}`: {' '.join(path)} has no command {rest[0]}")
        for option in (token.split("=")[0] for token in rest if token.startswith("--") and len(token) > 2):
            if not re.search(rf"(^|\s){re.escape(option)}\b", text) and not re.search(rf"\s{re.escape(option)}\b", help_of(())):
                failed.append(f"{place}: `{words}`: {' '.join(path)} has no option {option}")
    print(f"{'FAIL' if failed else 'ok  '} {len(seen)} commands of the documents exist, with their options")
    for one in failed:
        print("     " + one)
    return failed
