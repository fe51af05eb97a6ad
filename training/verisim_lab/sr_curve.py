"""Put training logs' validation curve on the card: python -m verisim_lab.sr_curve --id sr-mr-x2 --log FILE [FILE ...]"""

import argparse
import re
from pathlib import Path

from .cards import read_card, write_card

NAME = "validation curve of the faithful weights"


def read_curve(text: str) -> list[dict]:
    """[{step, seconds, "I/set": gain in dB, ...}] from the lines a trainer prints."""
    curve, seconds = [], 0
    for line in text.splitlines():
        if m := re.match(r"step \d+ (\d+)s", line):
            seconds = int(m[1])
        if m := re.match(r"(?:done )?step (\d+) ema (.*)", line):
            gains = {k: float(v) for k, v in re.findall(r"([IK]/.+?) ([+-]\d+\.\d+)", m[2])}
            curve.append({"step": int(m[1]), "seconds": seconds, **gains})
    return curve


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("--id", required=True)
    p.add_argument("--log", required=True, type=Path, nargs="+", help="one a run, in the order of the runs")
    p.add_argument("--points", type=int, default=12, help="of these logs")
    p.add_argument("--append", action="store_true", help="after the points that stand on the card: its weights were gone on with")
    a = p.parse_args()
    there = next((f["table"] for f in read_card(a.id)["figures"] if f["name"] == NAME), []) if a.append else []
    curve: list[dict] = there[-1:]
    for log in a.log:
        before = curve[-1] if curve else {"step": 0, "seconds": 0}
        curve += [row | {k: row[k] + before[k] for k in ("step", "seconds")} for row in read_curve(log.read_text())]
    curve = curve[len(there[-1:]):]
    step = max(1, len(curve) // a.points)
    chosen = there + curve[::step] + ([curve[-1]] if (len(curve) - 1) % step else [])
    write_card(a.id, {"figures": [{
        "name": NAME, "table": chosen,
        "command": f"python -m verisim_lab.sr_curve --id {a.id} --log LOG",
        "note": "dB over the track's baseline on six middle slices a set of held-out persons; averaged weights. "
                "The last share of the run is in float32 with a falling rate."}]})
    for row in chosen:
        print(row)


if __name__ == "__main__":
    main()
