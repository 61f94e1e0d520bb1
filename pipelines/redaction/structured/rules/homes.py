"""The name of a user in the path of a home directory, and in what a process says of its owner."""

from pipelines.redaction.rule import Rule

# Names under a home directory that belong to no person: service accounts, placeholders, pages of web sites.
_NOBODY = (
    r"(?:root|user|users|username|ubuntu|debian|ec2-user|centos|runner|runneradmin|node|app|appuser|vscode|codespace|"
    r"gitpod|git|jovyan|sandbox|developer|dev|deploy|www|web|admin|administrator|default|public|shared|guest|circleci|"
    r"travis|jenkins|vagrant|linuxbrew|you|yourname|your-name|your_name|me|name|test|workspace|project|projects|code|"
    r"src|bin|lib|tmp|data|index|about|dashboard|settings|page|pages|home|login|profile|all|new|components?|views?|"
    r"assets|static|styles?|api|posts?|products?|news|hero|footer|header)"
)
_USER = r"\w(?:[\w.-]{0,62}\w)?"
_END = r"(?![\w-]|\.\w{2,4}\b)"
_ROOT = r"(?:/(?:Users|home|export/home)|[\\/](?i:c/users)|[A-Za-z]:[\\/]{1,4}(?i:users|documents and settings))"


def home_rules() -> tuple[Rule, ...]:
    """Return the rules of user names in paths."""
    return (
        Rule(
            "home-directory", "USER_PATH", rf"{_ROOT}[\\/]{{1,4}}\K(?!(?i:{_NOBODY}){_END})(?!\d{{1,30}}\b){_USER}", 0.8
        ),
        Rule(
            "home-directory-dashed",
            "USER_PATH",
            rf"(?<![\w-])-(?:Users|home)-\K(?!{_NOBODY}(?![a-z]))[A-Za-z][A-Za-z0-9._]{{0,63}}(?=-)",
            0.8,
        ),
        Rule(
            "home-directory-encoded",
            "USER_PATH",
            rf"(?i:%2F(?:Users|home)%2F)\K(?!{_NOBODY}(?!\w)){_USER}(?<!%2F)",
            0.8,
        ),
        Rule(
            "owner-of-a-process",
            "USER_PATH",
            rf"\b(?:LOGNAME|USERNAME|USER)=\K(?!(?i:{_NOBODY})(?![\w-]))[A-Za-z][\w.-]{{1,63}}",
            0.6,
        ),
    )
