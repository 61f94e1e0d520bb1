"""Postal addresses by their form: number, street and what follows; post boxes; the military's."""

from pipelines.redaction.rule import Rule

_CAPITALISED = r"[A-ZÀ-Þ][\w'\u2019.-]{0,40}"
_KIND = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Terrace|Ter|Way|"
    r"Parkway|Pkwy|Highway|Hwy|Circle|Cir|Crescent|Close|Row|Trail|Trl|Alley|Grove|Mews|Gardens|Nagar|Marg|Layout)"
)
_PLACE = r"(?:,?[ ](?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|#)\.?[ ]?[\w-]{1,6})?"
_TOWN = (
    r"(?:,[ ]?(?:[A-Z]{1,2}\d[\dA-Z]?[ ]\d[A-Z]{2}|\d{4,6}[ ])?(?:[A-ZÀ-Þ][\w'\u2019.-]{1,40}[ ]?){1,3})?"
    r"(?:,?[ ]?[A-Z]{2}(?=[ ,]))?(?:,?[ ](?:\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[\dA-Z]?[ ]\d[A-Z]{2}|"
    r"[A-Z]\d[A-Z][ ]?\d[A-Z]\d|\d{6}))?"
)
_WORD = r"[\wäöüß.-]{0,40}"
_NAME = r"[A-ZÀ-Þ][\w'\u2019-]{1,40}"


def street_rules() -> tuple[Rule, ...]:
    """Return the rules of addresses."""
    return (
        _rule(
            "street-english",
            rf"(?<![\w.])\d{{1,5}}[A-Za-z]?,?[ ](?:[NSEW]\.?[ ])?(?:{_CAPITALISED}[ ]){{1,4}}?{_KIND}\b"
            rf"(?:\.(?=,|[ ][A-Z#\d]))?(?:[ ](?:N[EW]|S[EW])\b)?{_PLACE}{_TOWN}",
        ),
        _rule(
            "street-german",
            rf"(?<!\w)[A-ZÄÖÜ]{_WORD}(?:[ ][A-ZÄÖÜ][\wäöüß-]{{0,40}})?(?:straße|strasse|str\.|weg|platz|allee|gasse|"
            r"ufer|damm|[ ]Straße|[ ]Allee|[ ]Weg|[ ]Platz)[ ]\d{1,4}[ ]?[a-z]?\b"
            r"(?:,?[ ]\d{5}[ ][A-ZÄÖÜ][\wäöüß-]{1,40})?",
        ),
        _rule(
            "street-french",
            r"(?<!\w)\d{1,4}(?:[ ]?(?:bis|ter))?,?[ ](?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Pp]lace|[Cc]hemin|[Aa]llée|"
            rf"[Ii]mpasse|[Qq]uai)[ ](?:(?:de|du|des|la|le|les)[ ]|(?:d|l|de[ ]l)['\u2019]){{0,2}}{_NAME}"
            rf"(?:[ ]{_NAME}){{0,3}}(?:,?[ ]\d{{5}}[ ]{_NAME})?",
        ),
        _rule(
            "street-portuguese",
            r"(?<!\w)(?:Rua|R\.|Avenida|Av\.|Travessa|Alameda)[ ](?:[\w'\u2019.-]{1,40}[ ]?){1,5},?[ ]"
            rf"(?:n[º°o]?\.?[ ])?\d{{1,5}}(?:[ ]?[-\u2013,][ ]?{_NAME}(?:[ ]{_NAME}){{0,3}})?",
        ),
        _rule("post-box", r"(?<!\w)(?i:P\.?[ ]?O\.?[ ]?Box)[ ]\d{1,6}\b"),
        _rule(
            "postal-code-said",
            r"(?i:(?<![a-z])(?:(?:zip|plz)(?:[ _-]?code)?|post(?:al)?[ _-]?code))[\"']?[ :=#]{1,4}(?:is[ ])?[\"']?"
            r"\K(?:\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[\dA-Z]?[ ]\d[A-Z]{2}|[A-Z]\d[A-Z][ ]?\d[A-Z]\d)(?![\w-]|\.\d)",
        ),
        # Military: unit or ship, then the post office of the armed forces (USPS Publication 28, section 238).
        _rule(
            "street-military",
            r"(?<!\w)(?i:(?:(?:PSC|CMR|Unit)[ ]\d{1,5},?[ ]Box[ ]\d{1,5}|"
            r"USS[ ][A-Z][\w'-]{1,30}(?:[ ][A-Z][\w'-]{1,30})?),?\s{1,4}(?:APO|FPO|DPO),?[ ]A[AEP],?[ ]"
            r"\d{5}(?:-\d{4})?)(?!\w)",
        ),
    )


def _rule(name: str, expression: str) -> Rule:
    return Rule(name, "STREET_ADDRESS", expression, 0.7)
