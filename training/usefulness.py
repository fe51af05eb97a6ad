"""Do synthetic lesions help where labels are few? A small U-Net with 10 % of the patients' labels, several seeds.

`python usefulness.py --kind nodule --data DIR [--seeds 5] [--steps 500] [--generator-steps 400]`

Arms, same number of steps: real only; + classical augmentation; + classical and copy-paste; + classical and our lesions.
Copy-paste and our lesions use the same cases (donor mask, place), all of the drawn patients. Ours fill the outline and
its rim (--rim px, where real lesions fade); labelled is the outline, or with --label mask all that was filled. "ours, 10 %": the generator
too was trained on those patients alone, for --generator-steps each (0 leaves this arm out). "ours, generator of all
training patients": the shipped generator, which has seen the other patients' lesions; a line of its own, not the answer.
Tested on the held-out patients.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from scipy.stats import t as student

import train_lesion
from verisim_lab.cards import write_card
from verisim_lab.lesion_cases import RIM, evaluation_pairs, with_rim
from verisim_lab.lesion_data import load_glioma, load_nodules
from verisim_lab.lesion_infer import Shipped, Trained, draw_z, on_grid
from verisim_lab.lesion_loop import Average, bf16, cosine, prepare, set_rate
from verisim_lab.lesion_measure import dice
from verisim_lab.lesion_split import draw_fraction
from verisim_lab.segment_net import SegmentNet
from train_segment import loss_of

ID = {"nodule": "lesion-insert-ct-nodule", "glioma": "lesion-insert-mr-glioma"}
SIZE = {"nodule": 64, "glioma": 128}
OURS, SHIPPED = "+ classical, ours, 10 %", "+ classical, ours, generator of all training patients"
ARMS = ("real only", "+ classical", "+ classical, copy-paste", OURS, SHIPPED)


def items_of(kind, data, held_out, patients=None):
    """[(image, mask, patient)]: 96 px nodule patches or FLAIR slices."""
    if kind == "nodule":
        d = load_nodules(data, held_out)
        rows = list(zip(d.image, d.mask, d.patient))
    else:
        rows = [(s.image, s.mask, s.patient) for s in load_glioma(data, held_out)]
    return [r for r in rows if patients is None or r[2] in patients]


def cut(image, mask, size, rng, near=True):
    """A random tile; with `near` one that touches the lesion two times in three."""
    h, w = image.shape
    y, x = rng.integers(0, h - size + 1), rng.integers(0, w - size + 1)
    if near and mask.any() and rng.random() < 0.67:
        ys, xs = np.where(mask)
        k = rng.integers(len(ys))
        y = int(np.clip(ys[k] - rng.integers(size // 6, size - size // 6), 0, h - size))
        x = int(np.clip(xs[k] - rng.integers(size // 6, size - size // 6), 0, w - size))
    return image[y:y + size, x:x + size], mask[y:y + size, x:x + size]


def classical(image, mask, rng, turns):
    """Flips (and quarter turns for CT), grey scale and shift, noise."""
    if turns:
        k = int(rng.integers(4))
        image, mask = np.rot90(image, k), np.rot90(mask, k)
    if rng.random() < 0.5:
        image, mask = image[:, ::-1], mask[:, ::-1]
    image = image * rng.uniform(0.9, 1.1) + rng.uniform(-0.05, 0.05) + rng.normal(0, rng.uniform(0, 0.03), image.shape)
    return image, mask


def train_unet(kind, real, extra, augment, steps, seed):
    """SegmentNet (16, 32, 64, 64) on tiles; half of each batch from `extra` where there is any."""
    rng = prepare(seed)
    net = SegmentNet((16, 32, 64, 64)).to(memory_format=torch.channels_last)
    average = Average(net, 0.98)
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=1e-4)
    size, batch = SIZE[kind], 16 if kind == "nodule" else 8
    for step in range(steps):
        set_rate(optimiser, cosine(step / steps, 2e-3))
        tiles = []
        for k in range(batch):
            if extra and k % 2:
                image, mask = extra[rng.integers(len(extra))]
            else:
                image, mask, _ = real[rng.integers(len(real))]
                image, mask = cut(image, mask, size, rng)
            tiles.append(classical(image, mask, rng, kind == "nodule") if augment else (image, mask))
        x = torch.from_numpy(np.stack([np.ascontiguousarray(i, np.float32) for i, _ in tiles]))[:, None]
        y = torch.from_numpy(np.stack([np.ascontiguousarray(m, np.float32) for _, m in tiles]))[:, None]
        net.train()
        with bf16():
            logits = net(x.contiguous(memory_format=torch.channels_last))
        loss = loss_of(logits.float(), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        average.update(net, step)
    return average.net


@torch.no_grad()
def test_dice(net, tests):
    """Mean over patients of the mean Dice."""
    scores = {}
    for image, mask, patient in tests:
        found = net(torch.from_numpy(np.ascontiguousarray(image))[None, None])[0, 0].numpy() > 0
        scores.setdefault(patient, []).append(dice(found, mask))
    return float(np.mean([np.mean(v) for v in scores.values()]))


def own_generator(kind, data, patients, steps, seed):
    """An inserter trained on the drawn patients alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "g.pt"
        train_lesion.train_insert(argparse.Namespace(kind=kind, data=data, seed=seed, out=path, minutes=None, steps=steps, source=None, warm=None, with_critic=False, threads=1), patients)
        return Trained(path, kind)


