"""How well a realism model tells real slices from enlarged ones, on held-out persons.

    python evaluate_realism.py --modality MR --data DIR [--every 6] [--write-card]

Prints, for each kind of enlarged slice, the mean score and the area under the
ROC curve of real against it (one mean score a slice), with a 95 % bootstrap
interval over patients.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(Path(__file__).parent))
from evaluate_sr import Shipped, enlarge  # noqa: E402
from verisim_lab.cards import code_revision, write_card  # noqa: E402
from verisim_lab.manifest import MODELS, read_manifest  # noqa: E402
from verisim_lab.sr_card import CREDITS, card_fields  # noqa: E402
from verisim_lab.sr_data import load_ct, load_mr  # noqa: E402
from verisim_lab.sr_probes import reduce  # noqa: E402


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("--modality", required=True, choices=("MR", "CT"))
    p.add_argument("--data", required=True, type=Path)
    p.add_argument("--models", type=Path, default=MODELS)
    p.add_argument("--every", type=int, default=6)
    p.add_argument("--write-card", action="store_true")
    a = p.parse_args()
    entries = {m["id"]: m for m in read_manifest(a.models)["models"]}
    model_id, sr = f"realism-{a.modality.lower()}", entries[f"sr-{a.modality.lower()}-x2"]
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(a.models / entries[model_id]["variants"]["default"]["file"], options)
    nets = {v: Shipped(sr, v, a.models, 1) for v in sr["variants"]}
    volumes = (load_ct if a.modality == "CT" else load_mr)(a.data)
    halo = entries[model_id]["halo"]
    edge = halo // entries[model_id]["multipleOf"] + 2

    def score(image: np.ndarray) -> float:
        x = np.pad(image, halo, mode="edge").astype(np.float32)[None, None]
        return float(session.run(None, {"image": x})[0][0, 0, edge:-edge, edge:-edge].mean())

    scores: dict = {}
    patients: list = []
    for v in volumes:
        if not v.held:
            continue
        for sl in v.slices[:: a.every] if len(v.slices) > 6 else v.slices[:1]:
            h, w = (n // 4 * 4 for n in sl.shape)
            high = np.ascontiguousarray(sl[:h, :w])
            low = reduce(high, 2, "K" if a.modality == "MR" else "I")
            patients.append(v.person)
            scores.setdefault("real", []).append(score(high))
            scores.setdefault("bicubic", []).append(score(enlarge(low, 2, "bicubic")))
            for name, net in nets.items():
                scores.setdefault(name, []).append(score(net(low)))
    patients = np.array(patients)
    names, rng, table = np.unique(patients), np.random.default_rng(7), []
    real = np.array(scores["real"])
    print(f"{model_id}: {len(names)} patients, {len(real)} slices; mean score of real slices {real.mean():+.3f}")
    for kind in [k for k in scores if k != "real"]:
        false = np.array(scores[kind])
        auc = lambda i: roc_auc_score(np.r_[np.ones(len(i)), np.zeros(len(i))], np.r_[real[i], false[i]])
        draws = [auc(np.concatenate([np.flatnonzero(patients == n) for n in rng.choice(names, len(names))]))
                 for _ in range(1000)]
        lo, hi = np.quantile(draws, (0.025, 0.975))
        value = auc(np.arange(len(real)))
        paired = float((real > false).mean())
        print(f"  {kind:11s} mean score {false.mean():+.3f}  AUC {value:.3f} [{lo:.3f}, {hi:.3f}]  "
              f"real scores higher on {paired:.0%} of the slices")
        table.append({"against": kind, "meanScore": round(float(false.mean()), 4), "meanScoreReal": round(float(real.mean()), 4),
                      "auc": [round(float(x), 4) for x in (value, lo, hi)], "pairedShare": round(paired, 4),
                      "patients": len(names), "slices": len(real)})
    if a.write_card:
        base = card_fields(sr["id"], [], volumes)
        write_card(model_id, {
            "id": model_id, "title": f"{a.modality} realism map",
            "purpose": "Scores each 4x4 block of a high-resolution slice: the higher, the more it looks like a scanner's. "
                       "Zero has no meaning; the figures give the mean scores of real and of enlarged slices. Shows "
                       "where a generated slice looks false.",
            "network": "Patch discriminator, five convolutions, spectrally normalised; trained beside sr-"
                       f"{a.modality.lower()}-x2 perceptual with a hinge loss.",
            "trainingData": base["trainingData"], "credits": CREDITS[a.modality], "licence": "CC-BY-4.0",
            "code": f"training/verisim_lab/sr_perceptual.py at {code_revision()}", "seed": 20261125,
            "limits": ["It knows one generator's mistakes and smooth enlargements, not every generator's.",
                       "A high score is no proof that a slice is real; texture and noise decide it, not anatomy."],
            "mustNot": ["Not for telling forged images from real ones.", "Not for diagnosis."],
            "figures": [{"name": "real against enlarged, held-out persons", "table": table,
                         "command": f"python training/evaluate_realism.py --modality {a.modality} --data DIR --every {a.every} --write-card"}],
        }, a.models)


if __name__ == "__main__":
    main()
