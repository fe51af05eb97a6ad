"""Measure super-resolution models on held-out persons: methods x tracks x sets, with 95 % intervals.

    python evaluate_sr.py --id sr-mr-x2 --data DIR [--every 3] [--write-card]

Runs the shipped ONNX files, the frame padded by `halo` outside the network as
the studio does. Mean over slices, then over patients; intervals by bootstrap
over patients (10,000 draws, seeded). A set of one patient has no interval.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch

sys.path.insert(0, str(Path(__file__).parent))
from verisim_lab import sr_metrics as metrics  # noqa: E402
from verisim_lab.cards import write_card  # noqa: E402
from verisim_lab.manifest import MODELS, read_manifest  # noqa: E402
from verisim_lab.sr_card import card_fields  # noqa: E402
from verisim_lab.sr_data import LGG_SET, load_ct, load_ct_patches, load_lgg, load_mr  # noqa: E402
from verisim_lab.sr_linear import apply_linear, fit_linear  # noqa: E402
from verisim_lab.sr_probes import blank_blobs, planted_contrast, reduce  # noqa: E402
from verisim_lab.sr_degrade import enlarge_bicubic, make_consistent, zero_fill  # noqa: E402

WINDOWS = {"soft": (-160.0, 240.0), "lung": (-1350.0, 150.0)}


class Shipped:
    """One shipped variant: a low-res slice [h,w] in model range -> [sh,sw]."""

    def __init__(self, entry: dict, variant: str, models: Path, threads: int):
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = ort.InferenceSession(models / entry["variants"][variant]["file"], options)
        self.halo, self.scale = entry["halo"], entry["scale"]

    def __call__(self, low: np.ndarray) -> np.ndarray:
        x = np.pad(low, self.halo, mode="edge").astype(np.float32)[None, None]
        y = self.session.run(None, {"image": x})[0][0, 0]
        m = self.halo * self.scale
        return y[m:-m, m:-m]


def averaged(net: Shipped, low: np.ndarray) -> np.ndarray:
    """Mean over the eight orientations of the slice, turned there and back: the studio's "Average of 8 orientations"."""
    total = 0.0
    for turns in range(4):
        for mirrored in (False, True):
            given = np.rot90(low, turns)
            made = net(np.ascontiguousarray(given[:, ::-1] if mirrored else given))
            total = total + np.rot90(made[:, ::-1] if mirrored else made, -turns).astype(np.float64)
    return (total / 8).astype(np.float32)


def enlarge(low: np.ndarray, scale: int, kind: str) -> np.ndarray:
    """Classical enlargement on the half-pixel grid."""
    if kind == "nearest":
        return low.repeat(scale, 0).repeat(scale, 1)
    if kind == "bicubic":
        return enlarge_bicubic(torch.from_numpy(low)[None, None], scale)[0, 0].numpy()
    if kind == "zero-fill":
        return zero_fill(low, scale)
    # Lanczos, three lobes.
    out = low
    for axis in (0, 1):
        n = out.shape[axis]
        at = (np.arange(n * scale) + 0.5) / scale - 0.5
        first = np.floor(at).astype(int) - 2
        taps = first[:, None] + np.arange(6)
        d = at[:, None] - taps
        w = np.sinc(d) * np.sinc(d / 3) * (np.abs(d) < 3)
        w /= w.sum(1, keepdims=True)
        src = np.moveaxis(out, axis, 0)[np.clip(taps, 0, n - 1)]
        out = np.moveaxis(np.einsum("tk,tk...->t...", w, src), 0, axis)
    return out.astype(np.float32)


def fit_radial_filter(pairs, bins: int = 48) -> np.ndarray:
    """Gain per radial bin that gives the faithful outputs the power of the references (the obvious competitor)."""
    gains = []
    for reference, result in pairs:
        gains.append((metrics.radial_power(reference, bins) - metrics.radial_power(result, bins)) / 20)
    return np.clip(10 ** np.mean(gains, 0), 0.2, 5)


def apply_radial_filter(image: np.ndarray, gain: np.ndarray) -> np.ndarray:
    h, w = image.shape
    r = np.minimum(np.hypot(np.fft.fftfreq(h)[:, None], np.fft.fftfreq(w)[None]) * 2, 1.0) * len(gain) - 0.5
    g = np.interp(r.ravel(), np.arange(len(gain)), gain).reshape(h, w)
    g[0, 0] = 1
    return np.fft.ifft2(np.fft.fft2(image.astype(np.float64)) * g).real.astype(np.float32)


