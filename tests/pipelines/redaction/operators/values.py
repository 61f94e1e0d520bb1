"""Made-up values of every type that has surrogates of its own form, as people write them."""

# Assembled from pieces, so that no scanner takes a made-up secret for a real one.
GITHUB = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6q7R8"
AWS = "AKIA" + "IOSFODNN7" + "ABCDEFG"
DIGEST = "d41d8cd98f00b204" + "e9800998ecf8427e"
IDENTIFIER = "550e8400-e29b-" + "41d4-a716-446655440000"
JWT = ".".join(("eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0NTY3", "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"))
BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw\nabcd/efgh+ijkl=="
PEM = f"-----BEGIN PRIVATE KEY-----\n{BODY}\n-----END PRIVATE KEY-----"

VALUES = [
    ("EMAIL_ADDRESS", "Jane.Doe@corp.internal"),
    ("EMAIL_ADDRESS", "jane.doe%40corp.internal"),
    ("EMAIL_ADDRESS", "jane.doe (at) corp (dot) internal"),
    ("EMAIL_ADDRESS", "jane&#64;corp.io"),
    ("PHONE_NUMBER", "+1 (415) 555-2671"),
    ("PHONE_NUMBER", "415-555-2671 x123"),
    ("PHONE_NUMBER", "+49 151 23456789"),
    ("PHONE_NUMBER", "020 7946 1958"),
    ("PHONE_NUMBER", "0044 20 7946 1958"),
    ("PHONE_NUMBER", "919876543210"),
    ("IP_ADDRESS", "10.1.2.3"),
    ("IP_ADDRESS", "10.1.2.0/24"),
    ("IP_ADDRESS", "fe80::1%eth0"),
    ("IP_ADDRESS", "2A01:4F8::1"),
    ("MAC_ADDRESS", "a4:83:e7:12:34:56"),
    ("MAC_ADDRESS", "A483.E712.3456"),
    ("CREDIT_CARD", "4242 4242 4242 4242"),
    ("CREDIT_CARD", "378282246310005"),
    ("IBAN_CODE", "DE89 3704 0044 0532 0130 00"),
    ("IBAN_CODE", "gb82west12345698765432"),
    ("US_SSN", "078-05-1120"),
    ("US_SSN", "078051120"),
    ("US_ITIN", "912-72-1234"),
    ("UK_NHS", "943 476 5919"),
    ("UK_NINO", "AB 12 34 56 C"),
    ("IN_AADHAAR", "3675 9834 6015"),
    ("PERSON", "Jane Doe"),
    ("PERSON", "JANE O'BRIEN-SMITH"),
    ("PERSON", "Jos\\u00e9 Garc\\u00eda"),
    ("PERSON", "jane%20doe"),
    ("PERSON", "J. R. R. Holloway"),
    ("USER_PATH", "jane.doe"),
    ("HANDLE", "@JaneDoe92"),
    ("STREET_ADDRESS", "12 Main St, Springfield"),
    ("STREET_ADDRESS", "12+Main+St"),
    ("DATE_OF_BIRTH", "1987-03-12"),
    ("DATE_OF_BIRTH", "Mar 2nd, 1987"),
    ("DATE_OF_BIRTH", "19870312"),
    ("DATE_OF_BIRTH", "12/3/87"),
    ("SECRET", "hunter2"),
    ("SECRET", "correct horse battery staple"),
    ("SECRET", 'p@ss\\nw0rd/with+all=of\\"it'),
    ("SECRET", "123456789012345"),
    ("SECRET", GITHUB),
    ("SECRET", AWS),
    ("SECRET", DIGEST),
    ("SECRET", IDENTIFIER),
    ("SECRET", JWT),
    ("SECRET", PEM),
    ("SECRET", PEM.replace("\n", "\\n")),
    ("CRYPTO", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"),
    ("URL", "https://jane.dev/x?y=1"),
    ("LOCATION", "Berlin"),
    ("US_PASSPORT", "912803456"),
]
