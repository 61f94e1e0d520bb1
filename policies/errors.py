"""The errors Lineweight raises on purpose, as one tree.

::

    LineweightError            exit 1: refused, or not verified
    ├── UsageError             exit 2: the question was put wrongly
    ├── InputError             a file a person gave us cannot be read as what it should be
    └── (each room adds its own below)

Messages carry ids, fields, files and lines; never a person's words.
"""


class LineweightError(Exception):
    """Base of every error Lineweight raises on purpose."""

    remedy = "See the log of this run for the cause."
    exit_code = 1

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        if remedy is not None:
            self.remedy = remedy

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the remedy when the error crosses a process boundary."""
        return _rebuilt, (type(self), str(self), self.remedy)

    def diagnostics(self) -> str:
        """Return the message, and what the reader can do about it."""
        return f"{self}\n{self.remedy}"


def _rebuilt(kind: type[LineweightError], message: str, remedy: str) -> LineweightError:
    error = kind.__new__(kind)
    LineweightError.__init__(error, message, remedy=remedy)
    return error


class UsageError(LineweightError):
    """The command was called with something it does not take."""

    remedy = "Run the command with --help to see what it takes."
    exit_code = 2


class InputError(LineweightError):
    """A file that a person wrote or delivered is not what it should be."""

    remedy = "Correct the file at the place named and run the command again."
