"""Which patients are held out from every lesion model, by a seeded hash of the public patient id.

The rule is fixed: changing the salt or a fraction would leak held-out patients into
training, so the tests pin the counts and a few members.
"""

import hashlib

SALT = "verisim-lesion-2026"
HELD_OUT_FRACTION = {"nodule": 0.21, "glioma": 0.25}


def _unit(kind: str, patient: str) -> float:
    digest = hashlib.sha256(f"{SALT}|{kind}|{patient}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def is_held_out(kind: str, patient: str) -> bool:
    """True where `patient` ('LIDC-IDRI-0001', 'TCGA_CS_4941') is never trained on; `kind` is 'nodule' or 'glioma'."""
    return _unit(kind, str(patient)) < HELD_OUT_FRACTION[kind]


def split_patients(kind: str, patients) -> tuple[list[str], list[str]]:
    """Sorted (train, held out) lists of the unique patient ids given."""
    unique = sorted({str(p) for p in patients})
    held = [p for p in unique if is_held_out(kind, p)]
    return [p for p in unique if not is_held_out(kind, p)], held


def draw_fraction(patients, fraction: float, seed: int) -> list[str]:
    """A seeded draw of `fraction` of the patients (at least one), for the usefulness study."""
    unique = sorted({str(p) for p in patients})
    order = sorted(unique, key=lambda p: hashlib.sha256(f"{seed}|{p}".encode()).digest())
    return sorted(order[: max(1, round(fraction * len(unique)))])
