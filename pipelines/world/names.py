"""Names from which made-up people, mail addresses and streets are put together."""


def _listed(text: str) -> tuple[str, ...]:
    """Return the words of a text; an underscore stands for a space."""
    return tuple(word.replace("_", " ") for word in text.split())


FIRST_NAMES = _listed(
    """
    Hannah Marcus Priya Jonas Camille Rafael Ingrid Owen Leila Thomas Amara Felix Beatriz Simon Nadia
    Gareth Helena Vikram Chloe Anders Fiona Mateus Ruth Stefan Yasmin Julian Odette Patrick Meera Lukas
    Gwen Antoine Carla Dennis Estelle Rohan Miriam Oscar Paula Tobias Wanda Benedict Larissa Kieran
    Sunita Emil Judith Harvey Noemi Clement
    """
)
LAST_NAMES = _listed(
    """
    Whitfield Brandauer Venkataraman Lindqvist Moreau Carvalho Haverkamp Pritchard Okonkwo Steinbrenner
    Delacroix Ashworth Ferreira Hollingsworth Kowalczyk Marchetti Nakamura Oyelaran Pemberton Rosenthal
    Sandoval Thackeray Underwood Vandermeer Wetherby Zimmermann Abernathy Baumgartner Chatterjee
    Duquesne Eisenhardt Fairbanks Goldsworthy Henriksen Ingleby Jankowski Kirchhoff Lafontaine Middleton
    Nightingale Ostrowski Papadakis Quintanilla Rautenberg Subramanian Tomlinson Ullrich Vasconcelos
    Winterbourne Yamaguchi Ziegler Applewhite Broderick Castellanos
    """
)
STREETS = _listed(
    """
    Larkspur_Hollow Copper_Beech Old_Mill Quarry_Bank Saltmarsh Juniper_Hill Ropewalk Orchard_View
    Tannery Windmill Granary Stonecutter Heron_Brook Chapel_Green Harbour_View Blackthorn Ferryman
    Lantern Millrace Thistledown
    """
)
PROVIDERS = ("example.com", "example.org", "example.net", "mail.example.com", "post.example.org", "team.example.net")
