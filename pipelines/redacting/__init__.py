"""What the commands of redaction do: trying it on a text, explaining a record, comparing profiles over a snapshot."""
