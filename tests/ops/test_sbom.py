"""The bill of materials names every locked package with every hash, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

from ops.sbom import LOCK, bill_of, components_of, main

PROJECT = {"name": "x", "version": "1"}


def test_it_holds_every_package_and_hash_of_the_lock(tmp_path: Path) -> None:
    out = tmp_path / "sbom.json"
    assert main(["--out", str(out)]) == 0
    bill = json.loads(out.read_text(encoding="utf-8"))
    lock = LOCK.read_text(encoding="utf-8")
    pinned = re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, re.MULTILINE)
    components = bill["components"]
    assert [(one["name"], one["version"]) for one in components] == pinned
    assert len(pinned) > 20
    hashes = [item["content"] for one in components for item in one["hashes"]]
    assert hashes == re.findall(r"--hash=sha256:([0-9a-f]{64})", lock)
    references = [one["bom-ref"] for one in components]
    assert len(set(references)) == len(references)
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == (
        "CycloneDX",
        "autotrade-etf",
    )
    # A serial number as the standard asks for it.
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bill["serialNumber"])


def test_the_same_lock_is_the_same_bill_and_another_lock_another() -> None:
    one, other = "a==1 \\\n", "a==2 \\\n"
    assert bill_of(one, PROJECT) == bill_of(one, PROJECT)
    assert bill_of(one, PROJECT)["serialNumber"] != bill_of(other, PROJECT)["serialNumber"]


def test_a_marker_tells_two_versions_of_a_package_apart() -> None:
    digest = "0" * 64
    lock = (
        f"numpy==2.2 ; python_version < '3.12' \\\n    --hash=sha256:{digest}\n"
        f"numpy==2.4 ; python_version >= '3.12' \\\n    --hash=sha256:{digest}\n    # via x\n"
    )
    first, second = components_of(lock)
    assert first["purl"] == "pkg:pypi/numpy@2.2"
    assert first["bom-ref"] != second["bom-ref"]
    assert first["properties"] == [{"name": "marker", "value": "python_version < '3.12'"}]
    assert first["hashes"] == [{"alg": "SHA-256", "content": digest}]
