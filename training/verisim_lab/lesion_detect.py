"""An independent detector: tells real from synthetic lesions from (patch, mask), trained until its validation stops improving."""

import copy

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

from .lesion_loop import bf16


class Detector(nn.Module):
    """0.39 M parameters; [N, 2, S, S] (patch minus its mean, mask) to one logit each."""

    def __init__(self):
        super().__init__()
        layers, cin = [], 2
        for width, stride in ((32, 1), (64, 2), (96, 1), (128, 2), (128, 1)):
            layers += [nn.Conv2d(cin, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            cin = width
        self.body = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(2 * cin, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, x):
        f = self.body(x)
        under = nn.functional.adaptive_max_pool2d(x[:, 1:], f.shape[2:])
        inside = (f * under).sum((2, 3)) / under.sum((2, 3)).clamp_min(1)
        return self.head(torch.cat([inside, f.amax((2, 3))], 1))[:, 0]


def centred(image, mask, size):
    """Crop of `size` about the mask's middle, edge-padded where the patch ends."""
    ys, xs = np.where(mask)
    cy, cx = (ys.min() + ys.max() + 1) // 2, (xs.min() + xs.max() + 1) // 2
    half = size // 2
    pad = lambda a, mode: np.pad(a, half, mode=mode)[cy:cy + size, cx:cx + size]
    return pad(image, "edge"), pad(mask.astype(np.float32), "constant")


def stack(pairs, size, mask_only=False):
    """Detector input [N, 2, S, S] float32 of (image, mask) pairs."""
    out = np.empty((len(pairs), 2, size, size), np.float32)
    for k, (image, mask) in enumerate(pairs):
        out[k, 0], out[k, 1] = centred(image, mask, size)
    out[:, 0] = 0 if mask_only else (np.clip(out[:, 0], -0.2, 1.6) - 0.5) * 2
    return torch.from_numpy(out)


def _augment(x, rng):
    k = int(rng.integers(4))
    x = torch.rot90(x, k, (2, 3))
    return x.flip(3) if rng.random() < 0.5 else x


def auc_between(train, val, test, seed=0, batch=64, most_epochs=60, patience=4):
    """Train a detector on `train` = (x of class 0, x of class 1), stop by `val`, return test AUC with its scores.

    Each argument is a pair of tensors [N, 2, S, S]. Returns (auc, (scores of class 0, scores of class 1), epochs used).
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = Detector().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=1e-3)
    x = torch.cat(train)
    y = torch.cat([torch.zeros(len(train[0])), torch.ones(len(train[1]))])

    @torch.no_grad()
    def scores(sets):
        net.eval()
        return [torch.cat([net(p) for p in s.split(128)]).numpy() for s in sets]

    def auc(pair):
        return roc_auc_score(np.r_[np.zeros(len(pair[0])), np.ones(len(pair[1]))], np.concatenate(pair))

    best, kept, waited = -1.0, None, 0
    for epoch in range(most_epochs):
        net.train()
        order = rng.permutation(len(x))
        for at in range(0, len(order) - batch // 2, batch):
            rows = order[at:at + batch]
            with bf16():
                logit = net(_augment(x[rows], rng).contiguous(memory_format=torch.channels_last))
            loss = nn.functional.binary_cross_entropy_with_logits(logit.float(), y[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        value = auc(scores(val))
        if value > best + 1e-3:
            best, kept, waited = value, copy.deepcopy(net.state_dict()), 0
        else:
            waited += 1
            if waited == patience - 2:
                for group in optimiser.param_groups:
                    group["lr"] *= 0.3
            if waited >= patience:
                break
    net.load_state_dict(kept)
    found = scores(test)
    return float(auc(found)), found, epoch + 1


def bootstrap_auc(scores, patients, seed=0, rounds=500):
    """95 % interval of the AUC over patients. `scores` and `patients`: pairs (class 0, class 1)."""
    rng = np.random.default_rng(seed)
    value = np.concatenate(scores)
    label = np.r_[np.zeros(len(scores[0])), np.ones(len(scores[1]))]
    who = np.concatenate([np.asarray(p, str) for p in patients])
    rows = {p: np.where(who == p)[0] for p in np.unique(who)}
    names, out = sorted(rows), []
    for _ in range(rounds):
        pick = np.concatenate([rows[names[i]] for i in rng.integers(len(names), size=len(names))])
        if 0 < label[pick].sum() < len(pick):
            out.append(roc_auc_score(label[pick], value[pick]))
    return [round(float(v), 3) for v in np.percentile(out, (2.5, 97.5))]
