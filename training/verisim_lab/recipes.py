"""How each shipped model is made: its stages in order, from fresh weights, then what exports and measures it.

A line is a command after `python`, run in training/. {data} and {threads} are the caller's; {out} is the stage's own
folder; {last} the checkpoint of the stage before, or of the last stage of what it `needs`; {needed[2]} that of stage 2 of
what it needs, {at[2]} of its own.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """stages: trainings; finish: export, figures on the card; compare: figures beside the shipped model's; needs: the model whose stages come first."""

    stages: tuple[str, ...]
    finish: tuple[str, ...]
    compare: tuple[str, ...] = ()
    needs: str = ""


def _super_resolution(model_id: str, faithful: tuple[str, ...], perceptual: str, every: int, blend: float = 1.0, needs: str = "") -> Recipe:
    n = len(faithful)
    train = f"-m verisim_lab.sr_train --id {model_id} --data {{data}} --checkpoints {{out}} --threads {{threads}} "
    logs = " ".join(f"{{log[{i + 1}]}}" for i in range(n))
    return Recipe(
        tuple(train + more for more in faithful)
        + (f"-m verisim_lab.sr_perceptual --id {model_id} --data {{data}} --checkpoints {{out}} --threads {{threads}} --faithful {{last}} {perceptual}",),
        (f"-m verisim_lab.sr_export --id {model_id} --checkpoint {{at[{n}]}}",
         f"-m verisim_lab.sr_export --id {model_id} --variant perceptual --blend {blend} --checkpoint {{at[{n + 1}]}}",
         f"evaluate_sr.py --id {model_id} --data {{data}} --every {every} --write-card",
         f"-m verisim_lab.sr_curve --id {model_id} --log {logs}"),
        (f"-m verisim_lab.sr_again --id {model_id} --data {{data}} --checkpoint {{at[{n}]}}",),
        needs)


def _realism(modality: str) -> Recipe:
    return Recipe((), (f"-m verisim_lab.sr_realism --modality {modality} --checkpoint {{last}}",
                       f"evaluate_realism.py --modality {modality} --data {{data}} --write-card"), needs=f"sr-{modality.lower()}-x2")


def _lesion(model_id: str, stages: tuple[str, ...], measure: str = "", needs: str = "") -> Recipe:
    script = "train_segment.py" if model_id.startswith("segment-") else "train_lesion.py"
    train = f"{script} --kind {'nodule' if '-ct' in model_id else 'glioma'} --data {{data}} --out {{out}}/{model_id}.pt --threads {{threads}} "
    export = f"export_lesion.py --id {model_id} --checkpoint {{last}}"
    figures = f"evaluate_lesion.py --id {model_id} --data {{data}} {measure}".strip()
    compare = f"{figures.replace(' --cases', ' --parts realism,dice --cases')} --checkpoint {{last}} --again"
    measured = not model_id.startswith("realism-")
    return Recipe(tuple(train + more for more in stages), (export, figures) if measured else (export,),
                  (compare,) if measured and not model_id.startswith("segment-") else (), needs)


FRESH = "--warm none"
RECIPES = {
    "sr-mr-x2": _super_resolution("sr-mr-x2", (
        f"{FRESH} --steps 48000 --batch 4 --patch 64 --lr 1e-3 --muon 0.005",
        "--warm {last} --steps 20000 --batch 4 --patch 64 --lr 4e-4 --muon 0.003 --squared"), "--steps 4000", every=6),
    "sr-ct-x2": _super_resolution("sr-ct-x2", (
        f"{FRESH} --steps 40000 --batch 7 --patch 48 --lr 1e-3 --muon 0.005 --float32-share 0",
        "--warm {last} --steps 20000 --batch 7 --patch 48 --lr 2.5e-4 --muon 0.003 --squared"), "--steps 4000", every=2),
    "sr-mr-x4": _super_resolution("sr-mr-x4", ("--warm {needed[2]} --steps 4000 --batch 8 --patch 40",), "--steps 2500", every=6, blend=0.75, needs="sr-mr-x2"),
    "sr-ct-x4": _super_resolution("sr-ct-x4", ("--warm {needed[2]} --steps 3300 --batch 10 --patch 32",), "--steps 4000", every=6, needs="sr-ct-x2"),
    "realism-mr": _realism("MR"),
    "realism-ct": _realism("CT"),
    "segment-ct-nodule": _lesion("segment-ct-nodule", (f"{FRESH} --steps 9000 --rate 1.5e-3",)),
    "segment-mr-glioma": _lesion("segment-mr-glioma", (f"{FRESH} --steps 5000",)),
    "lesion-insert-ct-nodule": _lesion("lesion-insert-ct-nodule", (f"{FRESH} --steps 4500",), "--cases 350 200"),
    "lesion-insert-mr-glioma": _lesion("lesion-insert-mr-glioma", (f"{FRESH} --steps 3500",), "--cases 350 200"),
    "lesion-remove-ct": _lesion("lesion-remove-ct", ("--task remove --from {last} --steps 2000",), needs="lesion-insert-ct-nodule"),
    "lesion-remove-mr": _lesion("lesion-remove-mr", ("--task remove --from {last} --steps 1000",), needs="lesion-insert-mr-glioma"),
    "realism-lesion-ct": _lesion("realism-lesion-ct", (), needs="lesion-insert-ct-nodule"),
    "realism-lesion-mr": _lesion("realism-lesion-mr", (), needs="lesion-insert-mr-glioma"),
}
