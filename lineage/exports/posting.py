"""Sending JSON documents to a server over HTTP, one by one, until it refuses one."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from policies.errors import LineweightError, UsageError

TIMEOUT_SECONDS = 30.0


class NotDeliveredError(LineweightError):
    """A server did not take a document; those before it were taken."""

    remedy = "See why in the server's log, and send again: events that it has are the same events, with the same ids."


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirected POST becomes a GET of something else, which would pass for a delivery."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing: the answer is an error like others that are not 2xx."""


def post_each(
    documents: Iterable[Mapping[str, Any]], url: str, api_key: str | None = None, timeout: float = TIMEOUT_SECONDS
) -> int:
    """POST documents as JSON, each in a request of its own, and return how many were taken.

    Args:
        documents: Sent in order.
        url: Where to, ``http`` or ``https``; the whole address of the endpoint.
        api_key: Sent as a bearer token.
        timeout: Seconds to wait for the server, for each document.

    Raises:
        UsageError: The address is none of a server.
        NotDeliveredError: The server cannot be reached, or answers with anything but 2xx.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise UsageError(
            "--url: this is no address of a server.", remedy="Write it like http://host:5000/api/v1/lineage."
        )
    headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "lineweight"}
    if api_key:
        headers["Authorization"] = f"Bearer {api_key}"
    opener = urllib.request.build_opener(_NoRedirects())
    where, taken = f"{parts.scheme}://{parts.netloc}{parts.path}", 0
    for document in documents:
        nth = f"event {taken + 1}; {taken} were taken"
        data = json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
        request = urllib.request.Request(url, data, headers, method="POST")  # noqa: S310
        try:
            with opener.open(request, timeout=timeout):
                taken += 1
        except urllib.error.HTTPError as error:
            error.close()
            raise NotDeliveredError(f"{where}: answered {error.code} to {nth}.") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NotDeliveredError(f"{where}: cannot be reached for {nth}.") from error
    return taken
