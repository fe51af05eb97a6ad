"""Make a shipped model again, from fresh weights to its card: python -m verisim_lab.reproduce --id sr-mr-x2 --data DIR

Runs the stages of `recipes.py` in order, those of what the model needs first. Cut off, it goes on where it was when
started again with the same --folder; stages that are done are not run twice. At the end the model is written to
public/models, with its warm start and golden values, and measured. --compare leaves it there and writes the figures of
both onto the card; --train-only stops before either.
"""

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

from .recipes import RECIPES, Recipe

TRAINING = Path(__file__).resolve().parents[1]


def stage_folder(root: Path, model_id: str, stage: int) -> Path:
    """Where stage 1, 2, ... of a model keeps its checkpoint, its log, and a mark when it is done."""
    return root / model_id / str(stage)


def checkpoint(root: Path, model_id: str, stage: int) -> Path:
    """The checkpoint that a stage left; raises FileNotFoundError where there is none."""
    found = sorted(stage_folder(root, model_id, stage).glob("*.pt"))
    if len(found) != 1:
        raise FileNotFoundError(f"{stage_folder(root, model_id, stage)} holds {len(found)} checkpoints, not one")
    return found[0]


def checkpoints(root: Path, model_id: str, recipes: dict[str, Recipe]) -> dict[int, Path]:
    """What each stage of a model left, from 1."""
    return {n: checkpoint(root, model_id, n) for n in range(1, len(recipes[model_id].stages) + 1)}


def last_checkpoint(root: Path, model_id: str, recipes: dict[str, Recipe]) -> Path:
    """What the last stage of a model left, or of what it needs where it has no stages of its own."""
    recipe = recipes[model_id]
    return checkpoint(root, model_id, len(recipe.stages)) if recipe.stages else last_checkpoint(root, recipe.needs, recipes)


def fill(line: str, words: dict) -> str:
    """The line with its words put in, paths quoted."""
    quoted = lambda v: {k: quoted(w) for k, w in v.items()} if isinstance(v, dict) else shlex.quote(str(v))
    return line.format(**quoted(words))


def call(line: str, log: Path) -> None:
    """Run a line after `python`, its words shown and appended to `log`; raises SystemExit with its status where it fails."""
    print(f"$ python {line}", flush=True)
    process = subprocess.Popen([sys.executable, *shlex.split(line)], cwd=TRAINING, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "a") as kept:
        for words in process.stdout:
            print(words, end="", flush=True)
            kept.write(words)
            kept.flush()
    if process.wait():
        raise SystemExit(process.returncode)


def train(model_id: str, data: Path, root: Path, threads: int, recipes: dict[str, Recipe]) -> None:
    """Run the stages that are not done yet."""
    recipe = recipes[model_id]
    if recipe.needs:
        train(recipe.needs, data, root, threads, recipes)
    for stage, line in enumerate(recipe.stages, 1):
        out = stage_folder(root, model_id, stage)
        done = out / "done"
        if done.exists():
            print(f"{model_id} stage {stage}: done before", flush=True)
            continue
        words = {"data": data, "threads": threads, "out": out}
        if "{last}" in line:
            words["last"] = checkpoint(root, model_id, stage - 1) if stage > 1 else last_checkpoint(root, recipe.needs, recipes)
        if recipe.needs:
            words["needed"] = checkpoints(root, recipe.needs, recipes)
        call(fill(line, words), out / "log.txt")
        done.touch()


def finish(model_id: str, data: Path, root: Path, recipes: dict[str, Recipe], compare: bool = False) -> None:
    """Export the model and write its figures; or, to `compare`, only write figures beside those of the shipped one."""
    recipe = recipes[model_id]
    at = checkpoints(root, model_id, recipes)
    words = {"data": data, "last": last_checkpoint(root, model_id, recipes), "at": at, "log": {n: stage_folder(root, model_id, n) / "log.txt" for n in at}}
    for line in recipe.compare if compare else recipe.finish:
        call(fill(line, words), root / model_id / "finish.txt")


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--id", required=True, choices=RECIPES)
    p.add_argument("--data", required=True, type=Path)
    p.add_argument("--folder", type=Path, default=TRAINING / "checkpoints" / "reproduce", help="checkpoints and logs, kept between runs")
    p.add_argument("--threads", type=int, default=1, help="1 gives the same weights on every such machine")
    p.add_argument("--train-only", action="store_true", help="leave public/models as it is")
    p.add_argument("--compare", action="store_true", help="leave the shipped model as it is; put the figures of the one made again on its card")
    a = p.parse_args()
    data, root = a.data.resolve(), a.folder.resolve()
    train(a.id, data, root, a.threads, RECIPES)
    if not a.train_only:
        finish(a.id, data, root, RECIPES, a.compare)


if __name__ == "__main__":
    main()
