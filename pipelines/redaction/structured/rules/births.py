"""Dates of birth: a date that a word before it, or the name of its field, says is one."""

from pipelines.redaction.rule import Rule

_MONTH = (
    r"(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:1[89]|20)\d\d"
_DATE = (
    rf"(?:{_YEAR}[-./](?:0?[1-9]|1[0-2])[-./]{_DAY}|{_DAY}[-./]{_DAY}[-./](?:{_YEAR}|\d\d)|"
    rf"{_DAY}(?:st|nd|rd|th)?[ -](?:of )?{_MONTH}[ -,]{{1,2}}{_YEAR}|{_MONTH}[ ]{_DAY}(?:st|nd|rd|th)?,?[ ]{_YEAR}|"
    rf"{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))"
)
_CUE = (
    r"(?i:\b(?:date[ _-]{0,2}of[ _-]{0,2}birth|birth[ _-]{0,2}da(?:te|y)|d\.?o\.?b\.?|born(?:[ ]on)?(?:[ ]the)?|"
    r"geburtsdatum|geboren[ ]am))"
)


def birth_rules() -> tuple[Rule, ...]:
    """Return the rules of dates of birth."""
    return (
        Rule(
            "date-of-birth",
            "DATE_OF_BIRTH",
            rf"{_CUE}[^\w\n]{{0,6}}(?:(?:is|was|it's|it[ ]is|in|on|at|=|:)[^\w\n]{{1,4}}){{0,2}}(?P<value>{_DATE})"
            r"(?!\w)",
            0.8,
            literals=("birth", "born", "dob", "d.o.b", "geb"),
        ),
        Rule(
            "date-of-birth-near",
            "DATE_OF_BIRTH",
            rf"(?<![\w./-]){_DATE}(?![\w/-]|\.\d)",
            0.2,
            context=("date of birth", "birthday", "birthdate", "birth date", "birth_date", "date_of_birth", "dob:"),
        ),
    )
