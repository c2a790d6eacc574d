"""Runs a function on several processes that talk to each other, as a training on several does."""

import datetime
import sys
import tempfile

import pytest
import torch
from torch import distributed, multiprocessing

# PyTorch 2.6 lacks what its own fully_shard calls on a processor; it can shard, but not run.
runs_shards = pytest.mark.skipif(
    not hasattr(torch.cpu.Stream, "record_event"),
    reason="fully_shard of this PyTorch does not run on a processor",
)
# What takes long to import is imported once, by the process that all others are forked from.
_IMPORTED = ["torch.distributed.fsdp", "torch.distributed.tensor"]
_METHOD = "forkserver" if sys.platform == "linux" else "spawn"  # elsewhere forks are not safe
# A machine may be busy: what is waited for comes, or never.
PATIENCE = datetime.timedelta(minutes=4)


def on_ranks(work, *arguments, size=2):
    """What `work(rank, *arguments)` returns on each rank, in their order.

    They meet at a file, so that no port is asked for. `work` must be a function of a module, and
    its result no tensor. What a rank raises is raised here.
    """
    with tempfile.TemporaryDirectory() as folder:
        given = folder, size, work, arguments
        multiprocessing.set_forkserver_preload(_IMPORTED)
        multiprocessing.start_processes(_run, given, nprocs=size, start_method=_METHOD)
        return [torch.load(f"{folder}/{rank}", weights_only=False) for rank in range(size)]


def _run(rank, folder, size, work, arguments):
    torch.set_num_threads(1)
    store = distributed.FileStore(f"{folder}/store", size)
    distributed.init_process_group(
        "gloo", store=store, rank=rank, world_size=size, timeout=PATIENCE
    )
    try:
        torch.save(work(rank, *arguments), f"{folder}/{rank}")
        distributed.barrier()
    finally:
        distributed.destroy_process_group()
