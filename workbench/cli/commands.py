"""The verbs, in the order in which help lists them."""

import typer

from workbench.cli import checking, experiments, files, running, serving

__all__ = ["app"]

app = typer.Typer(
    name="workbench",
    help="Watch a language model generate, cut the connection, and see that nothing was lost.",
    epilog="Every verb takes --help. Settings come from WORKBENCH_* and .env; docs/cli.md has all.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("app")(serving.app)
app.command("simulate")(serving.simulate)
app.command("run")(running.run)
app.command("runs")(running.runs)
app.command("show")(running.show)
app.command("follow")(running.follow)
app.command("cancel")(running.cancel)
app.command("replay")(experiments.replay)
app.command("compare")(experiments.compare)
app.command("lab")(experiments.lab)
app.command("export")(files.export)
app.command("import")(files.import_)
app.command("clean")(files.clean)
app.command("bench")(checking.bench)
app.command("doctor")(checking.doctor)
app.command("carry", hidden=True)(running.carry)


@app.callback()
def root() -> None:
    """Nothing is common to all verbs; with this, one verb alone still has a name."""
