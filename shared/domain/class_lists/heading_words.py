"""The words people head the columns of a class list with, by their kinds, as `fold` leaves them.

English, Hindi, Marathi, German, French and Spanish; a language is added by its words.
"""

WORDS = {
    "student": "student students stud pupil pupils candidate candidates learner learners child childs ward "
    "scholar schuler schulerin schulers schuelers schueler kind eleve eleves etudiant etudiante "
    "etudiants apprenant alumno alumna alumnos estudiante estudiantes छात्र छात्रा विद्यार्थी "
    "विद्यार्थिनी विद्यार्थिनीचे विद्यार्थ्यांचे विद्यार्थ्यांची विद्यार्थ्याचे विद्यार्थ्याचा विद्यार्थीचे",
    "name": "name names naam fullname studentname sname schulername nom noms nombre nombres "
    "नाम नाव नांव शुभनाम",
    "first": "first firstname fname given givenname forename forenames vorname vornamen vor rufname prenom "
    "prenoms प्रथम पहला पहिले",
    "middle": "middle middlename mname zweitname मधले मध्य",
    "last": "last lastname lname surname surnames familyname nachname nachnamen familienname zuname "
    "apellido apellidos आडनाव उपनाम कुलनाम",
    "share": "paterno materno",  # Apellido paterno, apellido materno
    "family": "family familie familia famille",
    "roll": "roll rollno rollnumber rollnum rollid rno rn rol रोल हजेरी हजेरीक्रमांक",
    "id": "id ids uid sid enrollment enrolment enrollmentno enrolmentno enrollno enrolno enrlno enrl enrol "
    "enroll enrolled "
    "registration registrationno regno reg regn regd regdno admission admissionno admno adm admn "
    "prn prnno usn urn srn crn upn uln lrn nis nisn nia gr grno control matric matr matriculation "
    "matrikel matrikelnummer matrikelnr "
    "matrnr matricule matricula schulernummer schulernr schuelernummer expediente legajo seat "
    "seatno hallticket studentid studentno studentnumber pupilid अनुक्रमांक अनुक्रमाङ्क नोंदणी "
    "प्रवेश पंजीकरण पंजीयन नामांकन दाखिला पट बैठक परीक्षा रजि आईडी आयडी",
    "number": "no nos nr nro num number numbers code codes codigo nummer numero numeros n क्रमांक क्र संख्या "
    "नंबर नम्बर नं सं क्रमाङ्क",
    "serial": "sr s sl sn serial srno sno slno lfd laufende ord orden pos position index अ अनु क्रम",
    "email": "email emails gmail mail mails mailid emailid emailaddress emailadresse mailadresse correo "
    "correos courriel ईमेल इमेल मेल eमेल",
    "father": "father fathers dad dads vater vaters pere padre papa पिता पिताजी वडील वडिलांचे वडिलांचा वडिलांची",
    "mother": "mother mothers mom moms mum mums mutter mere madre mama माता आई आईचे आईचा आईची",
    "guardian": "guardian guardians parent parents parental eltern elternteil erziehungsberechtigte "
    "erziehungsberechtigter erziehungsberechtigten sorgeberechtigte sorgeberechtigter tutor "
    "tuteur tutrice responsable acudiente representante apoderado पालक पालकांचा पालकांचे पालकाचा "
    "पालकाचे अभिभावक",
    "one": "1 1st i primary erste erster premier primer primero पहिला पहले पहिल्या",
    "two": "2 2nd ii second secondary zweite zweiter deuxieme segundo दूसरा दुसरा दूसरे दुसर्या",
    "language": "language languages lang medium sprache langue idioma lengua भाषा माध्यम",
    "class": "class classes classcode klasse classe clase std standard कक्षा इयत्ता वर्ग",
    "section": "section sec div division तुकडी विभाग",
    "roles": "roles",  # Moodle's participants; one "role" alone is a roll number misspelt
    "school": "school college university institute institution schule ecole escuela colegio",
    "phone": "phone phones mobile mobiles mob mobileno mobilenumber mobno phoneno phonenumber phno ph cell "
    "cellphone whatsapp whatsappno whatsappnumber watsapp telephone telephones tel tele telefon "
    "telefonnummer telefonnr handy handynummer handynr mobil mobilnummer mobilnr mobiltelefon "
    "rufnummer festnetz telefono telefonos tlf movil moviles celular celulares portable फोन मोबाइल "
    "मोबाईल मोबाइलनंबर दूरध्वनी दूरभाष भ्रमणध्वनी व्हाट्सएप व्हाट्सऐप व्हॉट्सॲप व्हॉट्सअॅप",
    "contact": "contact contacts contactno contactnumber kontakt contacto संपर्क सम्पर्क",
    "other": "teacher teachers lehrer professeur profesor principal head dob birth birthday birthdate date "
    "datum geburtsdatum geburtstag naissance nacimiento fecha जन्म जन्मतारीख तारीख दिनांक gender "
    "sex geschlecht sexe sexo लिंग occupation profession beruf income caste category religion "
    "blood fax aadhaar aadhar adhar remark remarks note notes signature sign photo status total "
    "totals marks mark score percent percentage attendance present absent age alter city village "
    "town street strasse adresse address direccion पत्ता पता house bus fee fees subject subjects "
    "tongue username login password nationality bank account grade grades level group groups "
    "groupe gruppe grupo batch course curso semester sem year annee jahr branch department dept "
    "stream",
    "filler": "the of s as per in and or der des die den das de la le les du del el los las d l und et y e "
    "a full complete complet completo completa whole official personal current permanent block capital "
    "letters please enter your optional required mandatory legal electronic electronico "
    "का की के चे चा ची पूर्ण पूरा संपूर्ण आणि और जनरल instruction exactly register records "
    "details detail particulars information info",
}

KINDS = {word: kind for kind, words in WORDS.items() for word in words.split()}
