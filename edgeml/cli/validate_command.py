"""`edgeml validate`: one model through every runtime, compared pair by pair."""

from __future__ import annotations

from typing import Annotated

import typer

from edgeml.cli.common import (
    Bind,
    Data,
    InputLayout,
    Json,
    Model,
    Numerics,
    Optimize,
    Quiet,
    Scale,
    Seed,
    Size,
    Targets,
    Toolchain,
    TrustPickle,
    Verbose,
    check_optimize,
    check_toolchain,
)


def validate(
    model: Model,
    data: Data = None,
    samples: Annotated[
        int | None,
        typer.Option("--samples", min=1, help="How many: all of --data, or 100 random ones.", show_default=False),
    ] = None,
    target: Targets = None,
    resolver: Annotated[
        str, typer.Option("--resolver", help="LiteRT's kernels: default (XNNPACK) or ref.")
    ] = "default",
    numerics: Numerics = "litert",
    toolchain: Toolchain = "zig",
    optimize: Optimize = "balanced",
    bind: Bind = None,
    size: Size = None,
    input_layout: InputLayout = "onnx",
    trust_pickle: TrustPickle = False,
    scale: Scale = 1,
    json: Json = None,
    seed: Seed = 0,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Run the same inputs through every runtime and compare each pair, down to the first layer that differs.

    The original file in its own runtime, our LiteRT, ONNX and C exports, the reference in Python, and emulated cores
    (cortex-m4 unless --target names others). Also proves from the weights that no int32 accumulator can overflow.
    Without --data the inputs are random over the model's input ranges; an .npz with int8 x holds an int8 model's codes,
    and y gives the accuracy of each. Emulated cores run as many samples as fit some minutes.

    Exit code 1: a pair differs by more than the documented bounds explain, or an accumulator can overflow.

    Example: edgeml validate model.tflite --data test.npz --target cortex-m4 --json records.json

    Example: edgeml validate model.tflite --samples 1000 --resolver ref
    """
    from edgeml.bench.record import save
    from edgeml.cli.common import bound_values, load_model
    from edgeml.cli.validate_printing import print_validation
    from edgeml.errors import BudgetError, TargetError
    from edgeml.passes import canonicalize, with_numerics
    from edgeml.validate.accumulators import require_no_overflow
    from edgeml.validate.records import to_records
    from edgeml.validate.run import validate_graph
    from edgeml.validate.runners import choose_targets
    from edgeml.validate.samples import RANDOM_SAMPLES, data_samples, random_samples

    check_toolchain(toolchain)
    aim = check_optimize(optimize)
    graph = with_numerics(canonicalize(load_model(model, bind, size, input_layout, trust_pickle)), numerics)
    if data is None:
        inputs = random_samples(graph, samples or RANDOM_SAMPLES, seed)
    else:
        inputs = data_samples(data, graph, samples, scale=scale, seed=seed, quiet=quiet)
    targets = choose_targets(target or (), toolchain, graph.numerics)
    found = validate_graph(
        graph,
        inputs,
        targets,
        path=model,
        toolchain=toolchain,
        resolver=resolver,
        optimize=aim,
        bind=bound_values(bind),
        quiet=quiet,
    )
    print_validation(found)
    if json is not None:
        typer.echo(f"wrote {save(json, to_records(found))}")
    # what the user asked for by name and did not get is an error, after everything else was shown and written
    for skipped in found.skipped:
        if skipped.target in (target or ()):
            raise TargetError(f"{skipped.name} was not run: {skipped.reason}")
    require_no_overflow(found.accumulators)
    beyond = [p for p in found.pairs if not p.passed]
    if beyond:
        raise BudgetError(
            f"{beyond[0].first_name} and {beyond[0].second_name} differ beyond the documented bounds "
            f"({len(beyond)} of {len(found.pairs)} pairs do). The table above names the layer."
        )
