"""Guangdong-shaped synthetic data: what it is calibrated to stands in `calibration.yaml` and docs/synthetic.md.

from evaltools.synthetic import generate
generate("data/raw/synthetic", "data/raw/synthetic_truth", scale=0.02, seed=7)
"""

from evaltools.synthetic.generate import generate

__all__ = ["generate"]
