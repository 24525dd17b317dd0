"""`score` runs the job that was asked for, or goes on with it, and writes its files; `verify` accepts them alone."""

import json
import sys

import pytest

from pilotline.benchmarks import films, provenance
from pilotline.benchmarks.cli import display, main
from pilotline.benchmarks.store import opened

FILES = {"campaign.db", "scorecard.json", "cycles.parquet", "report.html", "result.json"}


@pytest.fixture
def scored(campaign, video, tmp_path):
    """Folder of a score of ten made-up cycles."""
    assert main(["score", "cycles=10", "seed=4", f"out={tmp_path}"]) == 0
    return tmp_path


def test_score_prints_the_table_and_names_the_files_it_wrote(campaign, video, tmp_path, capsys):
    assert main(["score", "cycles=10", f"out={tmp_path}"]) == 0
    assert {path.name for path in tmp_path.iterdir()} == FILES
    shown = capsys.readouterr().out
    assert "80.0" in shown, "eight of ten cycles were good"
    assert str(tmp_path / "scorecard.json") in shown
    assert str(tmp_path / "report.html") in shown


def test_result_json_says_what_was_run_where_and_what_came_of_it(scored):
    result = json.loads((scored / "result.json").read_text())
    assert result["schema"] == "pilotline/result/1"
    assert result["command"].startswith("pilotline score cycles=10 seed=4 out=")
    assert result["date"].endswith("Z")
    assert result["versions"].keys() >= {"python", "pilotline", "mujoco", "numpy"}
    assert result["hardware"].keys() >= {"system", "processor", "cores"}
    assert result["files"] == ["scorecard.json", "cycles.parquet", "report.html"]
    assert result["figures"]["stations"]["tote_destack"]["first_pass_yield"] == 0.8
    card = json.loads((scored / "scorecard.json").read_text())
    assert result["figures"]["body_sha256"] == card["body_sha256"]


def test_score_runs_the_job_that_was_asked_for(campaign, video, tmp_path):
    main(["score", "line=logistics", "cycles=5", "seed=9", "nsim=7", "nthread=1", f"out={tmp_path}"])
    (job,) = campaign.jobs
    assert (job.line, job.stations, job.cycles, job.hours) == ("logistics", (), 5, None)
    assert (job.robot, job.actuators, job.policy, job.pack) == ("wheeled", "ideal", "reference", "D0")
    assert (job.seed, job.nsim, job.nthread) == (9, 7, 1)


def test_a_station_takes_the_place_of_the_default_line(campaign, video, tmp_path):
    main(["score", "station=tote_destack", "cycles=5", f"out={tmp_path}"])
    assert (campaign.jobs[0].line, campaign.jobs[0].stations) == (None, ("tote_destack",))


def test_hours_take_the_place_of_the_default_cycles():
    from pilotline.benchmarks.cli.arguments import settings_of
    from pilotline.benchmarks.cli.verbs.score import VERB

    settings = settings_of(VERB, ["hours=8"])
    assert (settings.cycles, settings.hours) == (None, 8.0)


def test_the_same_command_goes_on_with_the_cycles_that_are_there(campaign, video, tmp_path, capsys):
    campaign.stopped_at = 6
    assert main(["score", "cycles=10", f"out={tmp_path}"]) == 130
    assert {path.name for path in tmp_path.iterdir()} == {"campaign.db"}
    capsys.readouterr()
    campaign.stopped_at = None
    assert main(["score", "cycles=10", "nsim=3", "nthread=2", f"out={tmp_path}"]) == 0
    assert capsys.readouterr().err == "note: goes on after 6 cycles that are there\n"
    assert json.loads((tmp_path / "result.json").read_text())["figures"]["stations"]["tote_destack"]["cycles"] == 10


def test_cycles_of_two_processors_are_told_of(scored, campaign, capsys, monkeypatch):
    monkeypatch.setattr(provenance, "_processor", lambda: "another")
    assert main(["score", "cycles=10", "seed=4", f"out={scored}"]) == 0
    assert ", another; the same bits are promised on one platform\n" in capsys.readouterr().err


def test_the_cycles_of_another_job_are_left_alone(scored, campaign, capsys):
    before = {path.name: path.read_bytes() for path in scored.iterdir()}
    assert main(["score", "cycles=10", "seed=5", f"out={scored}"]) == 2
    assert capsys.readouterr().err == (
        f"pilotline: out={scored} has 10 cycles of another campaign: job.seed is 4 there, 5 here; give another out, "
        "or fresh=true to drop them and begin anew\n"
    )
    assert {path.name: path.read_bytes() for path in scored.iterdir()} == before


def test_fresh_begins_anew(scored, video, capsys):
    assert main(["score", "cycles=3", "seed=5", "fresh=true", f"out={scored}"]) == 0
    assert "goes on" not in capsys.readouterr().err
    assert len(json.loads((scored / "scorecard.json").read_text())["body"]["rows"]) == 3


