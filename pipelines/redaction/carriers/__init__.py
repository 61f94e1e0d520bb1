"""Carriers: what a record's texts are held in, and how a text is changed without breaking what holds it.

::

    columns.py      the texts of a batch of records, each distinct one once, and the batch with some changed
    json_text.py    the strings of a JSON document, and the document with some changed
    json_lines.py   JSON Lines, and what else is between such lines
    documents.py    a text taken apart into the texts that are searched, however deeply nested, and put together
    blobs.py        base64 and other data that is no text
"""
