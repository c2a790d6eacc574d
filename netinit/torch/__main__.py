"""Check a model from the command line: ``python -m netinit.torch check package:build``.

The exit code is 0 if no error was found, 1 if one was, 2 if the arguments cannot be meant.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence

from torch import nn

from netinit.reporting.report import Report
from netinit.torch import check, laws, probe, trace

OK, FOUND, USAGE = 0, 1, 2


class UsageError(Exception):
    """The arguments do not lead to a model or a batch."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit code."""
    options = _parser().parse_args(argv)
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 (as python -m does)
    try:
        report = options.run(options)
    except (UsageError, TypeError, ValueError) as error:
        print(f"netinit.torch: {error}", file=sys.stderr)
        return USAGE
    if options.json:
        print(report.to_json())
    elif options.markdown:
        print(report.to_markdown())
    else:
        print(report)
    return OK if report.ok else FOUND


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m netinit.torch", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run, takes_batch, what in (
        ("check", _check, True, "one forward and backward pass over a batch"),
        ("probe", _probe, True, "a short training, beside the best constant answer"),
        ("laws", _laws, False, "which law each parameter was drawn from"),
        ("trace", _trace, False, "where each parameter's values come from"),
    ):
        command = commands.add_parser(name, help=what, description=what)
        command.set_defaults(run=run)
        command.add_argument("build", metavar="package.module:name", help="builds the model")
        if takes_batch:
            command.add_argument("--batch", required=True, metavar="package.module:name",
                                 help="a batch, or a function that makes it")  # fmt: skip
            command.add_argument("--loss", metavar="package.module:name",
                                 help="a function of output and target")  # fmt: skip
            command.add_argument("--steps", type=int, help="how many steps of training")
        form = command.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="print JSON")
        form.add_argument("--markdown", action="store_true", help="print Markdown")
    return parser


def _check(options: argparse.Namespace) -> Report:
    return check(_model(options.build), _batch(options.batch), **_options(options))


def _probe(options: argparse.Namespace) -> Report:
    return probe(_model(options.build), _batch(options.batch), **_options(options))


def _laws(options: argparse.Namespace) -> Report:
    return laws(_model(options.build))


def _trace(options: argparse.Namespace) -> Report:
    build = _named(options.build)
    with trace() as made:
        model = _built(build, options.build)
    return made.report(model)


def _options(options: argparse.Namespace) -> dict[str, object]:
    given = {} if options.steps is None else {"steps": options.steps}
    return given | ({"loss": _named(options.loss)} if options.loss else {})


def _model(path: str) -> nn.Module:
    return _built(_named(path), path)


def _built(build: object, path: str) -> nn.Module:
    model = build if isinstance(build, nn.Module) else _called(build, path)
    if not isinstance(model, nn.Module):
        raise UsageError(f"{path} gives {type(model).__name__}, not a torch.nn.Module")
    return model


def _batch(path: str) -> object:
    batch = _named(path)
    return _called(batch, path) if callable(batch) else batch


def _called(build: Callable[[], object], path: str) -> object:
    if not callable(build):
        raise UsageError(f"{path} is {type(build).__name__}, neither a model nor a function")
    return build()


def _named(path: str) -> object:
    """What ``package.module:name`` stands for."""
    module, colon, name = path.partition(":")
    if not (module and colon and name):
        raise UsageError(f"{path!r} must be package.module:name")
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and not module.startswith(error.name):
            raise
        raise UsageError(f"there is no module {module!r} to import") from None
    for part in name.split("."):
        if not hasattr(found, part):
            raise UsageError(f"{module} has no {name!r}")
        found = getattr(found, part)
    return found


if __name__ == "__main__":
    sys.exit(main())
