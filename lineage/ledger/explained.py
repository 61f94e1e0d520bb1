"""What each reason for not taking a line means, in a sentence that a report can print."""

from collections.abc import Mapping

from lineage.ledger.lines import RejectReason as Reason

EXPLAINED: Mapping[Reason, str] = {
    Reason.FILE_CUT_SHORT: "The file ends before its end, so what it allows is not believed.",
    Reason.INVALID_UTF_8: "The line holds bytes that are not UTF-8.",
    Reason.MALFORMED_JSON: "The line is not JSON.",
    Reason.MALFORMED_CSV: "The line has not as many cells as the header, or an open quote.",
    Reason.NOT_AN_OBJECT: "The line is JSON, but no object.",
    Reason.REPEATED_FIELD: "A field stands twice in the line.",
    Reason.UNKNOWN_FIELD: "A field is in the line that does not belong there.",
    Reason.MISSING_FIELD: "A field that must be there is not.",
    Reason.INVALID_FIELD: "A field holds what it does not take.",
    Reason.UNPRINTABLE_TEXT: "A text holds a character that cannot be printed.",
    Reason.PERSONAL_DATA: "A text holds an @: the ledger can never be rewritten, so it is not let in.",
    Reason.TENANT_UNREADABLE: "The tenant is no tenant's name.",
    Reason.PERSON_UNREADABLE: "It cannot be made out whom the line is about.",
    Reason.UNKNOWN_STATE: "The state is none of ISO/IEC TS 27560.",
    Reason.UNKNOWN_SCOPE: "The scope is none that an agreement can have.",
    Reason.UNKNOWN_PURPOSE: "The purpose is not in the list of purposes.",
    Reason.TIME_WITHOUT_ZONE: "A time names no zone, so it names no instant.",
    Reason.TIME_UNREADABLE: "A time cannot be read.",
    Reason.RECORDED_IN_THE_FUTURE: "It says that it was recorded after now: some clock is ahead.",
    Reason.GRANT_FOR_EVERYONE: "Consent is a person's own: nobody grants for everyone.",
    Reason.OLDER_THAN_NEWEST_TABLE: "A newer table of the tenant is known; an older one revives nothing.",
    Reason.REFUSAL_STANDS: "A refusal stands that a table cannot lift; a consent event of the person can.",
}
