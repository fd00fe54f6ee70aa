"""The page of the year's end: a preview first, what was chosen stays, and one press does all of it."""

from shared.persistence import people
from tests.support.office import agree


def fates(desk):
    return {
        select["name"]: select.select_one("option[selected]")["value"]
        for select in desk.page.select("select[name^=fate-]")
    }


def test_a_class_moves_on_after_a_preview(desk, office):
    agree(office.toolbox, office, office.ravi)
    desk.open(f"/classes/{office.class_id}/edit")
    desk.open(desk.page.find("a", string="Move this class on …")["href"])
    assert set(fates(desk).values()) == {"moves"}
    desk.fill("Preview", class_code="co7ga", **{f"fate-{office.ravi}": "leaves"})
    told = desk.told()
    assert "nothing is done yet" in told
    assert "1 moves to CO7GA, which is added" in told
    assert "1 leaves and is deactivated" in told
    assert "1 family agreed to attendance in class, and that ends." in told
    assert fates(desk) == {f"fate-{office.meera}": "moves", f"fate-{office.ravi}": "leaves"}
    with office.toolbox.reading() as session:
        assert people.get_student(session, office.meera).class_id == office.class_id
    desk.fill("Do all of this")
    assert "1 moved to CO7GA, 1 left and was deactivated." in desk.told()
    with office.toolbox.reading() as session:
        assert people.get_student(session, office.meera).school_class.class_code == "CO7GA"
        assert not people.get_student(session, office.ravi).active


def test_a_refusal_keeps_what_was_chosen(desk, office):
    path = f"/classes/{office.class_id}/year-end"
    desk.open(path)
    desk.fill("Preview", class_code="CO6GA", **{f"fate-{office.ravi}": "stays"})
    assert "This is the class they are in." in desk.told()
    assert desk.page.find(id="class_code")["value"] == "CO6GA"
    assert fates(desk)[f"fate-{office.ravi}"] == "stays"
    desk.fill("Preview", class_code="")
    assert "Please type the class to move to." in desk.told()
