"""How the tagger's weights are learnt: from annotated text, a teacher's labels and sentences filled by rule."""
