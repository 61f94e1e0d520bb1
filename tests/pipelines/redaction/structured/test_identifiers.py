"""What our own rules find, and what only looks like it."""

import pytest

FOUND = [
    ("EMAIL_ADDRESS", "write to jane.doe@build.corp.internal.", "jane.doe@build.corp.internal"),
    ("EMAIL_ADDRESS", "print('to:\\njane@example.org')", "jane@example.org"),
    ("EMAIL_ADDRESS", "?to=jane.doe%40example.org&x=1", "jane.doe%40example.org"),
    ("EMAIL_ADDRESS", "jane.doe (at) corp.internal", "jane.doe (at) corp.internal"),
    ("EMAIL_ADDRESS", "jane [at] example [dot] org", "jane [at] example [dot] org"),
    ("EMAIL_ADDRESS", "jane.doe at example dot org", "jane.doe at example dot org"),
    ("PHONE_NUMBER", "ring +49 (0)30 901820 today", "+49 (0)30 901820"),
    ("PHONE_NUMBER", "+41 44 668 18 00", "+41 44 668 18 00"),
    ("PHONE_NUMBER", "on 001-748-088-2851x818", "001-748-088-2851x818"),
    ("PHONE_NUMBER", "(212) 555-0187", "(212) 555-0187"),
    ("PHONE_NUMBER", "Phone: 02.27.96.63.08", "02.27.96.63.08"),
    ("PHONE_NUMBER", "92 34 70-Office", "92 34 70"),
    ("PHONE_NUMBER", "mobile 07700 900123", "07700 900123"),
    ("PHONE_NUMBER", "call me on 2125550187", "2125550187"),
    ("PHONE_NUMBER", "it is 975 97 287.", "975 97 287"),
    ("STREET_ADDRESS", "at 742 Evergreen Terrace, Apt 4", "742 Evergreen Terrace, Apt 4"),
    ("STREET_ADDRESS", "Torstraße 12, 10119 Berlin", "Torstraße 12, 10119 Berlin"),
    ("STREET_ADDRESS", "au 12 rue de la Paix, 75002 Paris", "12 rue de la Paix, 75002 Paris"),
    ("STREET_ADDRESS", "na Rua das Flores, 120", "Rua das Flores, 120"),
    ("STREET_ADDRESS", "P.O. Box 101", "P.O. Box 101"),
    ("STREET_ADDRESS", "PSC 7004, Box 8380\nAPO AP 11949", "PSC 7004, Box 8380\nAPO AP 11949"),
    ("STREET_ADDRESS", "ship it to ZIP 94105-1234", "94105-1234"),
    ("IP_ADDRESS", "https://example.net/find?server=10.36.76.18&page=1", "10.36.76.18"),
    ("IP_ADDRESS", "from 2001:db8:85a3:1f::8a2e:370", "2001:db8:85a3:1f::8a2e:370"),
    ("MAC_ADDRESS", "ether 3c:22:fb:9a:01:7e", "3c:22:fb:9a:01:7e"),
    ("USER_PATH", "/Users/janedoe/code", "janedoe"),
    ("USER_PATH", "C:\\\\Users\\\\janedoe\\\\app.py", "janedoe"),
    ("USER_PATH", "file:%2Fhome%2Fjanedoe%2Fx", "janedoe"),
    ("USER_PATH", "-Users-janedoe-code", "janedoe"),
    ("HANDLE", "https://github.com/janedoe", "janedoe"),
    ("HANDLE", '"twitter_handle": "@jane_doe"', "jane_doe"),
    ("HANDLE", "thanks to @JaneDoe for this", "@JaneDoe"),
    ("HANDLE", "As jdoe42 suggested, I tried", "jdoe42"),
    ("DATE_OF_BIRTH", "born on 29 February 1980", "29 February 1980"),
    ("DATE_OF_BIRTH", '"dob": "1980-02-29"', "1980-02-29"),
    ("DATE_OF_BIRTH", "your date of birth. It's 3/23/1940", "3/23/1940"),
    ("CREDIT_CARD", "4242 4242 4242 4242", "4242 4242 4242 4242"),
    ("CREDIT_CARD", "2223 0031 2200 3222", "2223 0031 2200 3222"),
    ("IBAN_CODE", "contact=ES9121000418450200051332 status=200", "ES9121000418450200051332"),
    ("IBAN_CODE", "DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"),
    ("US_SSN", "SSN 912-34-5678", "912-34-5678"),
]
LOOKALIKES = [
    ("EMAIL_ADDRESS", "https://jane@host.example/x and user@localhost, a @ b.c"),
    ("EMAIL_ADDRESS", '# the route@app.route("/about")'),
    ("EMAIL_ADDRESS", "vector@2.1.3 matrix @ other.shape"),
    ("PHONE_NUMBER", "on 2024-05-10 10:20:30, lines 448-489 and 1416-1418"),
    ("PHONE_NUMBER", "[0.3941944, 10.04450, 1234567890] = 2763519539"),
    ("PHONE_NUMBER", "100 200 300 400\n500 600 700 800"),
    ("PHONE_NUMBER", "sha 1a79a4d60de6718e8e5b326e338ae533 and 8.8.8.8"),
    ("STREET_ADDRESS", "In 10 days the Main function will Place 3 items on the Row"),
    ("STREET_ADDRESS", "unzip 12345 files; post 20000 times"),
    ("IP_ADDRESS", "pip install torch==2.4.0.3; version 1.2.3.4; x[1::2]"),
    ("USER_PATH", "/home/runner/work, /Users/<name>/x, /home/1000"),
    ("HANDLE", "@property\ndef f(): ...\nimport x from '@angular/core'\n@Override public"),
    ("HANDLE", "https://github.com/features and github.com/acme/shop"),
    ("DATE_OF_BIRTH", "released on 2024-05-10, created 1980-02-29"),
    ("CREDIT_CARD", "0.4242424242424242 and 4242 4242 4242 4243"),
    ("US_SSN", "000-12-3456, 666-12-3456 and 123456789"),
]


@pytest.mark.parametrize(("entity_type", "text", "value"), FOUND, ids=[f"{row[0]}: {row[2]}"[:60] for row in FOUND])
def test_an_identifier_is_found_whole(found, entity_type, text, value):
    assert value in found(text, entity_type)


@pytest.mark.parametrize(("entity_type", "text"), LOOKALIKES, ids=[f"{row[0]}: {row[1]}"[:60] for row in LOOKALIKES])
def test_what_only_looks_like_one_is_left_alone(found, entity_type, text):
    assert found(text, entity_type) == []


def test_names_of_rules_are_distinct(shipping):
    names = [rule.name for rule in shipping]
    assert len(set(names)) == len(names)
