from click.testing import CliRunner

from cds_hooks.commands.cli import main


def test_the_demo_which_signs_no_one_on_is_for_this_computer_alone() -> None:
    told = CliRunner().invoke(main, ["admin", "--demo", "--host", "0.0.0.0"])  # noqa: S104 - that it is refused is what is tested
    assert told.exit_code == 1
    assert "this computer alone" in told.output
