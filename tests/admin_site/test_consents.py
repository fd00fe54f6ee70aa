"""The consents of a class: ticked, recorded at once, taken back; what was typed stays."""

from shared.persistence.tables import Consent


def consents(office):
    with office.toolbox.reading() as session:
        return session.query(Consent).order_by(Consent.id).all()


def test_the_ticked_are_recorded_with_one_press_and_taken_back(desk, office):
    desk.open("/")
    desk.open(desk.page.select_one("main a[href$=consents]")["href"])
    assert desk.path == f"/classes/{office.class_id}/consents"
    field = f"given_by-{office.meera}"
    typed = {"student": [office.meera, office.ravi], field: "Latha Iyer", "signed_on": "3 Nov 2026"}
    desk.fill("Record the consents", **typed)
    assert "2 consents were recorded." in desk.told()
    assert "Everybody in this class has a consent." in desk.told()
    assert [each.given_by for each in consents(office)] == ["Latha Iyer", "a parent or guardian"]
    desk.fill("Take back the 2 consents")
    assert "2 consents were taken back." in desk.told()
    assert consents(office) == []


def test_a_second_press_says_so_and_leaves_what_the_first_recorded_to_be_taken_back(desk, office):
    path = f"/classes/{office.class_id}/consents"
    page = desk.open(path)
    desk.fill("Record the consents", student=[office.meera, office.ravi])
    desk.page, desk.path = page, path
    desk.fill("Record the consents", student=[office.meera, office.ravi])
    assert "These consents were recorded already." in desk.told()
    desk.fill("Take back the 2 consents")
    assert consents(office) == []


def test_what_was_ticked_and_typed_stays_after_a_refusal(desk, office):
    path, field = f"/classes/{office.class_id}/consents", f"given_by-{office.meera}"
    for typed, said in (
        ({"signed_on": "soon"}, "Please give a date like 23 Nov 2026."),
        ({"signed_on": "1 Jan 2100"}, "This day has not come yet."),
        ({field: "x" * 201}, "This is longer than 200 characters."),
    ):
        desk.open(path)
        sent = {"student": [office.meera], field: "Latha", "usual": "an aunt", **typed}
        page = desk.fill("Record the consents", **sent)
        assert said in desk.told()
        assert page.find(id=f"student-{office.meera}").has_attr("checked")
        assert not page.find(id=f"student-{office.ravi}").has_attr("checked")
        assert page.find(id=field)["value"] == sent[field]
        assert page.find(id="usual")["value"] == "an aunt"
    desk.open(path)
    desk.fill("Record the consents")
    assert "Nobody is ticked yet." in desk.told()
    assert consents(office) == []


def test_the_text_and_its_notice_come_in_the_familys_language(desk, office):
    desk.open(f"/students/{office.meera}/edit")
    desk.fill("Save", language="hi", parent1_email="latha.iyer@home.example")
    page = desk.open(f"/students/{office.meera}/consent")
    assert "स्कूल चेहरे से उपस्थिति" in page.select_one("[lang=hi].notice").get_text()
    assert page.select_one("main a[href*='/notice']")["href"].endswith("language=hi")


def test_who_signed_is_offered_and_never_filled_in_for_who_records_it(desk, office):
    desk.open(f"/students/{office.meera}/edit")
    desk.fill("Save", parent1_email="latha.iyer@home.example")
    page = desk.open(f"/students/{office.meera}/consent")
    offered = ["parent, latha.iyer@home.example", "Meera Iyer, of age"]
    assert page.find(id="given_by").get("value", "") == ""
    assert [each["value"] for each in page.select("#signers option")] == offered
    page = desk.open(f"/classes/{office.class_id}/consents")
    assert page.find(id=f"given_by-{office.meera}")["value"] == ""
    assert [each["value"] for each in page.select(f"#signers-{office.meera} option")] == offered
    desk.fill("Record the consents", student=[office.meera], usual="signed forms of 3 Nov")
    assert [each.given_by for each in consents(office)] == ["signed forms of 3 Nov"]


def test_who_may_have_signed_is_offered_in_the_readers_language(desk, office):
    desk.open("/")
    desk.ask("/language", language="hi")
    page = desk.open(f"/students/{office.meera}/consent")
    assert [each["value"] for each in page.select("#signers option")] == ["Meera Iyer, वयस्क"]
