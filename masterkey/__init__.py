"""What the scripts of this repository share, each module named by its domain word."""

import logging
import os

# Before torch is loaded: threads that wait for each other sleep instead of spinning. Beside one other
# busy process, 2 spinning threads on 2 cores made training 6 times slower (docs/experiments.md).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Optional packages that transformers imports where they are installed: what they warn about at import
# (kernels for other machines) is no matter of these scripts.
for _package in ("torchao", "bitsandbytes", "torch.utils._pytree"):
    logging.getLogger(_package).setLevel(logging.ERROR)
