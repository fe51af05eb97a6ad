"""Makes `verisim_lab` importable from any working directory; one thread keeps results alike."""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
torch.set_num_threads(1)
