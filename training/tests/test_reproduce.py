"""The recipes cover what is shipped, and a run that was cut off goes on."""

import json
import re
from pathlib import Path

import pytest

from verisim_lab import reproduce
from verisim_lab.manifest import MODELS
from verisim_lab.recipes import RECIPES, Recipe

TRAINING = Path(reproduce.__file__).parents[1]


def test_every_shipped_model_has_a_recipe():
    shipped = {m["id"] for m in json.loads((MODELS / "manifest.json").read_text())["models"]}
    assert set(RECIPES) == shipped


@pytest.mark.parametrize("model_id", RECIPES)
def test_its_lines_name_what_exists(model_id):
    recipe = RECIPES[model_id]
    assert not recipe.needs or recipe.needs in RECIPES
    for line in recipe.stages + recipe.finish + recipe.compare:
        words = line.split()
        script = TRAINING / (words[1].replace(".", "/") + ".py" if words[0] == "-m" else words[0])
        known = set(re.findall(r'add_argument\("(--[\w-]+)"', script.read_text()))
        assert {w for w in words if w.startswith("--")} <= known
    for line in recipe.stages:
        assert "--steps" in line, "minutes would make weights depend on the machine"
        assert ("--warm none" in line) + ("{last}" in line) + ("{needed[" in line) == 1, "from fresh weights, or from a stage before"


def stages(tmp_path, body: str) -> dict[str, Recipe]:
    """Two made-up models; each stage writes its name and what it started from."""
    script = tmp_path / "stage.py"
    script.write_text(body)
    run = f"{script} {{out}} "
    return {"first": Recipe((run + "one", run + "two {last}"), (f"{script} {tmp_path} finished {{at[1]}} {{log[2]}}",)),
            "second": Recipe((run + "three {last} {needed[1]}",), (), needs="first"),
            "third": Recipe((), (f"{script} {tmp_path} judged {{last}}",), needs="second")}


BODY = """
import sys, pathlib
out, name, *more = sys.argv[1:]
print(name, *(pathlib.Path(m).read_text() for m in more))
(pathlib.Path(out) / (name + ".pt")).write_text(name)
"""


def test_stages_run_in_order_and_once(tmp_path, capfd):
    recipes, root = stages(tmp_path, BODY), tmp_path / "a b"
    reproduce.train("second", tmp_path, root, 1, recipes)
    assert (root / "first/2/log.txt").read_text() == "two one\n"
    assert (root / "second/1/log.txt").read_text() == "three two one\n"
    reproduce.train("second", tmp_path, root, 1, recipes)
    assert (root / "second/1/log.txt").read_text() == "three two one\n"
    reproduce.finish("first", tmp_path, root, recipes)
    assert "finished one two one" in capfd.readouterr().out
    reproduce.finish("third", tmp_path, root, recipes)
    assert (root / "third/finish.txt").read_text() == "judged three\n"


def test_a_failed_stage_stops_the_run_and_is_run_again(tmp_path):
    root = tmp_path / "runs"
    with pytest.raises(SystemExit) as stopped:
        reproduce.train("first", tmp_path, root, 1, stages(tmp_path, BODY + "sys.exit(3 if name == 'two' else 0)"))
    assert stopped.value.code == 3
    reproduce.train("first", tmp_path, root, 1, stages(tmp_path, BODY))
    assert (root / "first/1/log.txt").read_text() == "one\n"
    assert (root / "first/2/log.txt").read_text() == "two one\n" * 2
