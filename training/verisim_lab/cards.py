"""Model cards: public/models/<id>.card.json, shown in the studio.

A card says what a model is for, what it was trained on and under which
licence, what was measured by which command, and who must not use it for what.
"""

import json
import os
import subprocess
from pathlib import Path

from .manifest import MODELS, locked

FIELDS = ("id", "title", "purpose", "network", "trainingData", "credits", "licence", "code", "seed", "figures",
          "limits", "mustNot")

#: Ends the name of a figure of weights that one command made again from fresh ones, and that are not the shipped ones.
AGAIN = ", made again by one command"


def code_revision() -> str:
    """Commit of the training code, with a plus sign where its files differ from it."""
    here = Path(__file__).parent
    run = lambda *a: subprocess.run(["git", *a], cwd=here, capture_output=True, text=True).stdout.strip()
    try:
        revision = run("rev-parse", "--short=12", "HEAD")
        return (revision + ("+" if run("status", "--porcelain", ".") else "")) or "unknown"
    except FileNotFoundError:
        return "unknown"


def revision_of(model_id: str, models: Path = MODELS) -> str | None:
    """What the card says of the code of its weights, where these are committed as they are; None for new weights."""
    changed = subprocess.run(["git", "status", "--porcelain", f"{model_id}.onnx"], cwd=models, capture_output=True, text=True)
    return None if changed.returncode or changed.stdout.strip() else read_card(model_id, models).get("code")


def read_card(model_id: str, models: Path = MODELS) -> dict:
    """The card of a model, or an empty one with every field."""
    path = Path(models) / f"{model_id}.card.json"
    if path.exists():
        return json.loads(path.read_text())
    return {"id": model_id, "figures": []}


def write_card(model_id: str, fields: dict, models: Path = MODELS) -> None:
    """Set fields of a card. Figures are merged by their `name`: [{name, command, value | table, note}]."""
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise ValueError(f"no such fields on a card: {sorted(unknown)}")
    models = Path(models)
    with locked(models):
        card = read_card(model_id, models)
        figures = {f["name"]: f for f in card.get("figures", [])}
        figures.update({f["name"]: f for f in fields.get("figures", [])})
        card.update(fields)
        card["figures"] = [figures[k] for k in sorted(figures)]
        card = {k: card[k] for k in FIELDS if k in card}
        path = models / f"{model_id}.card.json"
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n")
        os.replace(temporary, path)
