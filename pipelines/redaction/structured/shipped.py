"""The structured rules that ship."""

from pipelines.redaction.rule import Rule
from pipelines.redaction.structured.rules.accounts import account_rules
from pipelines.redaction.structured.rules.births import birth_rules
from pipelines.redaction.structured.rules.handles import handle_rules
from pipelines.redaction.structured.rules.homes import home_rules
from pipelines.redaction.structured.rules.mail import mail_rules
from pipelines.redaction.structured.rules.national import national_rules
from pipelines.redaction.structured.rules.network import network_rules
from pipelines.redaction.structured.rules.phones import phone_rules
from pipelines.redaction.structured.rules.streets import street_rules


def structured_rules() -> tuple[Rule, ...]:
    """Return all rules of structured identifiers; a profile chooses among them by entity type."""
    return (
        *mail_rules(),
        *phone_rules(),
        *account_rules(),
        *network_rules(),
        *national_rules(),
        *street_rules(),
        *home_rules(),
        *handle_rules(),
        *birth_rules(),
    )
