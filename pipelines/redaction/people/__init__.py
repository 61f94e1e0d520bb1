"""People: their names and addresses, found by a learned tagger, an NER, cue phrases and field names."""