def test_what_is_no_store_is_refused_in_a_line(campaign, tmp_path, capsys):
    (tmp_path / "campaign.db").write_text("shopping list " * 100)
    assert main(["score", "cycles=10", f"out={tmp_path}"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith(f"pilotline: {tmp_path}/campaign.db is no store of a campaign, or a damaged one: ")


def test_one_process_at_a_time_works_on_a_campaign(campaign, tmp_path, capsys):
    with opened(tmp_path):
        assert main(["score", "cycles=10", f"out={tmp_path}"]) == 2
    said = f"pilotline: {tmp_path}/campaign.db: another process is at work on this campaign\n"
    assert capsys.readouterr().err == said


def test_without_pyarrow_the_score_is_complete_but_for_the_table(campaign, video, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["score", "cycles=10", f"out={tmp_path}"]) == 0
    assert "pip install 'pilotline[table]'" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == FILES - {"cycles.parquet"}


def test_ray_that_is_not_installed_is_named(campaign, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    words = ["station=reach", "robot=fixed", "launcher=ray", "cycles=2"]
    assert main(["score", *words, f"out={tmp_path}"]) == 2
    assert capsys.readouterr().err == (
        "pilotline: launcher=ray: Ray is not installed; it comes with: pip install 'pilotline[ray]'\n"
    )


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("launcher=joblib", "launcher=joblib: should be 'local' or 'ray'"),
        ("launcher.n_jobs=2", "unknown key of score 'launcher.n_jobs'"),
        ("workers=0", "workers=0: should be greater than or equal to 1"),
        ("workers=two", "workers=two: should be a valid integer"),
    ],
)
def test_workers_that_cannot_be_are_refused_in_a_line(word, said, campaign, tmp_path, capsys):
    assert main(["score", word, f"out={tmp_path}"]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith(f"pilotline: {said}")
    assert shown.count("\n") == 1


def test_the_report_gets_a_good_and_a_failed_cycle(scored, video):
    assert [request["cycle"] for request in video.asked] == [0, 4]
    assert {request["seed"] for request in video.asked} == {4}


def test_films_that_a_page_has_no_room_for_are_left_out_with_the_reason(campaign, video, tmp_path, monkeypatch):
    monkeypatch.setattr(films, "MOST_BYTES", len(b"an mp4"))
    assert main(["score", "cycles=10", f"out={tmp_path}"]) == 0
    page = (tmp_path / "report.html").read_text()
    assert page.count("data:video/mp4") == 1
    assert "left out, because the films of a page take at most" in page


def test_without_opengl_the_score_is_complete_but_for_the_videos(campaign, video, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(display, "why_not_drawing", lambda: "no working OpenGL (no EGL)")
    assert main(["score", "cycles=5", f"out={tmp_path}"]) == 0
    assert capsys.readouterr().err == "report without videos: no working OpenGL (no EGL)\n"
    assert video.asked == []
    assert (tmp_path / "report.html").stat().st_size > 0


def test_videos_can_be_left_out(campaign, video, tmp_path, capsys):
    assert main(["score", "cycles=5", "video=false", f"out={tmp_path}"]) == 0
    assert video.asked == []
    assert capsys.readouterr().err == ""


def test_verify_holds_for_what_score_wrote(scored, campaign, capsys):
    assert main(["verify", str(scored / "scorecard.json"), "nsim=3", "nthread=2"]) == 0
    assert "holds" in capsys.readouterr().out
    again = campaign.jobs[-1]
    assert (again.nsim, again.nthread, again.seed) == (3, 2, 4)


def test_verify_says_no_to_a_changed_digit(scored, capsys):
    path = scored / "scorecard.json"
    path.write_text(path.read_text().replace('"energy_j":500.0', '"energy_j":501.0', 1))
    assert main(["verify", str(path), f"out={scored / 'check'}"]) == 1
    assert "DOES NOT HOLD" in capsys.readouterr().out
    figures = json.loads((scored / "check" / "result.json").read_text())["figures"]
    assert figures["holds"] is False
    assert figures["check"] == "hash"


def test_verify_says_no_when_the_cycles_come_out_differently(scored, campaign, monkeypatch, capsys):
    honest = campaign.run

    def other(job, **rest):
        return honest(job.model_copy(update={"seed": job.seed + 1}), **rest)

    monkeypatch.setattr(campaign, "run", other)
    assert main(["verify", str(scored / "scorecard.json")]) == 1
    assert "DOES NOT HOLD" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", '{"schema": "other"}', '{"schema": NaN}'])
def test_a_file_that_is_no_scorecard_is_bad_input(content, campaign, tmp_path, capsys):
    path = tmp_path / "scorecard.json"
    path.write_text(content)
    assert main(["verify", str(path)]) == 2
    shown = capsys.readouterr().err
    assert str(path) in shown
    assert shown.count("\n") == 1
