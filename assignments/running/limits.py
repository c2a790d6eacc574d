"""The limits of a submission: each is one entry of `Limits`, from which the rest follows.

What follows: the options of ``grade``, what the sandbox sets, what a report says where the system
does not enforce a limit, and the rows of the guide's table (a test compares them).
"""

from dataclasses import Field, asdict, dataclass, field, fields

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Meaning:
    """What a limit is about, and how it is enforced.

    Parameters
    ----------
    of : str
        What is limited, as in "a limit on the time of a cell".
    unit : str
        The unit of the number, and what happens beyond the limit if that needs saying.
    resource : str
        The constant of Python's module ``resource`` by which the system enforces the limit; empty
        if the grader itself enforces it.
    factor : int
        The number times this factor is in the unit of the resource.
    linux_only : bool
        Whether only Linux enforces the resource.
    counts_user : bool
        Whether the system counts the resource for all processes of a user together: it can then
        be set only where the user has no other processes.
    """

    of: str
    unit: str = ""
    resource: str = ""
    factor: int = 1
    linux_only: bool = False
    counts_user: bool = False


def _limit(default: float, of: str, unit: str = "", **how: object) -> Field:
    return field(default=default, metadata={"meaning": Meaning(of, unit, **how)})


@dataclass(frozen=True)
class Limits:
    """What one submission may use; `default_text` gives the units."""

    cell_seconds: int = _limit(30, "the processor time of a cell", "s, then it is interrupted")
    # The system's own limit on each process is twice as much, and ends the process.
    seconds: int = _limit(
        300,
        "the processor time of a notebook",
        "s, then the rest is not run",
        resource="RLIMIT_CPU",
        factor=2,
    )
    memory_mb: int = _limit(
        2048,
        "the memory of each process",
        "MB",
        resource="RLIMIT_AS",
        factor=MEGABYTE,
        linux_only=True,
    )
    processes: int = _limit(
        48,
        "the number of processes and threads",
        resource="RLIMIT_NPROC",
        linux_only=True,
        counts_user=True,
    )
    output_mb: float = _limit(1.0, "the output kept of a cell", "MB")
    all_output_mb: float = _limit(20.0, "the output kept of a notebook", "MB")
    # The home, /tmp and /dev/shm have this size too: see isolation.py.
    files_mb: int = _limit(64, "the size of files", "MB", resource="RLIMIT_FSIZE", factor=MEGABYTE)


def meaning(limit: Field) -> Meaning:
    """The meaning of a field of `Limits`."""
    return limit.metadata["meaning"]


def option(limit: Field) -> str:
    """The option of the command line that sets a limit: ``--memory-mb``."""
    return f"--{limit.name.replace('_', '-')}"


def default_text(limit: Field) -> str:
    """The default of a limit with its unit: ``2048 MB``."""
    return f"{limit.default:g} {meaning(limit).unit}".strip()


def resources(limits: Limits, enforced: set[str]) -> dict[str, int]:
    """What to set with ``resource.setrlimit``: numbers by the names of its constants.

    Parameters
    ----------
    limits : Limits
        The limits, in their own units.
    enforced : set of str
        The names of the limits that this system can enforce; the others are not set.

    Returns
    -------
    dict
        In bytes, seconds or processes, as ``setrlimit`` wants them.
    """
    values = asdict(limits)
    return {
        how.resource: int(how.factor * values[limit.name])
        for limit in fields(limits)
        if (how := meaning(limit)).resource and limit.name in enforced
    }
