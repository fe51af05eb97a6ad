"""What the cards of the lesion models say, apart from the measured figures."""

LICENCE = {"CT": "CC-BY-4.0", "MR": "CC-BY-NC-SA-4.0"}
NORMALISATION = {
    "CT": {"type": "window", "low": -1000, "high": 400},
    "MR": {"type": "percentile", "low": 0.5, "high": 99.5, "scope": "series"},
}

_CT_DATA = [
    {"name": "LIDC-IDRI nodule patches (96 x 96, 8 bit, HU estimated)", "licence": "CC BY 3.0",
     "counts": "2732 patches with a usable grey-to-HU line: about 2160 of 508 patients for training, 438 of 111 patients held out"},
    {"name": "chest CT slices: LIDC-IDRI (3 patients, 68 slices) and TCGA-LUAD (46 patients, 82 slices)", "licence": "CC BY 3.0",
     "counts": "128 slices of the training side; 13 TCGA patients held out"},
]
_MR_DATA = [
    {"name": "TCGA-LGG FLAIR with masks of the whole FLAIR abnormality (Buda et al.)",
     "licence": "CC BY-NC-SA 4.0 (masks and derivative), CC BY 3.0 (TCIA images)",
     "counts": "1095 slices of 69 patients for training, 360 slices of 25 patients held out"},
]
_CT_CREDITS = ["Armato et al. 2011, LIDC-IDRI, doi:10.7937/K9/TCIA.2015.LO9QL9SX",
               "Albertina et al. 2016, TCGA-LUAD, TCIA"]
_MR_CREDITS = ["Buda, Saha, Mazurowski, Comput Biol Med 2019 (masks)",
               "Pedano et al., TCGA-LGG, TCIA 2016, doi:10.7937/K9/TCIA.2016.L4LTD3TK"]
_CT_LIMITS = [
    "Trained on patches whose pixel spacing is unknown (about 0.68 to 0.82 mm): sizes are in pixels, no millimetres are claimed.",
    "Grey values of most training patches were mapped to HU by an estimate (error at mid grey about 0 to 31 HU).",
    "One slice at a time: neighbouring slices are not looked at.",
]
_MR_LIMITS = [
    "Trained on axial FLAIR of 94 patients from five institutions, 8 bit, resized to 256 x 256 by the set's authors; spacing about 0.9 mm.",
    "Patients of the set are demographically skewed (98 of 108 with known race share one code).",
    "Other MR contrasts than FLAIR were never seen.",
    "One slice at a time: neighbouring slices are not looked at.",
]
_NEVER = ["Not for diagnosis, treatment or any decision about a patient.",
          "Generated images must not be passed off as real."]
_NC = ["Not for commercial use: the weights inherit CC BY-NC-SA 4.0 from the training masks."]

_SEGMENT = "U-Net, 3x3 convolutions (batch norm folded), LeakyReLU 0.1, average pooling, nearest enlargement, sigmoid"
_INSERT = ("U-Net painter with two critics that see patch and mask: a spectral-norm hinge patch critic, and a judge with one answer a lesion "
           "(logistic loss, R1). The painter sees the patch, the mask and the softened mask (mask times its 5x5 binomial blur), and says what "
           "a lesion adds. z [1, 4160] standard normal: 64 values of style, then a 64 x 64 map of grain; enlargements are followed by a 3x3 "
           "binomial blur. output = image + soft * painted: outside the mask the input, exactly, and under it the grain and the vessels or "
           "folds of the place stay. Trained on lesion-free places alone; real lesions were shown to the critics and to the measures of "
           "contrast, profile, border and texture that its paintings must match in distribution")
_REMOVE = "A painter of the inserter's size without z that does not see the masked pixels, trained to paint healthy tissue into masks over lesion-free regions"
_CRITIC = "The inserter's trained patch critic (spectral norm folded): mean of its fine and coarse score maps; above 0 looks real"


