"""The commands of this room, a group a file; `lineage.cli` gathers them. Heavy imports stand inside commands."""
