"""The page of the year's end: a preview first, what was chosen stays, and one press does all of it."""

from shared.persistence import people
from tests.support.office import agree


def choices(desk):
    return {
        select["name"]: select.select_one("option[selected]")["value"]
        for select in desk.page.select("select[name^=choice-]")
    }


def test_a_class_moves_on_after_a_preview(desk, office):
    agree(office.toolbox, office, office.ravi)
    desk.open(f"/classes/{office.class_id}/edit")
    desk.open(desk.page.find("a", string="Move this class on …")["href"])
    assert set(choices(desk).values()) == {"moves"}
    desk.fill("Preview", class_code="co7ga", **{f"choice-{office.ravi}": "leaves"})
    told = desk.told()
    assert "nothing is done yet" in told
    assert "1 moves to CO7GA, which is added" in told
    assert "1 leaves and is deactivated" in told
    assert "1 family agreed to attendance in class, and that ends." in told
    assert choices(desk) == {f"choice-{office.meera}": "moves", f"choice-{office.ravi}": "leaves"}
    with office.toolbox.reading() as session:
        assert people.get_student(session, office.meera).class_id == office.class_id
    desk.fill("Apply these changes")
    assert "1 moved to CO7GA, 1 left and was deactivated." in desk.told()
    with office.toolbox.reading() as session:
        assert people.get_student(session, office.meera).school_class.class_code == "CO7GA"
        assert not people.get_student(session, office.ravi).active


def test_a_refusal_keeps_what_was_chosen(desk, office):
    path = f"/classes/{office.class_id}/year-end"
    desk.open(path)
    desk.fill("Preview", class_code="CO6GA", **{f"choice-{office.ravi}": "stays"})
    assert "This is the class they are in." in desk.told()
    assert desk.page.find(id="class_code")["value"] == "CO6GA"
    assert choices(desk)[f"choice-{office.ravi}"] == "stays"
    desk.fill("Preview", class_code="")
    assert "Please type the class to move to." in desk.told()