def _card(model_id, title, purpose, network, ct, extra=(), code="train_lesion.py"):
    return {"id": model_id, "title": title, "purpose": purpose, "network": network,
            "trainingData": _CT_DATA if ct else _MR_DATA, "credits": _CT_CREDITS if ct else _MR_CREDITS,
            "licence": LICENCE["CT" if ct else "MR"], "limits": [*extra, *(_CT_LIMITS if ct else _MR_LIMITS)],
            "mustNot": _NEVER if ct else [*_NEVER, *_NC]}


CARDS = {c["id"]: c for c in (
    _card("segment-ct-nodule", "Lung nodules, outline",
          "Highlights lung nodules on a CT slice, on originals and on generated slices, and checks inserted nodules.", _SEGMENT, True,
          ["On whole slices it also marks vessel cross-sections (about a dozen areas a slice in lung, see the figures): in one slice a vessel "
           "looks like a nodule. Use it to check a lesion whose place is known, or look at it through the lung alone.",
           "Large masses (above some 50 pixels across) are hardly in the training set.",
           "In a third of the training tiles a real nodule, and in a fifth lung, was moved in from another training patient, softly: real pixels, no generated ones."]),
    _card("segment-mr-glioma", "Glioma on FLAIR, outline",
          "Highlights the FLAIR abnormality of a lower-grade glioma, on originals and on generated slices, and checks inserted lesions.",
          _SEGMENT, False),
    _card("lesion-insert-ct-nodule", "Lung nodule, insert",
          "Paints a synthetic lung nodule into a given mask, for training sets and teaching.", _INSERT, True,
          ["The mask holds the nodule with the rim in which it fades, about two pixels beyond a reader's outline. Filled into a reader's "
           "outline it fades inside it and comes out too small (see the mask truth), and its edge tells it from real ones (see the realism).",
           "It adds to the place: a vessel under the mask shows through a faint nodule, and nothing outside the mask changes, so no vessel bends or "
           "thickens towards it. A few have a ring or dark spots that hardly a real nodule has: ask for another one.",
           "A segmenter of its own (seed, width and tiles other than the shipped one's) had a small say in training, so that nodules are as findable "
           "as real ones."]),
    _card("lesion-insert-mr-glioma", "Glioma on FLAIR, insert",
          "Paints a synthetic FLAIR abnormality into a given mask, for training sets and teaching.", _INSERT, False,
          ["The mask holds the lesion with its fading rim, up to two pixels beyond a reader's outline.",
           "The lesion ends at the mask and does not push tissue aside: no mass effect.",
           "It adds to the place: folds of the cortex and the border of a ventricle or of the brain stem can show through where a real glioma would "
           "efface them. Large ones can have a dark core. Edges are steeper than real ones with the rim. Filled into a reader's outline it fades inside "
           "it (see the mask truth), and its edge tells it from real ones (see the realism)."]),
    _card("lesion-remove-ct", "Lung nodule, remove", "Paints lung into a mask, to see a slice without the nodule.", _REMOVE, True,
          ["Grow an outline by two or three pixels before removing, since a nodule's edge fades beyond it.",
           "What it paints is smoother than noisy lung: a large mask can be told by its missing noise and vessels."]),
    _card("lesion-remove-mr", "Glioma on FLAIR, remove", "Paints healthy-looking tissue into a mask, to see a slice without the lesion.",
          _REMOVE, False, ["Grow an outline by two or three pixels before removing.",
                           "What it paints is a guess, not what lay there before the disease.",
                           "It is smoother than brain: gyri and sulci are not drawn in large masks."]),
    _card("realism-lesion-ct", "Where does a nodule look false?", "Score map of a patch with a lesion: above 0 looks real.", _CRITIC, True,
          ["It judges the inserter it was trained with; on other generators it is only a hint."]),
    _card("realism-lesion-mr", "Where does a glioma look false?", "Score map of a patch with a lesion: above 0 looks real.", _CRITIC, False,
          ["It judges the inserter it was trained with; on other generators it is only a hint."]),
)}
