"""The processes of one run: alone, or the ones that torchrun started, which share the rows out."""

import os
from dataclasses import dataclass
from datetime import timedelta

# One process may be a whole share of a long run ahead of another.
_PATIENCE = timedelta(days=30)


@dataclass(frozen=True)
class Process:
    """This process's number (0 is the one that speaks and merges) among `n` processes."""

    number: int
    n: int
    local_number: int

    @property
    def first(self) -> bool:
        return self.number == 0

    def wait_for_all(self) -> None:
        """Go on when every process is here."""
        if self.n > 1:
            import torch.distributed

            torch.distributed.barrier()


ALONE = Process(0, 1, 0)


def from_first_process(value, n_processes: int):
    """`value` as process 0 of a training run has it; all its processes must ask."""
    if n_processes == 1:
        return value
    from accelerate.utils import broadcast_object_list

    return broadcast_object_list([value])[0]


class joined_processes:
    """Context: the `Process` of this run; torchrun's environment variables say which one."""

    def __enter__(self) -> Process:
        number, n = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        if n > 1:
            import torch.distributed

            # gloo, also on GPUs: processes only wait for each other, they exchange no tensors.
            torch.distributed.init_process_group("gloo", timeout=_PATIENCE)
        return Process(number, n, int(os.environ.get("LOCAL_RANK", 0)))

    def __exit__(self, kind, error, traceback) -> bool:
        if int(os.environ.get("WORLD_SIZE", 1)) > 1:
            import torch.distributed

            torch.distributed.destroy_process_group()
        return False
