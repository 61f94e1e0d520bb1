"""Which texts are in a language that is searched: told by script and by small words, and only where there is prose."""

import pytest

from pipelines.redaction.language import Languages

FOREIGN = {
    "de": "Bitte schreibe mir eine Funktion, die alle Kunden aus der Tabelle liest und nach dem Namen sortiert, und "
    "gib mir dann eine Liste, die ich morgen an die anderen weitergeben kann, wenn sie danach fragen.",
    "fr": "Je voudrais que tu m'\u00e9crives une fonction qui lit tous les clients dans la table et qui les trie par "
    "nom, puis que tu me donnes une liste que je pourrai envoyer aux autres demain matin.",
    "es": "Quiero que me escribas una funci\u00f3n que lea todos los clientes de la tabla y los ordene por su nombre, "
    "y que luego me des una lista que pueda enviar ma\u00f1ana a los dem\u00e1s cuando la pidan.",
    "it": "Vorrei che tu mi scrivessi una funzione che legge tutti i clienti della tabella e li ordina per nome, e poi "
    "che tu mi dia una lista che posso mandare domani agli altri quando la chiedono.",
    "nl": "Ik wil graag dat je een functie voor mij schrijft die alle klanten uit de tabel leest en op naam sorteert, "
    "en dat je mij daarna een lijst geeft die ik morgen aan de anderen kan sturen.",
    "pl": "Chcia\u0142bym, \u017ceby\u015b napisa\u0142 mi funkcj\u0119, kt\u00f3ra czyta wszystkich klient\u00f3w z "
    "tabeli i sortuje ich wed\u0142ug nazwiska, a potem da\u0142 mi list\u0119, kt\u00f3r\u0105 jutro wy\u015bl\u0119 "
    "innym, kiedy o ni\u0105 zapytaj\u0105.",
    "ru": "\u041d\u0430\u043f\u0438\u0448\u0438 \u043c\u043d\u0435 \u0444\u0443\u043d\u043a\u0446\u0438\u044e, "
    "\u043a\u043e\u0442\u043e\u0440\u0430\u044f \u0447\u0438\u0442\u0430\u0435\u0442 \u0432\u0441\u0435\u0445 "
    "\u043a\u043b\u0438\u0435\u043d\u0442\u043e\u0432 \u0438\u0437 \u0442\u0430\u0431\u043b\u0438\u0446\u044b.",
    "ja": "\u9867\u5ba2\u306e\u4e00\u89a7\u3092\u8aad\u307f\u8fbc\u3093\u3067\u540d\u524d\u9806\u306b\u4e26\u3079"
    "\u66ff\u3048\u308b\u95a2\u6570\u3092\u66f8\u3044\u3066\u304f\u3060\u3055\u3044\u3002\u305d\u308c\u304b\u3089"
    "\u660e\u65e5\u307f\u3093\u306a\u306b\u9001\u308b\u4e00\u89a7\u3092\u304f\u3060\u3055\u3044\u3002",
    "ar": "\u0627\u0643\u062a\u0628 \u0644\u064a \u062f\u0627\u0644\u0629 \u062a\u0642\u0631\u0623 \u062c\u0645\u064a"
    "\u0639 \u0627\u0644\u0639\u0645\u0644\u0627\u0621 \u0645\u0646 \u0627\u0644\u062c\u062f\u0648\u0644 \u0648\u062a"
    "\u0631\u062a\u0628\u0647\u0645 \u062d\u0633\u0628 \u0627\u0644\u0627\u0633\u0645.",
}
ENGLISH = {
    "prose": "Please write me a function that reads all customers from the table and sorts them by name, and then give "
    "me a list that I can send to the others tomorrow when they ask for it.",
    "terse": "fix failing test, add logging, bump version, run linter, commit changes, push branch, open pull "
    "request, assign reviewer, update changelog, close issue, notify channel, merge when green, deploy staging",
    "code": "def read(path: str) -> list[dict]:\n    with open(path) as file:\n        return json.load(file)\n" * 8,
    "identifiers": "der_die_das = une.liste(de_la=table)\n" * 20,
    "code with words": 't("bitte schreibe mir"); t("eine funktion die alle"); t("kunden aus der tabelle"); ' * 4,
    "log": "2026-01-02 10:00:00 INFO worker-3 started pid=4711 queue=default\n" * 20,
    "a few words": "Guten Tag, wie geht es dir?",
    "names": "Margaret Holloway, Tobias Lindqvist, Priya Raman, Jo\u00e3o Silva, Zo\u00eb M\u00fcller",
    "a word in another script": "The word \u043f\u0440\u0438\u0432\u0435\u0442 means hello, and how do I say it.",
    "nothing": "",
}  # fmt: skip


@pytest.mark.parametrize("language", FOREIGN)
def test_a_text_in_another_language_is_not_supported(language):
    assert not Languages(["en"]).supports(FOREIGN[language])


@pytest.mark.parametrize("language", FOREIGN)
def test_a_language_is_added_by_naming_it(language):
    assert Languages(["en", language]).supports(FOREIGN[language])


@pytest.mark.parametrize("text", ENGLISH.values(), ids=ENGLISH)
def test_english_code_and_what_is_too_short_to_tell_are_supported(text):
    assert Languages(["en"]).supports(text)


def test_one_paragraph_in_another_language_is_enough():
    assert not Languages(["en"]).supports(f"{ENGLISH['prose']}\n\n{FOREIGN['fr']}\n\n{ENGLISH['prose']}")


def test_a_profile_without_english_does_not_support_it():
    assert not Languages(["de"]).supports(ENGLISH["prose"])
