"""A command that cannot run says so in one line that names what was given and the choices, with status 2."""

import pytest

from pilotline.benchmarks.cli import main
from pilotline.benchmarks.cli.program import VERBS

CASES = {
    "scor": ["'scor'", "did you mean score?", ", ".join(VERBS)],
    "view statoin=tote_destack": ["'statoin'", "did you mean station?", "station, robot"],
    "view station=tote_distack": [
        "'tote_distack'",
        "did you mean tote_destack?",
        "device_test, machine_tending, parcel_induction",
    ],
    "view robot=g7": ["robot", "'g7'", "choices: ", "wheeled"],
    "view station=null": ["station", "'null'", "tote_destack"],
    "view station=": ["station", "''", "tote_destack"],
    "view cycle=-1": ["cycle=-1", "greater than or equal to 0"],
    "view cycle=1.5": ["cycle=1.5", "integer"],
    "view cycle=true": ["cycle=true", "integer"],
    "view cycle=null": ["cycle=null", "integer"],
    "view cycle=": ["cycle=", "integer"],
    "view seed=nan": ["seed=nan", "integer"],
    "view seed=99999999999999999999": ["seed=99999999999999999999", "less than or equal to"],
    "view seed=1,2": ["seed=1,2", "one plain value"],
    "view seed=[": ["seed=[", "one plain value"],
    "view seed=${nothing}": ["seed=${nothing}", "one plain value"],
    "view actuators=hamonic": ["'hamonic'", "did you mean harmonic?", "harmonic, ideal, servo, twin"],
    "view actuators.right_arms=ideal": ["right_arms", "did you mean right_arm?", "all, arms, torso", "or a joint"],
    "view actuators.arms=": ["actuators.arms= is empty"],
    "view actuators.arms=csg-20-10": ["actuators.arms=csg-20-10", "'csg-20-10'", "did you mean csg-20-1"],
    "view actuators.arms=harmonc": ["actuators.arms=harmonc", "did you mean harmonic?"],
    "view actuators.arms=turbo:csg-20-100": ["turbo", "servo, harmonic, twin"],
    "view actuators.arms=twin:": ["actuators.arms=twin:", "no sheet"],
    "view actuators.arms=tbm-6025": ["actuators.arms=tbm-6025", "no gear"],
    "view actuators.arms=./none.yaml": ["actuators.arms=./none.yaml", "none.yaml", "No such file"],
    "view actuators.arms=twin:none/mine.yaml": ["mine.yaml", "No such file"],
    "view actuators.arms=servo actuators.arms=twin": ["actuators.arms is given twice"],
    "view actuators.arms.left=servo": ["'actuators.arms.left'"],
    "verify actuators.arms=servo": ["'actuators.arms'"],
    "list motors": ["what=motors", "'robots', 'hands'"],
    "view seed=1 seed=2": ["seed is given twice", "'1'", "'2'"],
    "view width=641": ["width=641", "even", "642"],
    "view window=perhaps": ["window=perhaps", "'auto', 'yes' or 'no'"],
    "view out=": ["out= is empty"],
    "view tote_destack": ["'tote_destack' is not key=value", "station, robot"],
    "view --fast": ["'--fast' is not key=value"],
    "view +cycle=1": ["'+cycle'", "did you mean cycle?"],
    "view line.takt_s=1": ["'line.takt_s'"],
    "view hydra.run.dir=x": ["'hydra.run.dir'"],
    "speed nsim=0": ["nsim=0", "greater than or equal to 1"],
    "speed nthread=-1": ["nthread=-1", "greater than or equal to 0"],
    "speed seconds=0": ["seconds=0", "greater than 0"],
    "speed seconds=nan": ["seconds=nan", "finite"],
    "speed seconds=inf": ["seconds=inf", "finite"],
    "speed seconds=soon": ["seconds=soon", "number"],
    "score cycles=0": ["cycles=0", "greater than or equal to 1"],
    "score cycles=-3": ["cycles=-3", "greater than or equal to 1"],
    "score hours=-1": ["hours=-1", "greater than 0"],
    "score hours=nan": ["hours=nan"],
    "score cycles=3 hours=2": ["cycles=3", "hours=2", "exclude each other"],
    "score line=tending station=device_test": ["line=tending", "station=device_test", "exclude each other"],
    "score line=null station=null": ["line", "station"],
    "score cycles=null": ["cycles", "hours"],
    "score line=bakery": ["line", "'bakery'", "assembly, logistics"],
    "score pack=D9": ["pack=D9", "D0"],
    "score nsim=0": ["nsim=0", "greater than or equal to 1"],
    "verify no_such_file.json": ["no_such_file.json", "no such file"],
    "verify scorecard=no_such_file.json": ["no_such_file.json", "no such file"],
    "list out=/proc/nowhere": ["out=/proc/nowhere", "cannot be written to"],
}


@pytest.mark.parametrize("line", CASES)
def test_a_wrong_command_gets_one_line_and_status_two(line, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    status = main(line.split())

    shown = capsys.readouterr()
    assert status == 2
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert "Traceback" not in shown.err
    for part in CASES[line]:
        assert part in shown.err
    assert list(tmp_path.iterdir()) == [], "a command that cannot run leaves nothing behind"


@pytest.mark.parametrize("line", ["score out=\udcff", "compare a\udcfe b", "\udcff"])
def test_a_name_that_is_not_utf_8_is_refused_before_any_work(line, capsys):
    assert main(line.split()) == 2
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert "\\xf" in shown
    assert "is not UTF-8 text" in shown


@pytest.mark.parametrize("verb", ["score", "key", "seal", "list robots"])
def test_a_file_in_place_of_the_folder_to_write_is_named(verb, capsys, tmp_path):
    (tmp_path / "file").write_text("mine")
    assert main([*verb.split(), f"out={tmp_path / 'file'}"]) == 2
    assert capsys.readouterr().err == f"pilotline: out={tmp_path / 'file'}: is a file; give a folder\n"
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_in_place_of_a_file_is_named(capsys, tmp_path):
    assert main(["verify", str(tmp_path)]) == 2
    shown = capsys.readouterr().err
    assert str(tmp_path) in shown
    assert shown.count("\n") == 1


def test_no_verb_shows_the_usage_on_standard_error(capsys):
    assert main([]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "usage: pilotline VERB key=value" in shown.err


def test_control_c_ends_with_one_line_and_status_130(capsys, monkeypatch):
    from pilotline.benchmarks.cli import catalog

    def interrupted(group):
        raise KeyboardInterrupt

    monkeypatch.setattr(catalog, "names", interrupted)
    assert main(["list"]) == 130
    assert capsys.readouterr().err == "pilotline: interrupted\n"


def test_an_error_of_the_package_is_shown_as_one_line(capsys, monkeypatch):
    from pilotline.benchmarks.cli import catalog
    from pilotline.configs import lines

    def refused(group):
        raise lines.LineError("line 'x': takt_s = -1:\n  should be positive")

    monkeypatch.setattr(catalog, "names", refused)
    assert main(["list"]) == 2
    assert capsys.readouterr().err == "pilotline: line 'x': takt_s = -1: should be positive\n"


def test_a_defect_is_not_hidden(monkeypatch):
    from pilotline.benchmarks.cli import catalog

    def broken(group):
        raise ValueError("arrays could not be broadcast")

    monkeypatch.setattr(catalog, "names", broken)
    with pytest.raises(ValueError, match="broadcast"):
        main(["list"])
