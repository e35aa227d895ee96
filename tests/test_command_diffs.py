"""What each command changes in the files, and that it is only what the command did."""

from desk import codec, model
from tests import command_diffs
from tests.promises import scene

# They change many records, or what another command does.
ELSEWHERE = {"init", "import", "check", "batch", "kb import", "kb new", "kb publish"}


def test_the_format_document_shows_what_they_change():
    assert command_diffs.PAGE.read_text(encoding="utf-8") == command_diffs.page()


def test_every_command_is_shown():
    lines = [line for _, line in command_diffs.COMMANDS]
    shown = {" ".join(line.split()[1 : 3 if line.startswith("desk kb") else 2]) for line in lines}
    assert shown | ELSEWHERE == scene.WRITING.keys()


def test_a_command_changes_only_what_its_events_say():
    for one in command_diffs.ran():
        paths = [
            line.removeprefix("+++ b/") for line in one.diff.splitlines() if line[:6] == "+++ b/"
        ]
        assert paths, one.line
        for path in paths:
            after = codec.load((one.folder / path).read_text(encoding="utf-8"))
            added = [line for line in one.diff.splitlines() if line.startswith("+- n: ")]
            before = _before(one, path)
            assert list(after.log[: len(before.log)]) == list(before.log), one.line
            new = after.log[len(before.log) :]
            assert len(new) >= 1
            assert len(added) >= len(paths)
            head = dict(before.head)
            for event in new:
                model.apply(head, event.change)
            if before.log:
                assert head == after.head, one.line


def _before(one: command_diffs.Ran, path: str) -> model.Record:
    """The record as the last commit has it, without log where it has none."""
    try:
        return codec.load(command_diffs._git(one.folder, "show", f"HEAD:{path}"))
    except command_diffs.subprocess.CalledProcessError:
        return model.Record({}, ())
