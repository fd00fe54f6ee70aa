"""What people write above the columns of a class list, in six languages."""

import pytest

from shared.domain.class_lists.headings import headings_key, read_heading

MEANT = {
    "roll_id": (
        "Roll No|Roll\nNo.|ROLLNO|RollNo|Roll Number (as per register)|Class Roll No|"
        "Enrollment No|Enrolment Number|Registration No.|Regn. No|Adm No|Admission Number|PRN|"
        "PRN No.|USN|Student ID|StudentID|ID number|Student_Number|GR No|University Roll No|"
        "अनुक्रमांक|रोल नंबर|हजेरी क्रमांक|प्रवेश क्रमांक|नामांकन संख्या|Matrikelnummer|"
        "Schülernummer|Schüler-ID|Matricule|Numéro d'étudiant|N° étudiant|Matrícula|Expediente|"
        "R.No.|R. No|RNo|En. No.|Register Number|P.R.N.|G.R. No.|Hall Ticket No|Student Code|LRN|UPN|"
        "Matr.-Nr.|N.º de matrícula|No. de control|Código del alumno|जनरल रजि. नं."
    ),
    "name": (
        "Student's Name|STUDENT’S FULL NAME|Name of the Student|"
        "Name of Student (in block letters)|Candidate Name|Student|Pupil|name of the candidate|"
        "Stud. Name|विद्यार्थ्याचे नाव|छात्र का नाम|नाम|विद्यार्थ्याचे पूर्ण नाव|Schüler|"
        "Name, Vorname|Vor- und Nachname|Nom de l'élève|Nom et prénom|Nombre y apellidos|"
        "Apellidos y nombre|Nombre del alumno|Surname, First name|First and last name|"
        "Nombre completo|Nom complet|Schülername|विद्यार्थिनीचे नाव"
    ),
    "first_name": (
        "First name|FirstName|Given Name|fname|Vorname|Rufname|Prénom|पहिले नाव|Student First Name|"
        "Primer nombre"
    ),
    "last_name": (
        "Primer apellido|Apellido materno|Last_Name|Surname|Family name|Nachname|Familienname|Nom de famille|"
        "Apellidos|आडनाव|उपनाम"
    ),
    "middle_name": ("Middle Name|मधले नाव|Segundo nombre|Zweiter Vorname"),
    "email": (
        "E-mail|Email Address|Email ID|Student's e-mail|Mail|Personal Email|School Email|"
        "Contact email|ई-मेल|ईमेल|E-Mail-Adresse|Adresse e-mail|Courriel|Correo electrónico|"
        "Gmail|Adresse électronique|ई-मेल आईडी"
    ),
    "parent_email": (
        "Father's e-mail|Mother's Email ID|Guardian_Email|Guardian's E-Mail Address|Parent Email|"
        "Email (parent)|Parent/Guardian Email|Family e-mail|पालकांचा ई-मेल|पिता का ईमेल|"
        "माता का ई-मेल|आईचा ई-मेल|E-Mail der Eltern|Courriel des parents|E-mail de la mère|"
        "Correo del tutor|Correo de la madre"
    ),
    "parent1_email": (
        "First parent's e-mail|Parent 1 Email|Parent1 Email|Guardian 1 Email|Primary guardian email"
    ),
    "parent2_email": (
        "E-Mail Erziehungsberechtigte/r 2|Second parent's e-mail|Parent 2 email|2nd parent e-mail"
    ),
    "language": ("Medium|Medium of instruction|Language|भाषा|माध्यम|Sprache|Langue|Idioma"),
    "class_code": ("Class|Std|Standard|Class/Section|Klasse|Classe|कक्षा|इयत्ता"),
    "section": ("Section|Div.|Division|तुकडी"),
    "phones": (
        "Phone|Mobile|Mobile No.|MobileNo|Mob.|Phone number|Phone No|Cell|Cell phone|Telephone|Tel.|"
        "WhatsApp|WhatsApp No|WhatsApp number|Father's mobile|Mother's Mobile No|Parent's mobile|"
        "Parents' phone|Guardian contact no|Student mobile|Mobile (father)|Phone 1|Phone 2|2nd mobile|"
        "Contact No.|Contact number|Telephone of the family|मोबाइल|मोबाईल|मोबाइल नंबर|मोबाईल क्रमांक|फोन|"
        "फ़ोन नंबर|दूरभाष|दूरध्वनी क्रमांक|पिता का मोबाइल|आईचा मोबाईल|पालकांचा मोबाईल क्रमांक|"
        "अभिभावक का फोन|व्हाट्सएप नंबर|संपर्क क्रमांक|Telefon|Telefonnummer|Telefon-Nr.|Handy|"
        "Handynummer|Mobil|Mobilnummer|Telefon der Eltern|Handy der Mutter|Rufnummer|Téléphone|"
        "N° de téléphone|Numéro de portable|Téléphone portable|Tél.|Téléphone de la mère|Mobile du père|"
        "Teléfono|Teléfono móvil|Móvil|Celular|Nº de teléfono|Teléfono del padre|Celular de la madre"
    ),
    None: (
        "Father's Name|Mother's name|Name of Guardian|वडिलांचे नाव|Name of School|Contact name|Fax|"
        "Contact person's name|Phone of the school|Teacher's mobile|Address|DOB|Date of birth|Gender|"
        "Remarks|Signature|Mother tongue|"
        "Teacher's email|Grade_Level|Groups|Blood group|Aadhaar No|Geburtsdatum|Adresse|"
        "पत्ता|जन्मतारीख|Father's occupation|Attendance %|Name of the father|Family ID|Roll status|"
        "Admission class"
    ),
}


