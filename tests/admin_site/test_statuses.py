"""The office adds a status of the school's own, changes and retires it; the classroom offers it."""

from shared.persistence import statuses


def add(desk, **typed):
    desk.open("/statuses/new")
    usual = {
        "name": "On duty",
        "short": "OD",
        "name_hi": "कर्तव्य पर",
        "colour": "teal",
        "counts_as": "present",
    }
    return desk.fill("Save", **{**usual, **typed})


def own(office):
    with office.toolbox.reading() as session:
        return statuses.list_own(session)


def test_a_status_is_added_shown_and_changed(desk, office):
    add(desk)
    assert desk.path == "/statuses"
    assert "On duty short OD, counts as present" in desk.told()
    assert own(office)[0].letter_names == {"hi": "कर्तव्य पर"}
    desk.open("/statuses/1/edit")
    desk.fill("Save", is_left_out="y")
    assert "On duty short OD, leaves the lectures held" in desk.told()
    assert own(office)[0].short == "OD"


def test_what_somebody_else_saved_of_a_status_is_not_written_over(desk, office):
    add(desk)
    desk.open("/statuses/1/edit")
    with office.toolbox.sessions.begin() as session:
        row = statuses.get_own(session, 1)
        row.colour, row.letter_names = "brown", {"hi": "काम पर"}
    desk.fill("Save", name="Duty")
    assert "Colour and Name in letters in हिन्दी." in desk.told()
    assert desk.page.select_one("[name=colour] [selected]")["value"] == "brown"
    assert own(office)[0].name == "On duty"
    desk.fill("Save")
    assert (own(office)[0].name, own(office)[0].letter_names) == ("Duty", {"hi": "काम पर"})


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(desk, office):
    add(desk, short="P")
    assert "stands for “present” already" in desk.error_at("short")
    assert desk.page.select_one("[name=name]")["value"] == "On duty"
    assert own(office) == []


def test_a_retired_status_is_offered_no_more_until_it_is_used_again(desk, office):
    add(desk)
    desk.fill("Retire")
    assert "retired" in desk.told()
    assert not own(office)[0].active
    desk.fill("Use again")
    assert own(office)[0].active
