"""Several runs of train.py in one process, or in the processes of one torchrun: imports take longest.

python tests/sharded_runs.py runs.json        # [[flag, value, …], …]; "== 0" and so on go before each
"""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import train

for number, flags in enumerate(json.loads(Path(sys.argv[1]).read_text())):
    for name in [name for name in os.environ if name.startswith(("ACCELERATE_", "FSDP_"))]:
        del os.environ[name]  # accelerate's, from the run before
    print(f"== {number}", flush=True)
    train.main(flags)