@pytest.mark.parametrize(
    ("heading", "field"), [(each, field) for field, all_ in MEANT.items() for each in all_.split("|")]
)
def test_a_heading_is_understood_for_certain(heading, field):
    reading = read_heading(heading)
    assert (reading.field, reading.is_certain) == (field, True)


@pytest.mark.parametrize("heading", ["Sr. No.", "S.No", "Sl No", "No.", "#", "अ. क्र.", "Nº", "Lfd. Nr."])
def test_what_may_be_the_number_of_the_line_is_only_a_suggestion(heading):
    reading = read_heading(heading)
    assert (reading.field, reading.is_certain) == ("roll_id", False)


@pytest.mark.parametrize("heading", ["Hobby", "Favourite name of the moon"])
def test_a_word_we_do_not_know_makes_no_certain_column(heading):
    assert not read_heading(heading).is_certain


@pytest.mark.parametrize("heading", ["Parent 1", "Parent", "Father", "Guardian", "पालक"])
def test_a_parent_alone_is_a_name_or_an_address_as_the_cells_tell(heading):
    assert read_heading(heading).by_content


@pytest.mark.parametrize("heading", ["Contact", "Kontakt", "Parent contact", "संपर्क"])
def test_a_contact_is_a_phone_or_not_as_the_cells_tell(heading):
    reading = read_heading(heading)
    assert (reading.field, reading.by_content) == ("phones", True)


@pytest.mark.parametrize("heading", ["Emergency phone", "Office phone"])
def test_a_phone_of_we_do_not_know_whom_is_only_a_suggestion(heading):
    reading = read_heading(heading)
    assert (reading.field, reading.is_certain) == ("phones", False)


@pytest.mark.parametrize(
    ("heading", "is_first"),
    [
        ("Surname, First name", True),
        ("Name, Vorname", True),
        ("Nom et prénom", True),
        ("Apellidos y nombre", True),
        ("Name (Surname first)", True),
        ("First and last name", False),
        ("Nombre y apellidos", False),
        ("Vor- und Nachname", False),
    ],
)
def test_a_heading_says_whether_the_surname_comes_first(heading, is_first):
    assert read_heading(heading).surname_first is is_first


def test_headings_are_remembered_whatever_their_case_and_signs():
    assert headings_key(["Roll No.", "STUDENT’S NAME"]) == headings_key(["roll_no", "Student's name "])
    assert headings_key(["Roll No", "Name"]) != headings_key(["Name", "Roll No"])
