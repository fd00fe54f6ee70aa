"""The school's pictures become a version of the spoof check, which an admin puts into use or declines."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from shared.domain.second_lock import Strictness
from shared.errors import Conflict, InvalidInput, ModelUnavailable, NotFound
from shared.jobs.worker import run_job
from shared.persistence import jobs, spoof
from shared.persistence.tables import (
    AuditEntry,
    Job,
    SpoofActivation,
    SpoofMistake,
    SpoofPicture,
    SpoofVersion,
)
from shared.services.spoof_check import pictures as spoof_pictures
from shared.services.spoof_check import training as spoof_training
from shared.services.spoof_check import versions as spoof_versions
from shared.toolbox import Toolbox
from tests.support.office import open_office
from tests.support.spoof_pictures import (
    archive,
    fit_each_layer_once,
    picture,
    school_pictures,
    use_real_check,
)


@pytest.fixture(autouse=True)
def notice_at_once(monkeypatch):
    monkeypatch.setattr("shared.vision.spoof_detector.NOTICE_WITHIN_S", 0.0)


@pytest.fixture
def office(toolbox, monkeypatch):
    office = open_office(toolbox)
    use_real_check(toolbox)
    fit_each_layer_once(monkeypatch)
    return office


def send(toolbox, office, files):
    return spoof_pictures.receive_archive(toolbox, office.actor, archive(files))


def train(toolbox, office):
    """Train on what waits; gives the job as it ended."""
    job_id = spoof_training.start_training(toolbox, office.actor)
    run_job(toolbox, job_id)
    with toolbox.reading() as session:
        return jobs.find(session, job_id)


def new_version(toolbox, office):
    send(toolbox, office, school_pictures())
    assert train(toolbox, office).state == "done"
    with toolbox.reading() as session:
        return spoof.list_versions(session)[0]


def count(toolbox, kind):
    with toolbox.reading() as session:
        return session.scalar(select(func.count()).select_from(kind))


def make_worse(toolbox, version):
    """Let the card say that half of the attacks pass where none did."""
    rates = {"before": {"apcer": 0.0, "bpcer": 0.1}, "after": {"apcer": 0.5, "bpcer": 0.0}}
    card = {words: {**version.card[words], **rates[words]} for words in rates}
    with toolbox.sessions.begin() as session:
        session.execute(update(SpoofVersion).values(card=card))


def test_pictures_become_a_version_with_its_figures_and_are_deleted(toolbox, office):
    received = send(toolbox, office, school_pictures())
    assert (received.kept, received.refused) == (18, [])
    job = train(toolbox, office)
    assert (job.state, job.done, job.total) == ("done", 18, 18)
    with toolbox.reading() as session:
        (version,) = spoof.list_versions(session)
        actions = session.scalars(select(AuditEntry.action)).all()
    assert version.card["pictures"] == 18
    assert version.card["after"]["auc"] == 1.0
    assert version.card["after"]["labels"]["attack_phone"]["refused"] == 6
    assert len(version.card["before"]["apcer_bounds"]) == 2
    assert "sources" not in version.card["after"]  # names of people
    steps = version.card["after"]["steps"]
    assert set(steps) == set(Strictness)
    assert steps[Strictness.STRICT]["live_at_once"] <= steps[Strictness.LIGHT]["live_at_once"]
    assert all(
        of["live_at_once"] + of["live_asked"] + of["bpcer"] == pytest.approx(1, abs=1e-3)
        for of in steps.values()
    )
    assert count(toolbox, SpoofPicture) == 0
    assert {"send spoof pictures", "train spoof check", "add spoof version"} <= set(actions)
    assert count(toolbox, SpoofActivation) == 0  # training alone changes nothing in class


def test_no_picture_lies_readable_in_the_database(toolbox, office):
    content = picture(recaptured=False, number=1)
    send(toolbox, office, {"live/ann/1.png": content})
    with toolbox.reading() as session:
        assert content[:40] not in session.scalar(select(SpoofPicture.sealed_picture))


def test_a_version_in_use_is_noticed_on_another_machine_without_a_restart(toolbox, office):
    elsewhere = Toolbox(toolbox.settings)
    shipped = elsewhere.spoof_detector.heads.threshold
    version = new_version(toolbox, office)
    spoof_versions.activate(toolbox, office.actor, version.id)
    trained = elsewhere.spoof_detector.heads.threshold
    assert trained == version.card["after"]["threshold"] != shipped
    spoof_versions.activate(toolbox, office.actor, None)
    assert elsewhere.spoof_detector.heads.threshold == shipped
    spoof_versions.activate(toolbox, office.actor, version.id)
    assert elsewhere.spoof_detector.heads.threshold == trained
    elsewhere.engine.dispose()


@pytest.mark.parametrize("content", [b"", b"nonsense", bytes(16_000)])
def test_a_version_in_use_that_was_altered_refuses_everybody_until_another_is_put_into_use(
    toolbox, office, content
):
    version = new_version(toolbox, office)
    spoof_versions.activate(toolbox, office.actor, version.id)
    assert spoof_versions.find_fault(toolbox) is None
    with toolbox.sessions.begin() as session:
        session.execute(update(SpoofVersion).values(sealed_heads=content))
    assert "altered" in spoof_versions.find_fault(toolbox)
    with pytest.raises(ModelUnavailable):
        _ = toolbox.spoof_detector.heads
    spoof_versions.activate(toolbox, office.actor, None)
    assert spoof_versions.find_fault(toolbox) is None


def test_an_altered_version_is_not_put_into_use(toolbox, office):
    version = new_version(toolbox, office)
    with toolbox.sessions.begin() as session:
        session.execute(update(SpoofVersion).values(sealed_heads=b"nonsense"))
    with pytest.raises(ModelUnavailable, match="altered"):
        spoof_versions.activate(toolbox, office.actor, version.id)
    assert count(toolbox, SpoofActivation) == 0


def test_a_worse_version_is_put_into_use_only_if_told(toolbox, office):
    version = new_version(toolbox, office)
    make_worse(toolbox, version)
    with pytest.raises(Conflict, match="more mistakes"):
        spoof_versions.activate(toolbox, office.actor, version.id)
    assert count(toolbox, SpoofActivation) == 0
    spoof_versions.activate(toolbox, office.actor, version.id, even_if_worse=True)
    assert count(toolbox, SpoofActivation) == 1
    with pytest.raises(Conflict, match="already"):
        spoof_versions.activate(toolbox, office.actor, version.id)


def test_a_version_of_a_file_is_kept_once_and_needs_its_card(toolbox, office):
    heads = toolbox.spoof_detector.heads
    networks = toolbox.spoof_trainer._features.networks
    content = replace(heads, networks=networks).to_bytes()
    version_id = spoof_versions.add_version(toolbox, office.actor, content, {})
    assert spoof_versions.add_version(toolbox, office.actor, content, {}) == version_id
    with pytest.raises(Conflict, match="no card"):
        spoof_versions.activate(toolbox, office.actor, version_id)
    with pytest.raises(ModelUnavailable, match="other networks"):
        spoof_versions.add_version(toolbox, office.actor, heads.to_bytes(), {})


def test_a_declined_version_leaves_nothing_and_one_that_was_in_use_stays(toolbox, office):
    version = new_version(toolbox, office)
    spoof_versions.decline(toolbox, office.actor, version.id)
    assert (count(toolbox, SpoofVersion), count(toolbox, SpoofMistake)) == (0, 0)
    with pytest.raises(NotFound):
        spoof_versions.activate(toolbox, office.actor, version.id)
    version = new_version(toolbox, office)
    spoof_versions.activate(toolbox, office.actor, version.id)
    with pytest.raises(Conflict, match="in use"):
        spoof_versions.decline(toolbox, office.actor, version.id)


def test_the_worst_mistakes_are_shown_until_somebody_decides(toolbox, office):
    # One attack that looks alive, and one living person who looks like an attack, among many.
    files = school_pictures()
    files["attack_phone/person 0/2.png"] = picture(recaptured=False, number=200)
    files["live/person 1/2.png"] = picture(recaptured=True, number=201)
    files |= {f"live/person {n}/3.png": picture(recaptured=False, number=210 + n) for n in range(6)}
    files |= {f"live/person {n}/4.png": picture(recaptured=False, number=220 + n) for n in range(12)}
    send(toolbox, office, files)
    train(toolbox, office)
    with toolbox.reading() as session:
        version = spoof.list_versions(session)[0]
    attacks = [one for one in version.mistakes if one.label != "live"]
    living = [one for one in version.mistakes if one.label == "live"]
    assert (attacks[0].label, attacks[0].source) == ("attack_phone", "person 0")
    assert living[0].source == "person 1"
    assert len(attacks) <= spoof_training.WORST
    assert all(one.score < version.card["after"]["threshold"] <= living[0].score for one in attacks)
    assert spoof_versions.open_mistake(toolbox, version.mistakes[0].id)[:2] == b"\xff\xd8"
    spoof_versions.activate(toolbox, office.actor, version.id, even_if_worse=True)
    with pytest.raises(NotFound):
        spoof_versions.open_mistake(toolbox, version.mistakes[0].id)


def test_what_cannot_be_learnt_from_is_named(toolbox, office):
    files = school_pictures()
    files["attack_print/person 9/again.png"] = files["attack_phone/person 0/1.png"]
    files["live/person 9/none.png"] = picture(recaptured=False, number=240, face=False)
    files["phones/nokia.png"] = picture(recaptured=True, number=241, face=False)
    send(toolbox, office, files)
    job = train(toolbox, office)
    assert job.state == "done"
    assert {result["file"]: result["sentence"] for result in job.results} == {
        "attack_print/person 9/again.png": "The same picture came before.",
        "live/person 9/none.png": "No single face was found in it.",
    }
    with toolbox.reading() as session:
        assert spoof.list_versions(session)[0].card["pictures"] == 19


def test_pictures_of_one_person_fail_in_words_and_stay(toolbox, office):
    send(toolbox, office, school_pictures(people=1))
    job = train(toolbox, office)
    assert (job.state, count(toolbox, SpoofPicture)) == ("failed", 3)
    assert "two sources" in job.sentence


def test_training_needs_living_people_and_attacks(toolbox, office):
    send(toolbox, office, {"live/ann/1.png": picture(recaptured=False, number=1)})
    with pytest.raises(Conflict, match="attacks"):
        spoof_training.start_training(toolbox, office.actor)


def test_a_training_that_was_cut_off_can_be_started_again_and_one_under_way_cannot(toolbox, office):
    send(toolbox, office, school_pictures())
    first = spoof_training.start_training(toolbox, office.actor)
    with toolbox.sessions.begin() as session:
        jobs.claim(session, first, now=toolbox.now())
        jobs.advance(session, first, done=3, now=toolbox.now())
    with pytest.raises(Conflict, match="under way"):
        spoof_training.start_training(toolbox, office.actor)
    with toolbox.sessions.begin() as session:
        long_ago = toolbox.now() - jobs.SILENT_FOR - timedelta(seconds=1)
        session.execute(update(Job).values(advanced_at=long_ago))
    assert train(toolbox, office).state == "done"
    with toolbox.reading() as session:
        assert jobs.find(session, first).sentence == spoof_training.CUT_OFF


def test_pictures_and_mistakes_are_forgotten_after_a_week(toolbox, office):
    send(toolbox, office, school_pictures())
    spoof_pictures.forget_old(toolbox)
    assert count(toolbox, SpoofPicture) == 18
    with toolbox.sessions.begin() as session:
        long_ago = toolbox.now() - spoof_pictures.KEPT_FOR - timedelta(seconds=1)
        session.execute(update(SpoofPicture).values(added_at=long_ago))
    spoof_pictures.forget_old(toolbox)
    assert count(toolbox, SpoofPicture) == 0


def test_folders_of_a_zip_say_what_its_pictures_show(toolbox, office):
    content = picture(recaptured=False, number=1)
    names = (
        "live/Ann/1.png",
        "Attack Phone/Ann/deep/1.png",
        "phones/nokia.png",
        "1.png",
        "live/notes.txt",
    )
    received = send(toolbox, office, {name: b"x" if name.endswith("txt") else content for name in names})
    assert (received.kept, [name for name, _ in received.refused]) == (3, ["1.png", "live/notes.txt"])
    with toolbox.reading() as session:
        found = {(one.label, one.source) for one in spoof.list_pictures(session)}
    assert found == {("live", "Ann"), ("attack_phone", "Ann"), ("phones", "nokia")}


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["living/Ann/1.png", "attack_phone/Ann/1.png"], "called live, not “living”"),
        (["Real faces/1.png", "attack_phone/1.png"], "called live, not “Real faces”"),
        (["live/Ann/1.png", "holiday/x/1.png"], "“holiday” does not say"),
        (["my school/living/Ann/1.png", "my school/attack_phone/Ann/1.png"], "called live, not “living”"),
        (["phone/Ann/1.png"], "live for living people, attack_…"),
    ],
)
def test_a_folder_that_says_neither_living_nor_attack_is_asked_about_and_nothing_is_kept(
    toolbox, office, names, told
):
    content = picture(recaptured=False, number=1)
    with pytest.raises(InvalidInput, match=told):
        send(toolbox, office, dict.fromkeys(names, content))
    assert count(toolbox, SpoofPicture) == 0


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["my school/phones/Ann/1.png"], {"phones"}),
        (
            ["attacks of 2026/live/Ann/1.png", "attacks of 2026/attack_phone/Ann/1.png"],
            {"live", "attack_phone"},
        ),
        (["live/phones/1.png", "live/Ann/1.png"], {"live"}),
    ],
)
def test_a_folder_around_all_is_told_from_one_that_says_what_is_shown(toolbox, office, names, labels):
    send(toolbox, office, {name: picture(recaptured=False, number=at) for at, name in enumerate(names)})
    with toolbox.reading() as session:
        assert {one.label for one in spoof.list_pictures(session)} == labels


def test_one_folder_around_all_makes_no_difference(toolbox, office):
    send(toolbox, office, {f"my school/{name}": content for name, content in school_pictures(2).items()})
    with toolbox.reading() as session:
        counts = {one.label: (one.pictures, one.sources) for one in spoof.count_pictures(session)}
    assert counts == {"live": (2, 2), "attack_phone": (2, 2), "attack_print": (2, 2)}


@pytest.mark.parametrize(("label", "source", "field"), [("other", "Ann", "label"), ("live", "  ", "source")])
def test_pictures_without_kind_or_source_are_refused_at_the_field(toolbox, office, label, source, field):
    with pytest.raises(InvalidInput) as refused:
        spoof_pictures.receive_pictures(toolbox, office.actor, label=label, source=source, files=[])
    assert refused.value.field == field


def test_no_more_pictures_are_taken_than_can_be_trained_on(toolbox, office, monkeypatch):
    monkeypatch.setattr(spoof_pictures, "MOST_PICTURES", 10)
    with pytest.raises(Conflict, match="more than 10"):
        send(toolbox, office, school_pictures())
    assert count(toolbox, SpoofPicture) == 0


def test_discarded_pictures_are_gone(toolbox, office):
    send(toolbox, office, school_pictures())
    spoof_pictures.discard_pictures(toolbox, office.actor)
    assert count(toolbox, SpoofPicture) == 0