def lost_band_noise(high: np.ndarray, low: np.ndarray, scale: int, kind: str) -> float:
    """Variance, over the slice, of the noise in the band that reduction removes: no model can bring it back.

    Measured in the flattest tenth of 8x8 blocks, of tissue and of air apart, and weighted by their areas. Fine
    texture counts as noise here, so the ceiling is a little pessimistic.
    """
    smooth = enlarge(low, scale, kind)
    n = 8
    h, w = (k // n * n for k in high.shape)
    blocks = lambda a: a[:h, :w].reshape(h // n, n, w // n, n).transpose(0, 2, 1, 3).reshape(-1, n * n)
    level, spread, lost = blocks(high).mean(1), blocks(smooth).std(1), blocks(high - smooth).var(1)
    total = 0.0
    for part in (level > 0.15, level <= 0.15):
        if part.sum() >= 20:
            flat = part & (spread <= np.quantile(spread[part], 0.1))
            total += float(np.median(lost[flat])) * part.mean()
    return total


def interval(per_patient: dict, draws: int = 10000) -> tuple:
    """(mean over patients, low, high); low and high are None for fewer than two patients."""
    values = np.array([np.mean(v) for v in per_patient.values()])
    if len(values) < 2:
        return float(values.mean()), None, None
    rng = np.random.default_rng(7)
    means = values[rng.integers(0, len(values), (draws, len(values)))].mean(1)
    return float(values.mean()), *(float(q) for q in np.quantile(means, (0.025, 0.975)))


def seen_gains(net: "Shipped", volumes: list, scale: int, tracks: tuple, every: int) -> list[dict]:
    """Gain on the persons that the weights were trained on: no more than on unseen ones where nothing was learnt by heart."""
    gains: dict = {}
    for v in volumes:
        for sl in v.slices[min(every, len(v.slices)) // 2:: every]:
            m = 2 * scale
            h, w = (n // m * m for n in sl.shape)
            high = np.ascontiguousarray(sl[:h, :w])
            for track in tracks:
                low = reduce(high, scale, track)
                base = metrics.psnr(high, enlarge(low, scale, "bicubic" if track == "I" else "zero-fill"))
                gains.setdefault((track, v.set), {}).setdefault(v.person, []).append(metrics.psnr(high, net(low)) - base)
    return [{"track": t, "set": n, "persons": len(per), "gain": round(float(np.mean([np.mean(g) for g in per.values()])), 3)}
            for (t, n), per in sorted(gains.items())]


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("--id", required=True)
    p.add_argument("--data", required=True, type=Path)
    p.add_argument("--models", type=Path, default=MODELS)
    p.add_argument("--every", type=int, default=3, help="take every n-th held-out slice")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--write-card", action="store_true")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    start = time.monotonic()
    entry = next(m for m in read_manifest(a.models)["models"] if m["id"] == a.id)
    scale, ct = entry["scale"], entry["modality"] == ["CT"]
    nets = {v: Shipped(entry, v, a.models, a.threads) for v in entry["variants"]}
    everything = load_ct(a.data) if ct else load_mr(a.data)
    volumes = [v for v in everything if v.held]
    tracks = ("I",) if ct else ("I", "K")
    linear = {t: fit_linear([v for v in everything if not v.held], scale, t) for t in tracks}
    tested = volumes if ct else volumes + load_lgg(a.data)

    # rows[(track, set)][method][measure][patient] -> list
    rows: dict = {}
    fitted: dict = {}
    work = []
    for v in tested:
        for sl in v.slices if v.set == LGG_SET else v.slices[min(a.every, len(v.slices)) // 2:: a.every]:
            m = 2 * scale
            h, w = (n // m * m for n in sl.shape)
            high = np.ascontiguousarray(sl[:h, :w])
            for track in tracks:
                work.append((v, track, high, reduce(high, scale, track)))
    if "perceptual" in nets:  # in favour of the competitor: its filter is fitted on these very slices
        for track in tracks:
            some = [w for w in work if w[1] == track][::4]
            fitted[track] = fit_radial_filter([(high, nets["faithful"](low)) for _, _, high, low in some])
    for v, track, high, low in work:
        results = {k: enlarge(low, scale, k) for k in ("nearest", "bicubic", "lanczos", *(() if track == "I" else ("zero-fill",)))}
        results["linear 7x7"] = apply_linear(low, linear[track], scale)
        for name, net in nets.items():
            results[name] = net(low)
        results["faithful, consistent"] = make_consistent(results["faithful"], low, scale, track)
        results["faithful, averaged"] = averaged(nets["faithful"], low)
        results["faithful, averaged, consistent"] = make_consistent(results["faithful, averaged"], low, scale, track)
        if track in fitted:
            results["faithful+filter"] = apply_radial_filter(results["faithful"], fitted[track])
        baseline = "bicubic" if track == "I" else "zero-fill"
        base = metrics.psnr(high, results[baseline])
        noise = lost_band_noise(high, low, scale, baseline)
        for method, result in results.items():
            measures = {"psnr": metrics.psnr(high, result), "ssim": metrics.ssim(high, result),
                        "haarpsi": metrics.haarpsi(high, result), "spectrum": metrics.spectrum_error(high, result)}
            measures["gain"] = measures["psnr"] - base
            if ct:
                hu, ref = result * 4095 - 1024, high * 4095 - 1024
                for name, (lo, hi) in WINDOWS.items():
                    d = (np.clip(hu, lo, hi) - np.clip(ref, lo, hi))[8:-8, 8:-8]
                    measures[f"rmse_{name}_hu"] = float(np.sqrt(np.mean(d * d)))
            if method == baseline and np.isfinite(noise):
                measures["ceiling"] = float(10 * np.log10(1 / max(noise, 1e-12)))
            for key, value in measures.items():
                rows.setdefault((track, v.set), {}).setdefault(method, {}).setdefault(key, {}).setdefault(v.person, []).append(value)

    table = []
    for (track, name), methods in sorted(rows.items()):
        patients = len(next(iter(methods.values()))["psnr"])
        count = sum(len(x) for x in next(iter(methods.values()))["psnr"].values())
        print(f"\n{a.id} ×{scale}, track {track}, {name}: {patients} patients, {count} slices")
        for method, measured in methods.items():
            row = {"track": track, "set": name, "method": method, "patients": patients, "slices": count}
            for key, per in measured.items():
                mean, lo, hi = interval(per)
                row[key] = [round(x, 4) if x is not None else None for x in (mean, lo, hi)]
            table.append(row)
            g = row["gain"]
            span = f" [{g[1]:+.2f}, {g[2]:+.2f}]" if g[1] is not None else ""
            extra = "".join(f"  {k[5:-3]} {row[k][0]:.1f} HU" for k in row if k.startswith("rmse"))
            extra += f"  noise ceiling {row['ceiling'][0]:.1f} dB" if "ceiling" in row else ""
            print(f"  {method:30s} {row['psnr'][0]:6.2f} dB  gain {g[0]:+.2f}{span}  SSIM {row['ssim'][0]:.4f}  "
                  f"HaarPSI {row['haarpsi'][0]:.4f}  spectrum error {row['spectrum'][0]:.2f} dB{extra}")
    print()
    for track in tracks:
        for method in (*nets, *(m for m in results if m.startswith("faithful, "))):
            g = [r["gain"][0] for r in table if r["track"] == track and r["method"] == method and r["set"] != LGG_SET]
            print(f"mean over sets, track {track}, {method}: {np.mean(g):+.2f} dB, least {min(g):+.2f}")
            if ct:
                g = [r["gain"][0] for r in table if r["method"] == method and r["set"] != "head_qact"]
                print(f"  without the phantom: {np.mean(g):+.2f} dB")
    seen = seen_gains(nets["faithful"], [v for v in everything if not v.held], scale, tracks, 4 * a.every)
    for row in seen:
        print(f"persons of the training, track {row['track']}, {row['set']}: faithful {row['gain']:+.2f} dB ({row['persons']} persons)")
    probes = []
    for variant, net in nets.items():
        for track in tracks:
            rng = np.random.default_rng(11)
            mine = [w[2] for w in work if w[1] == track]
            ratios = [r for high in mine[:: max(1, len(mine) // 16)]
                      for r in planted_contrast(net, high, scale, track, rng)]
            blank = blank_blobs(net, scale, track, 0.15 if ct else 1.0, rng)
            q = np.quantile(ratios, (0.05, 0.5, 0.95))
            print(f"{variant}, track {track}: planted lesions {np.mean(ratios):.3f} of their contrast "
                  f"(5-95 %: {q[0]:.3f} to {q[2]:.3f}, n {len(ratios)}); blank tissue: {blank['blobs']} blobs, "
                  f"{blank['blobsInReference']} in the reference, spread x{blank['spreadRatio']}")
            probes.append({"variant": variant, "track": track, "contrastMean": round(float(np.mean(ratios)), 4),
                           "contrast5": round(float(q[0]), 4), "contrast95": round(float(q[2]), 4),
                           "lesions": len(ratios), **blank})
    print(f"{time.monotonic() - start:.0f} s")
    if a.write_card:
        command = f"python training/evaluate_sr.py --id {a.id} --data DIR --every {a.every} --write-card"
        fields = card_fields(a.id, volumes, everything + (load_ct_patches(a.data) if a.id == "sr-ct-x2" else []))
        fields["figures"] = [{
            "name": f"held-out persons, ×{scale}", "command": command,
            "note": "[mean, low, high]: 95 % bootstrap interval over patients; null where there is one patient. "
                    "gain: dB over bicubic (track I) or zero-filling (track K). linear 7x7: least-squares filter of the "
                    "training persons. faithful, consistent: with the studio's data consistency on, for the track's own operator. averaged: mean over eight orientations. "
                    + ("" if ct else "LGG is a test set only, 8-bit and resized by its authors, and in no mean. ")
                    + "PSNR peak: "
                    + ("4096 HU." if ct else "p99.5 - p0.5 of the series."),
            "table": table}, {
            "name": f"persons of the training, ×{scale}", "command": command,
            "note": "gain of the faithful weights on the persons they were trained on, dB. Where it is like that on unseen "
                    "persons, more persons would not help: noise and the size of the network set the limit. Where it is much more, they would.",
            "table": seen}, {
            "name": "planted lesions and blank tissue", "command": command,
            "note": "contrast of planted discs of 3-6 low-res pixels that comes back (1 is right); blobs over 3.5 "
                    "spreads in flat noisy tissue, against the reference's own.",
            "table": probes}]
        write_card(a.id, fields, a.models)


if __name__ == "__main__":
    main()
