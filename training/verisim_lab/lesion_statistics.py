"""A second judge of realism that needs few cases: boosted trees on statistics of a lesion, its border and its surroundings.

A convolutional detector of 250 cases may learn nothing and so find nothing; these statistics look where painters
give themselves away (grain, seam, profile), and tell real from painted with a few hundred cases.
"""

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter, label, laplace, uniform_filter
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

#: Distances in pixels from the mask's border, inward and outward, between which a zone lies.
INSIDE = ((0, 1), (1, 2), (2, 3), (3, 4.5), (4.5, 7), (7, np.inf))
OUTSIDE = ((0, 1), (1, 2), (2, 4), (4, 8))
#: Standard deviations (px) of the Gaussians whose differences are fine detail.
DETAIL = (0.8, 1.6)


def _of(values, zone, measure, least=1):
    return float(measure(values[zone])) if zone.sum() >= least else np.nan


def _between(distance, bounds):
    return [(distance > a) & (distance <= b) for a, b in bounds]


def _around(image, mask, away):
    """Statistics of what lies outside the mask, at most 8 px away; a painter cannot change them."""
    zones = _between(away, OUTSIDE)
    means = [_of(image, z, np.mean) for z in zones]
    grain = np.abs(laplace(image))
    out = means + list(np.diff(means)) + [_of(image, z, np.std, 3) for z in zones]
    out += [_of(grain, z, lambda v: np.log(np.median(v) + 1e-5)) for z in _between(away, ((1.5, 3), (3, 8)))]
    return out + [_of(image, zones[0], np.max), float(mask.sum())]


def _within(image, mask, away):
    """Grey values, profile, spread along rings, fine detail and shape of what lies under the mask, and how the border runs on."""
    depth = distance_transform_edt(mask)
    zones, outer = _between(depth, INSIDE), _between(away, OUTSIDE)
    inside = image[mask]
    means = [_of(image, z, np.mean) for z in zones + outer]
    out = [inside.mean(), inside.std(), *np.percentile(inside, (0, 10, 50, 90, 100)), float(depth.max())]
    out += means + list(np.diff(means)) + [_of(image, z, np.std, 3) for z in zones]
    smooth = [gaussian_filter(image, s) for s in DETAIL]
    around = (away > 2) & (away <= 8)
    for fine in (laplace(image), image - smooth[0], smooth[0] - smooth[1]):
        level = lambda z: _of(np.abs(fine), z, lambda v: np.log(np.median(v) + 1e-5), 3)
        inner = [level(z) for z in ((depth > 0) & (depth <= 1.5), (depth > 1.5) & (depth <= 3), depth > 3, depth > 4.5)]
        out += inner + [v - level(around) for v in inner] + [level((away > 0) & (away <= 2))]
    for a, b in ((zones[0], outer[0]), (zones[1], outer[0]), (zones[1], outer[1])):
        near = lambda z: uniform_filter(z.astype(float), 3)
        there = (near(a) > 0.1) & (near(b) > 0.1)
        x, y = (uniform_filter(image * z, 3)[there] / near(z)[there] for z in (a, b))
        out.append(np.corrcoef(x, y)[0, 1] if there.sum() > 4 and x.std() > 0 and y.std() > 0 else np.nan)
    steep = np.hypot(*np.gradient(gaussian_filter(image, 0.7)))
    out += [_of(steep, z, np.mean) for z in zones + outer]
    bright = mask & (image > (inside.max() + image[around].min()) / 2)
    middle = lambda m: np.argwhere(m).mean(0)
    offset = float(np.linalg.norm(middle(bright) - middle(mask))) if bright.any() else np.nan
    return out + [bright.sum() / mask.sum(), label(bright)[1], offset]


def statistics(image: np.ndarray, mask: np.ndarray, place_only: bool = False) -> np.ndarray:
    """All statistics [K] of an image in model range and a bool mask that lies 8 px or more inside it; NaN where there are no pixels for one."""
    image, away = np.asarray(image, np.float64), distance_transform_edt(~mask)
    return np.array(_around(image, mask, away) + ([] if place_only else _within(image, mask, away)), np.float64)


def auc_of_statistics(train, test, place_only: bool = False):
    """(AUC, (scores of class 0, scores of class 1)) on `test`, of trees grown on `train`; each (class 0, class 1) of lists of (image, mask)."""
    table = lambda sets: np.array([statistics(i, m, place_only) for s in sets for i, m in s])
    truth = lambda sets: np.repeat([0, 1], [len(s) for s in sets])
    trees = HistGradientBoostingClassifier(max_iter=150, learning_rate=0.06, max_leaf_nodes=8, l2_regularization=1.0,
                                           min_samples_leaf=15, random_state=0).fit(table(train), truth(train))
    scores = trees.predict_proba(table(test))[:, 1]
    return float(roc_auc_score(truth(test), scores)), (scores[:len(test[0])], scores[len(test[0]):])
