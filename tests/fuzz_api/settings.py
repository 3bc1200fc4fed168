"""What schemathesis is told: the identifiers that exist, and how often to use them in place of invented ones."""
import json

# An address that names something is asked for more often than one that names nothing.
MOSTLY = 0.7


def settings(made):
    """The text of `schemathesis.toml`."""
    lines = ["[generation]", "with-security-parameters = false", "allow-x00 = true", ""]
    for name in ("returns", "collections", "releases", "publications", "data-sets", "files", "people", "keys"):
        lines += [f"[dictionaries.{name}]", f"values = {json.dumps(made[name])}", ""]
    for part in ("returns", "releases", "publications", "data-sets", "people", "keys"):
        lines += ["[[operations]]", f'include-path-regex = "^/v1/{part}/"', "[operations.parameters]",
                  f'"path.id" = {{ dictionary = "{part}", probability = {MOSTLY} }}']
        if part == "releases":
            lines.append(f'"path.name" = {{ dictionary = "files", probability = {MOSTLY} }}')
        lines.append("")
    lines += ["[[operations]]", 'include-path-regex = "^/v1/collections/"', "[operations.parameters]",
              f'"path.collection" = {{ dictionary = "collections", probability = {MOSTLY} }}', ""]
    return "\n".join(lines)
