"""What the name of a field says of its value, and when it is not believed."""

import pytest

from pipelines.redaction.fields import FieldTier, field_spans, telling, words_of


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("billingAddress", "billing_address"),
        ("Customer-Name", "customer_name"),
        ("user.phoneNumber", "user_phone_number"),
        ("SSN", "ssn"),
        ("API_KEY", "api_key"),
    ],
)
def test_a_key_is_read_as_words_whatever_its_style(key, words):
    assert words_of(key) == words
    assert telling(key) == words


@pytest.mark.parametrize(
    "key", ["", "id", "title", "fileName", "class_name", "hostname", "name", "className", "x" * 10_000]
)
def test_a_key_that_tells_nothing_has_no_words(key):
    assert telling(key) == ""


@pytest.mark.parametrize(
    ("key", "value", "entity_type"),
    [
        ("customer_name", "margaret holloway", "PERSON"),
        ("assignee", "Margaret", "PERSON"),
        ("lastName", "O'Neil-Smith", "PERSON"),
        ("phone", "5550132", "PHONE_NUMBER"),
        ("mobileNumber", "+49 (30) 90 18 20", "PHONE_NUMBER"),
        ("ssn", "912-34-5678", "US_SSN"),
        ("dob", "1984-03-02", "DATE_OF_BIRTH"),
        ("birth_date", "2 March 1984", "DATE_OF_BIRTH"),
        ("street_address", "742 Evergreen Terrace\nSpringfield", "STREET_ADDRESS"),
        ("username", "mholloway84", "HANDLE"),
        ("db_password", "Tr0ub4dor&3", "SECRET"),
    ],
)
def test_a_field_says_what_its_whole_value_is(key, value, entity_type):
    (span,) = field_spans(telling(key), f"  {value} ")
    assert (span.start, span.end, span.entity_type) == (2, 2 + len(value), entity_type)
    assert span.detector == f"field-{telling(key)}"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("customer_name", "unknown"),
        ("author", "user"),
        ("customer_name", "${customer.name}"),
        ("customer_name", "x = 1"),
        ("phone", "none"),
        ("address", "0x7ffe_12ab"),
        ("address", "127.0.0.1"),
        ("dob", "unknown"),
        ("username", "admin"),
        ("password", "${DB_PASSWORD}"),
        ("token", "process.env.TOKEN"),
        ("phone", ""),
    ],
)
def test_a_value_that_does_not_look_like_it_is_not_believed(key, value):
    assert field_spans(telling(key), value) == []


def test_the_tier_looks_at_fields_only():
    tier = FieldTier()
    texts = ["Margaret Holloway", "Margaret Holloway", "margaret"]
    found = tier.find(texts, ["customer_name", "", telling("assignee")])
    assert [[(span.start, span.end) for span in spans] for spans in found] == [[(0, 17)], [], [(0, 8)]]


def test_the_version_of_the_tier_shows_its_tables():
    assert tier_types() == {"PERSON", "PHONE_NUMBER", "US_SSN", "DATE_OF_BIRTH", "STREET_ADDRESS", "HANDLE", "SECRET"}


def tier_types():
    return {entity_type for entity_type, _, _ in FieldTier().version["fields"]}
