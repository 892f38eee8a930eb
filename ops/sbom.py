"""Writes the bill of materials of the locked packages: CycloneDX 1.6, JSON, from the lock alone.

`make sbom` reads `requirements.lock` and asks nobody: the same lock gives the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tomllib
import uuid
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
SPEC_VERSION = "1.6"
_PACKAGE = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*(?:\\|$)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def components_of(lock: str) -> list[dict[str, object]]:
    """Return one component for each pinned package, with the hashes of its files."""
    found: list[dict[str, object]] = []
    hashes: list[dict[str, str]] = []
    for line in lock.splitlines():
        package = _PACKAGE.match(line)
        if package is not None:
            name, version, marker = package.groups()
            hashes = []
            url = f"pkg:pypi/{name.lower()}@{version}"
            reference = f"{url}#{marker.strip()}" if marker else url
            component: dict[str, object] = {
                "type": "library",
                "bom-ref": reference,
                "name": name,
                "version": version,
                "purl": url,
                "hashes": hashes,
            }
            if marker:
                component["properties"] = [{"name": "marker", "value": marker.strip()}]
            found.append(component)
        hashes += [{"alg": "SHA-256", "content": content} for content in _HASH.findall(line)]
    return found


def bill_of(lock: str, project: dict[str, str]) -> dict[str, object]:
    """Return the whole document. Its serial number is made of the lock, so nothing in it is chance."""
    digest = hashlib.sha256(lock.encode()).digest()[:16]
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC_VERSION}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPEC_VERSION,
        "serialNumber": f"urn:uuid:{uuid.UUID(bytes=digest, version=5)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": project["name"],
                "name": project["name"],
                "version": project["version"],
            }
        },
        "components": components_of(lock),
    }


def main(arguments: list[str] | None = None) -> int:
    """Write the bill to a file, or to standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lock", type=Path, default=LOCK)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args(arguments)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = json.dumps(bill_of(chosen.lock.read_text(encoding="utf-8"), project), indent=1) + "\n"
    if chosen.out is None:
        sys.stdout.write(text)
    else:
        chosen.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
