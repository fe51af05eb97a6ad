"""Values that SciPy, scikit-learn and statsmodels give for a scripted reader; the numbers stand in the tests.

    python test/oracles/reader_study.py > test/golden/reader-study.json
"""

import json
import sys

import numpy as np
from scipy.stats import binomtest, norm
from sklearn.metrics import cohen_kappa_score, roc_auc_score, roc_curve
from statsmodels.stats.inter_rater import fleiss_kappa


def delong(pos, neg):
    """AUC and its 95 % interval by DeLong's variance, written from the paper with numpy."""
    psi = (pos[:, None] > neg[None]) + 0.5 * (pos[:, None] == neg[None])
    v10, v01, auc = psi.mean(1), psi.mean(0), psi.mean()
    se = np.sqrt(v10.var(ddof=1) / len(pos) + v01.var(ddof=1) / len(neg))
    z = norm.ppf(0.975)
    return float(auc), max(0.0, float(auc - z * se)), min(1.0, float(auc + z * se))


def main():
    rng = np.random.default_rng(7)
    answers = []
    for reader, skill in (("A", 0.9), ("B", 0.4), ("C", 0.0)):
        for i in range(40):
            truth = i % 2
            latent = rng.normal(skill * (1 if truth else -1), 1.5)
            rating = int(np.clip(np.ceil(abs(latent) * 1.5), 1, 5)) * (1 if latent > 0 else -1)
            answers.append((reader, f"item-{i:02d}", truth, rating, int(rng.integers(800, 9000))))
    out = {"answers": answers, "readers": {}, "agreement": {}}
    said = {}
    for reader in "ABC":
        rows = [a for a in answers if a[0] == reader]
        truth = np.array([r[2] for r in rows])
        rating = np.array([r[3] for r in rows])
        called = (rating > 0).astype(int)
        said[reader] = called
        right = int((called == truth).sum())

        def part(k, n):
            ci = binomtest(int(k), int(n)).proportion_ci(0.95, "exact")
            return [k / n, ci.low, ci.high]

        auc, low, high = delong(rating[truth == 1], rating[truth == 0])
        assert abs(auc - roc_auc_score(truth, rating)) < 1e-12
        fpr, tpr, _ = roc_curve(truth, rating, drop_intermediate=False)
        out["readers"][reader] = {
            "accuracy": part(right, len(rows)),
            "sensitivity": part(int(called[truth == 1].sum()), int((truth == 1).sum())),
            "specificity": part(int((1 - called[truth == 0]).sum()), int((truth == 0).sum())),
            "auc": [auc, low, high],
            "p": binomtest(right, len(rows)).pvalue,
            "medianSeconds": float(np.median([r[4] for r in rows]) / 1000),
            "roc": np.stack([fpr, tpr], 1).tolist(),
        }
    out["agreement"]["cohenAB"] = cohen_kappa_score(said["A"], said["B"])
    counts = np.stack([[3 - s, s] for s in (said["A"] + said["B"] + said["C"])])
    out["agreement"]["fleiss"] = float(fleiss_kappa(counts))
    json.dump(out, sys.stdout)


if __name__ == "__main__":
    main()
