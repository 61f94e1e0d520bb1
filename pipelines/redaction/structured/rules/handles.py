"""Names that people go by on sites: in the address of a profile page, and where a word says so."""

from pipelines.redaction.rule import Rule

_SITES = (
    r"(?:linkedin\.com/(?:in|pub)|(?:twitter|x|instagram|facebook|tiktok|mastodon\.social|medium|youtube)\.com|t\.me|"
    r"bsky\.app/profile|keybase\.io|github\.com|gitlab\.com|stackoverflow\.com/users/\d{1,12})"
)

_AT_NAME = r"@\w(?:[\w.-]{0,38}\w)?"
# What code has after an `@`: decorators, packages, tags of a documentation comment.
_NOT_CODE = r"(?![\w/(@]|[.-]\w)"
_CREDITS = (
    r"(?:thanks|thank[ ]you|thx|cheers|kudos|credits?|props|ping|cc|hi|hey|hello|dear|help)(?:[ ]to)?[ ,:]{1,2}|"
    r"\b(?:by|like|following|followed)[ ]"
)
_SAID = (
    r"(?:said|says|suggest(?:ed|s)|point(?:ed|s)|mention(?:ed|s)|not(?:ed|es)|post(?:ed|s)|comment(?:ed|s)|answered|"
    r"explain(?:ed|s)|propos(?:ed|es)|describ(?:ed|es)|wrote|came[ ]up)"
)
# Who goes by a name that has a capital or a digit in it, and is not a word that begins a sentence.
_SHORT_NAME = (
    r"(?!(?:I|It|He|She|We|They|You|This|That|The|There|These|Those|One|Who|Everyone|Someone|People)\b)"
    r"(?=\w{0,30}[A-Z0-9])[^\W_][\w.-]{1,30}(?:[ ][A-Z]\w{1,30})?"
)


def handle_rules() -> tuple[Rule, ...]:
    """Return the rules of handles."""
    return (
        Rule(
            "handle-profile-page",
            "HANDLE",
            rf"\b{_SITES}/@?\K(?!(?:share|home|login|search|explore|intent|hashtag|watch|orgs|features|topics|settings|"
            r"about|sharer)\b)[\w.-]{0,63}\w(?![\w/-]|\.\w)",
            0.7,
            literals=(".com/", ".me/", ".io/", ".app/", ".social/"),
        ),
        Rule(
            "handle-said",
            "HANDLE",
            r"(?i:(?<![a-z])(?:handle|username|instagram|twitter|insta|telegram|discord|tiktok)(?: is)?[\"']?"
            r"[ ]?[:=]?[ ]?)[\"'`(]?@\K\w[\w.]{2,63}(?<!\.)(?![\w@])",
            0.7,
            literals=("@",),
        ),
        Rule(
            "handle-credited",
            "HANDLE",
            rf"(?i:{_CREDITS})(?P<value>{_AT_NAME}){_NOT_CODE}|"
            rf"^(?P<value>{_AT_NAME})(?:[:,](?!\w)|[ ](?:{_SAID}|i\b|you\b|thanks))|"
            rf"(?<![\w@/\"'`])(?P<value>{_AT_NAME})(?:'s|[ ])[ ]?(?i:answer|comment|suggestion|solution|{_SAID})",
            0.6,
            literals=("@",),
        ),
        Rule(
            "handle-of-an-answer",
            "HANDLE",
            rf"(?<![\w@./-])(?:\b(?:[Aa][Ss]|[Ll]ike)[ ](?P<value>{_SHORT_NAME})[ ](?:has[ ])?{_SAID}\b|"
            rf"(?P<value>{_SHORT_NAME})'s[ ](?:answer|comment|suggestion)\b)",
            0.55,
        ),
    )
