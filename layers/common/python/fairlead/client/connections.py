"""The connections of a client: checks the address, and goes through the proxy that the environment names."""

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from fairlead.errors import SettingsError

if TYPE_CHECKING:
    import urllib3

CONNECTIONS = 32


def connections(url: str) -> "urllib3.PoolManager":
    """Return the connections to an API; HTTPS_PROXY, HTTP_PROXY and NO_PROXY count, as for the AWS CLI.

    Raises SettingsError for an address that is no http or https URL.
    """
    from urllib.request import getproxies, proxy_bypass

    import urllib3

    scheme, host = _checked(url)
    proxy = getproxies().get(scheme)
    if not proxy or proxy_bypass(host):
        return urllib3.PoolManager(retries=False, maxsize=CONNECTIONS)
    login = unquote(urlsplit(proxy).netloc.rpartition("@")[0])
    headers = urllib3.make_headers(proxy_basic_auth=login) if login else None
    return urllib3.ProxyManager(proxy, proxy_headers=headers, retries=False, maxsize=CONNECTIONS)


def _checked(url: str) -> tuple[str, str]:
    """Return the scheme and the host."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and (parts.port is None or parts.port > 0)
    except ValueError:
        valid = False
    if not valid or not parts.hostname:
        raise SettingsError(
            f"{url[:200]!r} is no address of an API", hint="give the stack's output ApiUrl, such as https://…/prod"
        )
    return parts.scheme, parts.hostname
