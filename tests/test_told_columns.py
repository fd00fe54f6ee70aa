"""Texts for people in the database: a sentence comes back as one, whatever the length of its column."""

from sqlalchemy import text

from shared.domain.languages import Sentence, counted, phrase
from shared.persistence.tables import Job, PhotoQuestion, SchoolClass


def keep(toolbox, row) -> None:
    with toolbox.sessions.begin() as session:
        session.add(row)


def job_of(toolbox, **told) -> Job:
    return Job(kind="read_class_photos", subject_id=1, created_at=toolbox.now(), **told)


def test_a_sentence_comes_back_in_every_language(toolbox):
    said = counted("%(num)d file was not used.", "%(num)d files were not used.", 3)
    results = [{"file": "1.jpg", "student_id": 1, "sentence": phrase("It shows %(name)s.", name="मीरा")}]
    keep(toolbox, job_of(toolbox, sentence=said, results=results))
    with toolbox.reading() as session:
        (job,) = session.query(Job)
        assert isinstance(job.sentence, Sentence)
        assert (job.sentence, job.sentence.many) == ("3 files were not used.", said.many)
        (result,) = job.results
        assert isinstance(result["sentence"], Sentence)
        assert result == results[0]


def test_what_was_kept_before_there_were_languages_is_read_as_it_stands(toolbox):
    keep(toolbox, job_of(toolbox, sentence="plain", results=[{"sentence": "as it was"}]))
    with toolbox.reading() as session:
        (job,) = session.query(Job)
        assert (job.sentence, job.results) == ("plain", [{"sentence": "as it was"}])


def test_a_sentence_too_long_for_its_column_is_kept_in_english(toolbox):
    long = phrase("“%(path)s” names nobody.", path="x" * 250)
    with toolbox.sessions.begin() as session:
        school_class = SchoolClass(class_code="CO6GA", name="")
        session.add(school_class)
        session.flush()
        class_id = school_class.id
    question = PhotoQuestion(
        class_id=class_id,
        file_name="1.jpg",
        sentence=long,
        likely=[],
        sealed_photo=b"",
        added_at=toolbox.now(),
    )
    keep(toolbox, question)
    with toolbox.reading() as session:
        assert session.execute(text("SELECT sentence FROM photo_question")).scalar_one() == str(long)
