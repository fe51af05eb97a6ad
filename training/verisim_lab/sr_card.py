"""What every super-resolution card says besides its figures."""

from .cards import code_revision, revision_of

CREDITS = {
    "MR": ["Lesjak et al., Neuroinformatics 2016 (doi:10.1007/s12021-016-9301-1): longitudinal MS brain MR, CC BY",
           "Hanke et al., Sci Data 2014 1:140003 (studyforrest), PDDL 1.0",
           "FNNDSC, Boston Children's Hospital, MIT", "rordenlab (niimath), CC0 1.0"],
    "CT": ["Armato et al. 2011, LIDC-IDRI, doi:10.7937/K9/TCIA.2015.LO9QL9SX, CC BY 3.0",
           "Albertina et al. 2016, TCGA-LUAD, CC BY 3.0",
           "Vallières et al. 2015, Soft-tissue-Sarcoma, doi:10.7937/K9/TCIA.2015.7GO2GSKS, CC BY 3.0",
           "Philips head phantom series (qact), BSD-2-Clause"],
}
LIMITS = {
    "MR": ["Trained on six persons; figures from three others. Brain only, few scanners, 8-bit sources for ms_long.",
           "Detail beyond the acquired band is inferred from the surroundings, not measured. Where a scanner "
           "interpolated (Acquisition Matrix below Rows/Columns) enlarging recovers nothing.",
           "The held-out healthy volume is one skull-stripped head. Noise limits what can be gained on FLAIR.",
           "Positively homogeneous (no biases): the output scales with the input, so -0.2...4 in model range is safe."],
    "CT": ["Training slices are few (see counts) and partly thick.",
           "head_qact is a skull phantom, not a living brain, and its held-out series is so smooth that the lost band is "
           "nearly empty: its large gain only says that interpolation is exact there. Read the means without it.",
           "Model range 0...1 is -1024...3071 HU. The map is affine and never clips: values outside are computed "
           "without a bound and come back exactly; padding values are taken out before and put back after.",
           "Small calcifications and nodules of one or two pixels may be smoothed (faithful) or invented (perceptual)."],
}
MUST_NOT = ["Not for diagnosis or treatment decisions; not a medical device.",
            "Not for measuring lesions smaller than about two source pixels.",
            "The perceptual variant adds plausible texture: never read it as evidence of anatomy."]


def card_fields(model_id: str, held: list, volumes: list) -> dict:
    """Card fields of a model, with counts taken from the volumes loaded."""
    modality = "CT" if "-ct-" in model_id else "MR"
    scale = model_id[-1]
    sets = []
    for name in sorted({v.set for v in volumes}):
        mine = [v for v in volumes if v.set == name]
        sets.append({
            "set": name,
            "licence": mine[0].info.get("licence") or mine[0].info["rows"][0]["licence"],
            "trainingPersons": len({v.person for v in mine if not v.held}),
            "trainingSlices": sum(len(v.slices) for v in mine if not v.held),
            "heldOutPersons": len({v.person for v in mine if v.held}),
            "heldOutSlices": sum(len(v.slices) for v in mine if v.held),
        })
    return {
        "id": model_id, "title": f"{modality} super-resolution ×{scale}",
        "purpose": f"Enlarges a {modality} slice {scale} times in each direction on the half-pixel grid. "
                   + ("Faithful: least error. Perceptual: sharper texture, a GAN. " if modality == "MR" else
                      "Faithful: least error in HU. Perceptual: texture like a sharper scan, a GAN. ")
                   + "For research, teaching and dataset augmentation.",
        "network": "Eight 3x3 convolutions of 48 channels (dilations 1, 2, 3, 3, 2, 1 inside), LeakyReLU, no biases, "
                   "branches fused at export; fixed bicubic skip; strictly local.",
        "trainingData": sets, "credits": CREDITS[modality], "licence": "CC-BY-4.0",
        "code": revision_of(model_id) or f"training/verisim_lab/sr_train.py at {code_revision()}", "seed": 20261124,
        "limits": LIMITS[modality], "mustNot": MUST_NOT,
    }
