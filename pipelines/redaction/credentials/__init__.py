"""Credentials: what lets its holder in. Presidio has no recogniser for them.

Known in four ways: by the shape a provider gives its tokens (``catalogue.yaml``), by their own form (``blocks``), by
the place they stand in (``urls``, ``commands``, ``settings``, ``logins``), and by the name they are assigned to
(``assigned``). What only stands where a secret would is refused by ``plausible``.
"""

import functools

from pipelines.redaction.credentials.assigned import assigned_rules
from pipelines.redaction.credentials.blocks import block_rules
from pipelines.redaction.credentials.catalogue import shipped_catalogue, token_rules
from pipelines.redaction.credentials.commands import command_rules
from pipelines.redaction.credentials.logins import login_rules
from pipelines.redaction.credentials.settings import setting_rules
from pipelines.redaction.credentials.urls import url_rules
from pipelines.redaction.rule import Rule


@functools.cache
def credential_rules() -> tuple[Rule, ...]:
    """Return all rules that find a ``SECRET``, the surest first; the same ones at every call."""
    catalogue = shipped_catalogue()
    return (
        *block_rules(),
        *token_rules(catalogue),
        *url_rules(),
        *command_rules(),
        *setting_rules(),
        *assigned_rules(catalogue.services),
        *login_rules(),
    )
