"""The command line.

Every command is a thin layer over what the window uses too. Results go to standard output, all
else to standard error. Exit codes: 0 fine, 1 the project or its data has problems (listed),
2 wrong usage. Heavy modules are imported by the commands that need them, so that help and mistakes
are answered at once.
"""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, cast

import typer

from graph.errors import TorchloomError
from runtime import examples as shipped
from runtime.commands import fail, guarded, load_gui, show_window
from runtime.terminal import metrics_text, say, table, training_bar, warn, write, write_json

if TYPE_CHECKING:
    from graph.document import Project
    from runtime.headless import Outcome

__all__ = ["app", "main"]

app = typer.Typer(
    name="torchloom",
    help="Design neural networks on a canvas, watch them train, take the PyTorch code with you.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Device(StrEnum):
    """Where to train."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


class Look(StrEnum):
    """A theme."""

    dark = "dark"
    light = "light"


File = Annotated[str, typer.Argument(help="A .loom file, or the name of an example.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON, for machines.")]


def main() -> None:
    """Run the command line. Ends the process with an exit code."""
    guarded(app)


# -- the window -----------------------------------------------------------------------------------


@app.callback(invoke_without_command=True)
def _default(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        write(f"torchloom {installed('torchloom')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        raise typer.Exit(show_window(None))


@app.command("open")
def open_file(file: File) -> None:
    """Open a project in the window."""
    raise typer.Exit(show_window(shipped.locate(file)))


# -- training -------------------------------------------------------------------------------------


@app.command()
def train(
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE", help="A .loom file, or an example; with --resume the run's own."
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="Train on other data of the same kind: a folder of IDX files, an NPZ or CSV "
            "file, a text, triples, a folder of pictures, sounds or clips by class. Layers with "
            "a size for each token or class are made to fit, and named.",
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, max=1_000_000)] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1)] = None,
    device: Annotated[Device | None, typer.Option()] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            file_okay=False,
            help="Make the run's folder in this one instead of the user's data folder.",
        ),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Go on with the run in this folder.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, max=1024, help="CPU threads; chosen by a trial if absent.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Train a project. With --json the last line of standard output is one JSON object."""
    if file is None and resume is None:
        raise typer.BadParameter("Missing argument FILE, or --resume with the folder of a run.")
    loaded = None if file is None else _load(file)
    from runtime import headless

    project, base = loaded or headless.project_of(cast(Path, resume))
    changes = headless.change(
        project,
        data=data,
        epochs=epochs,
        seed=seed,
        device=device.value if device else None,
        threads=threads,
    )
    for line in changes:
        say(line)
    with training_bar() as bar:
        show = bar.write if as_json else write

        def tell(record: dict[str, Any]) -> None:
            show(f"epoch {record['epoch']}/{project.settings.epochs}: {metrics_text(record)}")

        watcher = headless.Watcher(bar.show, tell, bar.write)
        try:
            outcome = headless.train(project, base, watcher, out=out, resume=resume)
        except TorchloomError as error:
            if as_json:
                write_json({"state": "failed", "reason": str(error)})
            _refuse(error)
    _report(outcome, as_json)


def _report(outcome: Outcome, as_json: bool) -> None:
    if as_json:
        write_json(outcome.as_json())
    else:
        if outcome.test:
            write(metrics_text({"test": outcome.test}))
        write(f"{outcome.examples_per_second:,.0f} examples/s with {outcome.threads} thread(s)")
        write(f"run: {outcome.folder}")
    if outcome.interrupted:
        fail(f"stopped after {len(outcome.epochs)} epoch(s); the run is kept: {outcome.folder}")


def _refuse(error: TorchloomError) -> NoReturn:
    """List the problems behind an error where it has several, and end with code 1."""
    problems = getattr(error, "problems", None)
    if not problems:
        fail(str(error))
    for problem in problems:
        say(f"{problem.severity}: {_place(problem.network, problem.title)}: {problem.message}")
    fail(f"{len(problems)} problem(s) keep this project from training")


def _place(network: str, title: str) -> str:
    return f"{network}, {title}"[:160]


def _load(file: str) -> tuple[Project, Path]:
    """Return the project that a user means, and the folder of its file."""
    from graph import files

    path = shipped.locate(file)
    loaded = files.load(path)
    for note in loaded.notes:
        warn(note)
    return loaded.project, path.parent


# -- looking at projects --------------------------------------------------------------------------


@app.command()
def check(file: File, as_json: Json = False) -> None:
    """List everything that is wrong with a project and its data."""
    project, base = _load(file)
    from graph.analysis import Analysis
    from graph.document import TRAINING
    from runtime.checking import check_project

    with_data = check_project(project, base)
    errors = [p for p in with_data if p["severity"] == "error"]
    if as_json:
        write_json({"file": file, "errors": len(errors), "problems": with_data})
    else:
        for problem in with_data:
            place = _place(problem["network"] or "data", problem["title"])
            write(f"{problem['severity']}: {place}: {problem['message']}")
        if not with_data:
            analysis = Analysis(project)
            count = analysis.total(TRAINING).parameters
            write(f"No problems; {count:,} parameters.")
            analysis.close()
    if errors:
        raise typer.Exit(1)


@app.command()
def export(
    file: File,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write into.")],
) -> None:
    """Write a project as plain PyTorch: model.py, data.py, train.py, requirements.txt."""
    project, base = _load(file)
    from runtime.export import export as write_folder

    try:
        written = write_folder(project, base, out)
    except TorchloomError as error:
        _refuse(error)
    for path in written.files:
        write(str(path))
    if written.note:
        say(written.note)


@app.command()
def examples(
    name: Annotated[str | None, typer.Argument(help="The example to write as a file.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write it, with its data beside.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the shipped examples, or write one as a file of your own."""
    if (name is None) != (out is None):
        raise typer.BadParameter("NAME and --out FILE belong together.")
    if name is not None and out is not None:
        written = shipped.copy(name, out)
        if as_json:
            write_json([str(path) for path in written])
        else:
            for path in written:
                write(str(path))
    elif as_json:
        facts = [
            {
                "name": e.name,
                "title": e.title,
                "description": e.description,
                "result": asdict(e.result),
                "file": str(e.path),
            }
            for e in shipped.EXAMPLES
        ]
        write_json(facts)
    else:
        table([(e.name, e.description, str(e.result)) for e in shipped.EXAMPLES])


@app.command()
def catalog(as_json: Json = False) -> None:
    """List every kind of node with its ports and arguments."""
    from runtime.listing import kinds

    found = kinds()
    if as_json:
        write_json(found)
        return
    rows: list[tuple[str, ...]] = []
    for kind in found:
        ports = [", ".join(port["name"] for port in kind[side]) for side in ("inputs", "outputs")]
        arguments = ", ".join(param["name"] for param in kind["params"])
        rows.append((kind["kind"], kind["family"], f"{ports[0]} -> {ports[1]}", arguments))
    table(rows)


@app.command()
def shot(
    file: File,
    out: Annotated[Path, typer.Option(metavar="PNG", dir_okay=False)],
    size: Annotated[str, typer.Option(metavar="WxH", help="In pixels.")] = "1440x900",
    theme: Annotated[Look, typer.Option()] = Look.dark,
) -> None:
    """Draw the window with a project as a picture, without a display."""
    width, height = _size(size)
    path = shipped.locate(file)
    raise typer.Exit(load_gui("gui.shot").run(path, out, (width, height), theme.value))


def _size(text: str) -> tuple[int, int]:
    words = text.lower().split("x")
    if len(words) == 2 and all(word.isascii() and word.isdigit() for word in words):
        width, height = (int(word[:6]) for word in words)
        if 320 <= width <= 8192 and 240 <= height <= 8192:
            return width, height
    raise typer.BadParameter(
        f"expected a size from 320x240 to 8192x8192 such as 1440x900, received {text!r:.40}",
        param_hint="--size",
    )


if __name__ == "__main__":
    main()
