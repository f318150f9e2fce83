"""The `edgeml` command: registers every command and turns errors into one line and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import typer

from edgeml import __version__
from edgeml.cli import (
    bench_command,
    build_command,
    compile_command,
    doctor_command,
    inspect_command,
    ops_command,
    prune_command,
    quantize_command,
    report_command,
    run_command,
    targets_command,
    train_command,
    validate_command,
)
from edgeml.errors import EdgeMLError

INTERRUPTED = 130
BROKEN = 70
# typer carries its own copy of click in some versions and depends on click in others
_ClickException: Any = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")


def _version(show: bool) -> None:
    if show:
        typer.echo(f"edgeml {__version__}")
        raise typer.Exit


def _callback(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Prune, quantise and compile a model for an edge device, and measure what it cost.

    Results go to stdout, progress to stderr. Exit codes: 0 done, 1 a budget or check was missed, 2 wrong use or
    unreadable input.
    """


def make_app() -> typer.Typer:
    """The command table; commands import what they need when they run."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(_callback)
    app.command("build")(build_command.build)
    app.command("train")(train_command.train)
    app.command("prune")(prune_command.prune)
    app.command("quantize")(quantize_command.quantize)
    app.command("compile")(compile_command.compile_model)
    app.command("run")(run_command.run)
    app.command("validate")(validate_command.validate)
    app.command("bench")(bench_command.bench)
    app.command("report")(report_command.report)
    app.command("inspect")(inspect_command.inspect)
    app.command("ops")(ops_command.ops)
    app.command("targets")(targets_command.targets)
    app.command("doctor")(doctor_command.doctor)
    return app


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point. Never shows a traceback unless -v was given."""
    args = list(sys.argv[1:] if argv is None else argv)
    verbose = "-v" in args or "--verbose" in args
    code: object
    try:
        code = typer.main.get_command(make_app()).main(args, prog_name="edgeml", standalone_mode=False)
        if code == INTERRUPTED:
            # newer typer turns Ctrl-C into this exit code itself, and says nothing
            raise KeyboardInterrupt
    except typer.Exit as stop:
        code = stop.exit_code
    except _ClickException as error:
        code = _wrong_use(error)
    except (KeyboardInterrupt, typer.Abort):
        code = _say("interrupted; finished stages are kept, run the same command again to go on.", INTERRUPTED)
    except EdgeMLError as error:
        if verbose:
            traceback.print_exc()
        code = _say(str(error), error.exit_code)
    except BrokenPipeError:
        # the reader of stdout went away (`| head`): not an error, but Python would complain when it exits
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        if verbose:
            raise
        hint = "Free some disk space." if error.errno == errno.ENOSPC else "Check the path and its permissions."
        code = _say(f"{error.filename or 'file'}: {error.strerror or error}. {hint}", 2)
    except Exception as error:
        if verbose:
            raise
        code = _say(f"internal error, {type(error).__name__}: {error}. Run again with -v for the traceback.", BROKEN)
    sys.exit(code if isinstance(code, int) else 0)


def _wrong_use(error: Any) -> int:
    """Help when there was no command at all, else one line."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return 2
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "edgeml"
    return _say(f"{error.format_message().rstrip('.')}. See: {command} --help", 2)


def _say(message: str, code: int) -> int:
    sys.stderr.write(f"edgeml: {' '.join(message.split())}\n")
    return code
