"""What a family agrees to, in each language of the letters.

A changed text holds for later consents; earlier ones keep their own words. Another language is one more
entry; a family whose language has none yet is asked in English.
"""

_ENGLISH = """\
The school would like to mark attendance by face.

What is kept: a few photos are taken at the office, and from them a face model is computed: some thousand \
numbers that describe the face. It is stored encrypted on the school's own computers. The photos are deleted \
as soon as the model is ready, unless the school has decided to keep them, encrypted as well.

What it is used for: in class a photo is taken when the student checks in. It is compared with the face \
model of the roll id that was typed, and with those of the others of that lecture and at enrolment of \
the school, so that nobody is taken for somebody else; then it is forgotten. Where a teacher has chosen so \
for a lecture, no roll id is typed: whoever takes the photo is compared with the students of that lecture \
alone and asked whether the name that is found is right. Where the camera is in \
doubt, the teacher is shown one picture, which is deleted with the teacher's decision and after seven \
days at the latest; a face that was refused is remembered, as numbers, until the lecture is closed. A \
check-in that a teacher confirmed may improve the face model, if the office agrees. The model is used \
for nothing else and given to nobody.

It is your choice: a student without a face model has no disadvantage; the teacher marks them by hand. You \
can withdraw your consent at the office at any time, without giving a reason; photos and face model are then \
deleted at once. You can ask the office at any time what is kept."""

_HINDI = """\
स्कूल चेहरे से उपस्थिति दर्ज करना चाहता है।

क्या रखा जाता है: कार्यालय में कुछ तस्वीरें ली जाती हैं और उनसे चेहरे का मॉडल बनता है: कुछ हज़ार संख्याएँ जो चेहरे \
का वर्णन करती हैं। वह स्कूल के अपने कंप्यूटरों पर एन्क्रिप्ट करके रखा जाता है। मॉडल बनते ही तस्वीरें मिटा दी जाती हैं; \
यदि स्कूल ने उन्हें रखने का निर्णय लिया है, तो वे भी एन्क्रिप्ट करके रखी जाती हैं।

किस काम आता है: कक्षा में उपस्थिति के समय विद्यार्थी की एक तस्वीर ली जाती है। उसकी तुलना लिखे गए रोल आईडी के चेहरे \
के मॉडल से, उसी व्याख्यान के दूसरे विद्यार्थियों के मॉडलों से, और चेहरा पंजीकृत करते समय पूरे स्कूल के मॉडलों से होती है, ताकि \
किसी को कोई और न समझ लिया जाए; फिर तस्वीर रखी नहीं जाती। जहाँ शिक्षक ने किसी व्याख्यान के लिए \
ऐसा चुना है, वहाँ रोल आईडी नहीं लिखा जाता: जो तस्वीर लेता है, उसकी तुलना केवल उसी व्याख्यान के विद्यार्थियों \
से होती है, और उससे पूछा जाता है कि मिला हुआ नाम सही है या नहीं। \
जहाँ कैमरे को संदेह हो, \
वहाँ शिक्षक को एक तस्वीर दिखाई जाती है, \
जो शिक्षक के निर्णय के साथ, और अधिक से अधिक सात दिन में, मिटा दी जाती है; जो चेहरा स्वीकार नहीं हुआ, वह संख्याओं के रूप में \
व्याख्यान बंद होने तक याद रखा जाता है। \
शिक्षक ने जिस उपस्थिति की पुष्टि की, उससे कार्यालय की सहमति होने पर मॉडल सुधर सकता है। \
मॉडल का उपयोग किसी और काम के लिए नहीं होता और वह किसी को नहीं दिया जाता।

यह आपकी इच्छा पर है: चेहरे के मॉडल के बिना विद्यार्थी को कोई हानि नहीं; शिक्षक उपस्थिति हाथ से दर्ज करते हैं। आप कार्यालय में \
कभी भी, बिना कारण बताए, सहमति वापस ले सकते हैं; तब तस्वीरें और चेहरे का मॉडल तुरंत मिटा दिए जाते हैं। क्या रखा जाता है, यह \
आप कार्यालय से कभी भी पूछ सकते हैं।"""

_MARATHI = """\
शाळेला चेहऱ्यावरून उपस्थिती नोंदवायची आहे.

काय ठेवले जाते: कार्यालयात काही फोटो काढले जातात आणि त्यांवरून चेहऱ्याचे मॉडेल तयार होते: चेहऱ्याचे वर्णन करणाऱ्या काही \
हजार संख्या. ते शाळेच्या स्वतःच्या संगणकांवर एन्क्रिप्ट करून ठेवले जाते. मॉडेल तयार होताच फोटो पुसले जातात; शाळेने ते \
ठेवण्याचा निर्णय घेतला असेल, तर तेही एन्क्रिप्ट करून ठेवले जातात.

कशासाठी वापरले जाते: वर्गात हजेरीच्या वेळी विद्यार्थ्याचा एक फोटो काढला जातो. त्याची तुलना लिहिलेल्या रोल आयडीच्या \
चेहऱ्याच्या मॉडेलशी, त्याच व्याख्यानातील इतर विद्यार्थ्यांच्या मॉडेलांशी, आणि नोंदणीच्या वेळी शाळेतील सर्वांच्या मॉडेलांशी केली \
जाते, म्हणजे कोणालाही दुसरे कोणी समजले जाणार नाही; मग फोटो ठेवला जात नाही. जेथे शिक्षकांनी एखाद्या व्याख्यानासाठी तसे \
निवडले आहे, तेथे रोल आयडी लिहिला जात नाही: जे फोटो काढतात त्यांची तुलना फक्त त्याच व्याख्यानाच्या विद्यार्थ्यांशी होते, आणि \
सापडलेले नाव बरोबर आहे का हे त्यांना विचारले जाते. कॅमेऱ्याला शंका असेल तेथे शिक्षकांना एक चित्र \
दाखवले जाते, जे शिक्षकांच्या निर्णयासोबत, आणि जास्तीत जास्त सात दिवसांत, पुसले जाते; जो चेहरा स्वीकारला गेला नाही, तो \
संख्यांच्या रूपात व्याख्यान बंद होईपर्यंत लक्षात ठेवला जातो. शिक्षकांनी ज्या चेक-इनची खात्री केली, त्यावरून \
कार्यालयाची संमती असल्यास मॉडेल सुधारू शकते. मॉडेल दुसऱ्या कशासाठीही वापरले जात नाही आणि कोणालाही दिले जात नाही.

हे आपल्या इच्छेवर आहे: चेहऱ्याच्या मॉडेलशिवाय विद्यार्थ्याचे काहीही नुकसान होत नाही; शिक्षक हाताने उपस्थिती नोंदवतात. आपण \
कधीही, कारण न सांगता, कार्यालयात संमती मागे घेऊ शकता; तेव्हा फोटो आणि चेहऱ्याचे मॉडेल लगेच पुसले जातात. \
काय ठेवले आहे हे आपण कार्यालयाला कधीही विचारू शकता."""

_TEXTS = {"en": _ENGLISH, "hi": _HINDI, "mr": _MARATHI}


def consent_text(language: str) -> str:
    """Return the text in a language of the letters; in English where there is none in it yet."""
    return _TEXTS.get(language, _ENGLISH)