def row_of(arm, scores):
    """A row of the table: mean Dice of an arm and its gain over real only, paired over the seeds that have both; t interval."""
    gain = np.array([100 * (s[arm] - s[ARMS[0]]) for s in scores])
    half = student.ppf(0.975, len(gain) - 1) * gain.std(ddof=1) / np.sqrt(len(gain))
    return {"training": arm, "seeds": len(gain), "Dice": round(float(np.mean([s[arm] for s in scores])), 4),
            "gain in points": round(float(gain.mean()), 2), "95 % interval of the gain": [round(float(gain.mean() + e), 2) for e in (-half, half)]}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--kind", choices=ID, default="nodule")
    p.add_argument("--data", required=True)
    p.add_argument("--seeds", type=int, default=5)
    p.add_argument("--steps", type=int, default=500)
    p.add_argument("--cases", type=int, default=400, help="synthetic lesions per seed")
    p.add_argument("--fraction", type=float, default=0.1)
    p.add_argument("--generator-steps", type=int, default=400)
    p.add_argument("--scores", type=Path, default=Path("checkpoints/usefulness"), help="a file a seed; what is there is not run again")
    p.add_argument("--only", type=int, nargs="*", help="run these seeds alone (another process may run the others)")
    p.add_argument("--later", nargs="*", default=[], choices=ARMS, help="arms to leave for a later run")
    p.add_argument("--partial", action="store_true", help="write the card although arms are missing: of three seeds or more, which each row says")
    p.add_argument("--figure", default="", help="ends the name of the card's figure: a table of its own beside the others")
    p.add_argument("--rim", type=int, default=RIM, help="pixels beyond the readers' outline that ours fill (default: as the inserter was trained)")
    p.add_argument("--label", choices=("outline", "mask"), default="outline")
    a = p.parse_args()
    rng = np.random.default_rng(0)
    size = SIZE[a.kind]
    tests = [(*cut(i, m, size, rng, near=True), who) for i, m, who in items_of(a.kind, a.data, True) if m.any()]
    tests = [t for t in tests if t[1].any()]
    everyone = sorted({r[2] for r in items_of(a.kind, a.data, False)})
    arms = [n for n in ARMS if a.generator_steps or n != OURS]
    a.scores.mkdir(parents=True, exist_ok=True)
    kept = lambda seed: a.scores / f"{a.kind}-{a.steps}-{a.generator_steps}-seed{seed}.json"
    read = lambda seed: json.loads(kept(seed).read_text()) if kept(seed).exists() else {}
    for seed in range(a.seeds) if a.only is None else a.only:
        start = time.time()
        drawn = set(draw_fraction(everyone, a.fraction, seed))
        real = items_of(a.kind, a.data, False, drawn)
        cases = evaluation_pairs(a.kind, a.data, False, a.cases, seed=100 + seed, patients=drawn)
        label = lambda c: c.mask | c.there

        def made(painter):
            z = np.random.default_rng(seed)
            filled = with_rim(cases, a.rim)
            return [(on_grid(painter(c.place, c.mask, draw_z(z)), c.place, c.mask, c.place_step, c.place_offset),
                     label(c if a.label == "mask" else outline)) for c, outline in zip(filled, cases)]

        extras = {
            "real only": lambda: None,
            "+ classical": lambda: None,
            "+ classical, copy-paste": lambda: [(np.where(c.mask, c.real, c.place), label(c)) for c in cases],
            OURS: lambda: made(own_generator(a.kind, a.data, drawn, a.generator_steps, seed)),
            SHIPPED: lambda: made(Shipped(ID[a.kind])),
        }
        values = read(seed)
        for name in (n for n in arms if n not in values and n not in a.later):
            values[name] = test_dice(train_unet(a.kind, real, extras[name](), name != "real only", a.steps, seed), tests)
            print(f"seed {seed} {name}: {values[name]:.4f} ({len(drawn)} patients, {len(real)} images, {time.time() - start:.0f} s)", flush=True)
            kept(seed).write_text(json.dumps(values))
    done = {name: [seed for seed in range(a.seeds) if name in read(seed)] for name in arms}
    if any(len(seeds) < a.seeds for seeds in done.values()) and not a.partial:
        print("not all arms of all seeds are there yet")
        return
    table = [row_of(name, [read(seed) for seed in seeds]) for name, seeds in done.items() if len(seeds) > 2]
    for row in table:
        print(row)
    command = f"python usefulness.py --kind {a.kind} --data DIR --seeds {a.seeds} --steps {a.steps} --generator-steps {a.generator_steps}" + ("" if a.label == "outline" else " --label mask") + (" --partial" if a.partial else "") + (f' --figure "{a.figure}"' if a.figure else "")
    write_card(ID[a.kind], {"figures": [{
        "name": "Usefulness: Dice of a small U-Net trained on 10 % of the patients" + ("" if a.label == "outline" else ", labels with the rim") + (f", {a.figure}" if a.figure else ""),
        "command": command, "table": table,
        "note": f"{len(tests)} tiles of {len({t[2] for t in tests})} held-out patients; t interval over seeds; "
                f"ours fill {a.rim} px beyond the readers' outline, labelled is "
                + ("the outline; " if a.label == "outline" else "all that was filled; ")
                + "goal: at least +5 points over real only and not below copy-paste"
                + ("" if a.generator_steps else "; the arm whose generator too knows only these 10 % was not run")}]})


if __name__ == "__main__":
    main()
