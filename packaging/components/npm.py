"""The npm packages that build web/ into the files inside the program; none of them is shipped."""

import base64
import json
from urllib.parse import quote


def components(lock="web/package-lock.json"):
    with open(lock, encoding="utf-8") as file:
        packages = json.load(file)["packages"]
    found = {}
    for path, entry in packages.items():
        if not path or entry.get("link"):
            continue
        name = entry.get("name") or path.rsplit("node_modules/", 1)[1]
        scope, _, short = name.rpartition("/")
        purl = "pkg:npm/" + (quote(scope, safe="") + "/" if scope else "") + short
        component = {
            "type": "library",
            "bom-ref": f"{purl}@{entry['version']}",
            **({"group": scope} if scope else {}),
            "name": short,
            "version": entry["version"],
            "scope": "excluded",
            "purl": f"{purl}@{entry['version']}",
            "properties": [{"name": "obolus:use", "value": "build of the web files"}],
        }
        if entry.get("integrity", "").startswith("sha512-"):
            digest = base64.b64decode(entry["integrity"].removeprefix("sha512-")).hex()
            component["hashes"] = [{"alg": "SHA-512", "content": digest}]
        if entry.get("license"):
            component["licenses"] = [{"expression": entry["license"]}] \
                if " " in entry["license"] else [{"license": {"name": entry["license"]}}]
        found[component["bom-ref"]] = component
    return [found[ref] for ref in sorted(found)]
