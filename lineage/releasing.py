"""Deciding on the release of a snapshot: who signs, and what a ticket allows where nobody says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lineage.dsse import Signer
from lineage.officers import Duty
from lineage.place import Place
from lineage.release import ANY, DEPLOYMENT, Terms, Ticket, Verdict, sign_ticket
from lineage.snapshot import Snapshot, find_snapshot
from lineage.snapshot_request import parse_request
from policies.errors import LineweightError, UsageError

DAYS = 90
EPOCHS = 3


class NotAnOfficerError(LineweightError):
    """Whoever signs is nobody who may release snapshots here."""

    remedy = "`lineweight officer list` shows who may approve releases."


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What an approval allows.

    Attributes:
        may_train: Teams; everybody, if not said.
        base_models: As recipes name them; if not said, the one that was requested, or else any.
        max_epochs: If not said, what was requested, or else ``EPOCHS``.
        days: How long.

    Raises:
        UsageError: A number is below 1.
    """

    may_train: Sequence[str] = (ANY,)
    base_models: Sequence[str] = ()
    max_epochs: int | None = None
    days: int = DAYS

    def __post_init__(self) -> None:
        for name, number in (("--max-epochs", self.max_epochs), ("--days", self.days)):
            if number is not None and number < 1:
                raise UsageError(f"{name}: must be at least 1.")


def approve_release(
    place: Place,
    label: str,
    decided_at: datetime,
    key: Signer | None = None,
    *,
    officer: str | None = None,
    allowed: Allowed | None = None,
    because: str = "",
) -> Ticket:
    """Release a snapshot: sign a ticket by which it may be trained on.

    Args:
        place: Where it is.
        label: ``name@vN``, or ``name`` for its newest version.
        decided_at: UTC.
        key: An officer's private key; none where there are no officers, and the deployment's own signs.
        officer: Whose key it has to be; whoever's it is, if not said.
        allowed: What is allowed; the defaults of `Allowed`, if not said.
        because: Why, in words.

    Raises:
        NotAnOfficerError: Nobody signs who may approve releases.
        LineweightError: The snapshot does not open.
    """
    snapshot, chosen = _opened(place, label), allowed or Allowed()
    signer, approver = _signer(place, key, officer)
    base, epochs = _requested(snapshot)
    terms = Terms(
        snapshot=snapshot.manifest.label,
        verdict=Verdict.APPROVED,
        purpose=snapshot.manifest.purpose,
        may_train=tuple(chosen.may_train),
        base_models=tuple(chosen.base_models) or (base,),
        max_epochs=chosen.max_epochs or epochs,
        decided_at=decided_at,
        expires_at=decided_at + timedelta(days=chosen.days),
        approver=approver,
        because=because,
    )
    return sign_ticket(place.warehouse, snapshot.manifest, terms, signer)


def refuse_release(
    place: Place,
    label: str,
    decided_at: datetime,
    key: Signer | None = None,
    *,
    officer: str | None = None,
    because: str,
) -> Ticket:
    """Refuse the release of a snapshot, or take an earlier one back; what is training stops at its next epoch.

    Args:
        place: As for `approve_release`.
        label: As for `approve_release`.
        decided_at: UTC.
        key: As for `approve_release`.
        officer: As for `approve_release`.
        because: Why, in words.

    Raises:
        NotAnOfficerError: Nobody signs who may approve releases.
        LineweightError: The snapshot does not open.
    """
    snapshot = _opened(place, label)
    signer, approver = _signer(place, key, officer)
    terms = Terms(
        snapshot=snapshot.manifest.label,
        verdict=Verdict.REFUSED,
        purpose=snapshot.manifest.purpose,
        may_train=(),
        base_models=(),
        max_epochs=0,
        decided_at=decided_at,
        expires_at=None,
        approver=approver,
        because=because,
    )
    return sign_ticket(place.warehouse, snapshot.manifest, terms, signer)


def _opened(place: Place, label: str) -> Snapshot:
    return Snapshot.open(place.warehouse, find_snapshot(place.warehouse, label), place.trusted())


def _requested(snapshot: Snapshot) -> tuple[str, int]:
    """Return the base model and the epochs that were asked for with a snapshot, or else any and ``EPOCHS``."""
    stated = snapshot.manifest.request
    recipe = parse_request(snapshot.file(stated.path, stated.sha256)).recipe
    base, epochs = recipe.get("base"), recipe.get("epochs")
    asked = epochs if isinstance(epochs, int) and not isinstance(epochs, bool) and epochs >= 1 else EPOCHS
    return base if isinstance(base, str) and base else ANY, asked


def _signer(place: Place, key: Signer | None, officer: str | None) -> tuple[Signer, str]:
    """Return who signs, and the name they sign under."""
    officers = place.officers
    if not officers:
        if key is not None or officer is not None:
            remedy = "Name officers in lineweight.yaml; without any, leave --key and --as out."
            raise NotAnOfficerError("This deployment has no officers.", remedy=remedy)
        return place.vault(), DEPLOYMENT
    may = ", ".join(officers.names(Duty.APPROVE_RELEASES)) or "nobody"
    if key is None:
        raise NotAnOfficerError("An officer has to sign.", remedy=f"Name their private key with --key; may: {may}.")
    name = officers.name_of(key.key_id)
    if name is None:
        raise NotAnOfficerError("The key is no officer's.", remedy=f"Those who may: {may}.")
    if officer not in (None, name):
        raise NotAnOfficerError(f"The key is {name}'s, not {officer}'s.")
    if not officers.has_duty(key.key_id, Duty.APPROVE_RELEASES):
        raise NotAnOfficerError(f"{name} may not approve releases.", remedy=f"Those who may: {may}.")
    return key, name
