"""Landing: delivered files become raw records, once, and the claims that their flags make."""
