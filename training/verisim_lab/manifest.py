"""public/models/manifest.json: the one list of models the studio reads.

Two trainers may write at once: every change is a read-modify-write under a lock.
"""

import fcntl
import hashlib
import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

MODELS = Path(__file__).resolve().parents[2] / "public" / "models"


def describe_file(path: Path) -> dict:
    """{file, sha256, bytes} of a file, its name relative to the manifest."""
    data = Path(path).read_bytes()
    return {"file": Path(path).name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


@contextmanager
def locked(models: Path):
    models.mkdir(parents=True, exist_ok=True)
    # Outside the folder, which is served; it stays, since removing it would let two holders in.
    name = hashlib.sha256(str(models.resolve()).encode()).hexdigest()[:16]
    with open(Path(tempfile.gettempdir()) / f"verisim-manifest-{name}.lock", "w") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def read_manifest(models: Path = MODELS) -> dict:
    """The manifest, or an empty one."""
    path = Path(models) / "manifest.json"
    return json.loads(path.read_text()) if path.exists() else {"version": 1, "models": []}


def _write(models: Path, manifest: dict) -> None:
    path = Path(models) / "manifest.json"
    manifest["models"].sort(key=lambda m: m["id"])
    temporary = path.with_suffix(".json.tmp")
    temporary.write_text(json.dumps(manifest, indent=2) + "\n")
    os.replace(temporary, path)


def update_model(entry: dict, models: Path = MODELS) -> None:
    """Insert an entry or replace the fields it names; variants not named are kept."""
    models = Path(models)
    with locked(models):
        manifest = read_manifest(models)
        old = next((m for m in manifest["models"] if m["id"] == entry["id"]), None)
        if old is None:
            manifest["models"].append(entry)
        else:
            variants = {**old.get("variants", {}), **entry.get("variants", {})}
            old.update(entry)
            old["variants"] = variants
        _write(models, manifest)


def remove_variant(model_id: str, variant: str, models: Path = MODELS) -> None:
    """Take one variant out of the list (its files stay)."""
    models = Path(models)
    with locked(models):
        manifest = read_manifest(models)
        for m in manifest["models"]:
            if m["id"] == model_id:
                m["variants"].pop(variant, None)
        _write(models, manifest)


def variant_entry(forward: Path, gradient: Path | None = None) -> dict:
    """The manifest's record of one variant."""
    entry = describe_file(forward)
    if gradient is not None:
        entry["gradient"] = describe_file(gradient)
    return entry


def check_manifest(models: Path = MODELS) -> list[str]:
    """What is wrong: missing files, other hashes or sizes. Empty when all is well."""
    wrong = []
    for m in read_manifest(models)["models"]:
        for name, v in m["variants"].items():
            for d in (v, *([v["gradient"]] if "gradient" in v else [])):
                path = Path(models) / d["file"]
                if not path.exists():
                    wrong.append(f"{m['id']}/{name}: {d['file']} is missing")
                elif {k: d[k] for k in ("file", "sha256", "bytes")} != describe_file(path):
                    wrong.append(f"{m['id']}/{name}: {d['file']} is not the file listed")
        if not (Path(models) / m["card"]).exists():
            wrong.append(f"{m['id']}: no card {m['card']}")
    return wrong
