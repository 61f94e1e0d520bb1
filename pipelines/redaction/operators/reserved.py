"""Values that can belong to nobody, and so are left as they are.

Most values that are reserved for examples are replaced all the same: to tell them apart is not worth one mistake. Left
are only those that a surrogate could be, which is needed for redacting twice to give what redacting once gave, and
addresses of no host in particular.
"""

import ipaddress
import re

from pipelines.redaction.markers import passes_luhn
from pipelines.redaction.operators.contact import DOCUMENTATION, HARDWARE, HOSTS
from pipelines.redaction.operators.dates import YEARS
from pipelines.redaction.operators.pieces import plain

# This machine, this network, netmasks (RFC 6890), and the resolvers that everybody types.
_NO_HOST = tuple(map(ipaddress.ip_network, ("127.0.0.0/8", "0.0.0.0/8", "255.0.0.0/8", "::/127")))
_RESOLVERS = frozenset(("8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9"))
_SHAPES = {
    "US_SSN": re.compile(r"9\d\d00\d{4}"),
    "US_ITIN": re.compile(r"9\d\d00\d{4}"),
    "IN_AADHAAR": re.compile(r"[01]\d{11}"),
    "UK_NHS": re.compile(r"999\d{7}"),
    "UK_NINO": re.compile(r"qq\d{6}[a-d]?"),
    "IBAN_CODE": re.compile(r"qx\d\d[a-z0-9]{11,30}"),
    "MAC_ADDRESS": re.compile(rf"{HARDWARE}[0-9a-f]{{2}}"),
}


def belongs_to_nobody(entity_type: str, value: str) -> bool:
    """Return whether a value of a type is in a range that surrogates are taken from, or is no host's address."""
    read = plain(value).casefold()
    if entity_type == "IP_ADDRESS":
        return _is_no_host(read)
    if entity_type in ("DATE_OF_BIRTH", "DATE_TIME"):
        return any(number in YEARS for number in re.findall(r"\d{4}", read))
    letters = "".join(character for character in read if character.isalnum())
    if entity_type == "CREDIT_CARD":
        return letters.startswith("400000") and letters.isdecimal() and passes_luhn(letters)
    if entity_type == "PHONE_NUMBER":
        return _is_unassigned(read)
    shape = _SHAPES.get(entity_type)
    return shape is not None and shape.fullmatch(letters) is not None


def _is_unassigned(read: str) -> bool:
    """Return whether a telephone number, without its extension, has a country code or an area that is kept free."""
    number = re.sub(r"\D", "", re.split(r";ext|x|ext", read)[0])
    if read.lstrip().startswith("+"):
        return number.startswith("999") or re.fullmatch(r"1[2-9]9\d55501\d\d", number) is not None
    return re.fullmatch(r"00999\d{4,}|999\d{8,}|1?[2-9]9\d55501\d\d", number) is not None


def _is_no_host(read: str) -> bool:
    try:
        address = ipaddress.ip_interface(read.partition("%")[0]).ip
    except ValueError:
        return False
    if str(address) in _RESOLVERS or any(address in net for net in _NO_HOST if net.version == address.version):
        return True
    block, _, host = str(address).rpartition(".")
    if block in DOCUMENTATION:
        return 1 <= int(host) <= HOSTS
    return address.version == 6 and address in ipaddress.ip_network("2001:db8:7178::/48")
