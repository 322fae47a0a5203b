"""The connections to an API server: certificates, proxies, keep-alive."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    import ssl

POOL_SIZE = 32  # connections kept open: watches and log streams of several experiments, and their calls
# A connection that died in silence is found within 25 s: watches are quiet for minutes.
_KEEP_ALIVE = (("SO_KEEPALIVE", 1), ("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))


def new_pool(configuration: Any, proxy_url: str | None, environment: Mapping[str, str]) -> Any:
    """A pool for the server of a configuration of the kubernetes package. `proxy_url` is the kubeconfig's own. The
    files with certificates are needed no more once it is there. Raises OSError where they are none."""
    import urllib3

    server = str(configuration.host)
    options: dict[str, Any] = {"maxsize": POOL_SIZE, "retries": False, "socket_options": _socket_options()}
    if server.startswith("https"):
        context = _context(configuration)
        options.update(ssl_context=context, cert_reqs=context.verify_mode)
        if configuration.tls_server_name:
            options["server_hostname"] = configuration.tls_server_name
    proxy = proxy_for(server, proxy_url, environment)
    if proxy is None:
        return urllib3.PoolManager(**options)
    if proxy.startswith("socks"):
        from urllib3.contrib.socks import SOCKSProxyManager

        # Names are looked up at the proxy's end, as kubectl has it.
        return SOCKSProxyManager(proxy.replace("socks5://", "socks5h://"), **options)
    return urllib3.ProxyManager(proxy, proxy_headers=_proxy_login(proxy), **options)


def proxy_for(server: str, proxy_url: str | None, environment: Mapping[str, str]) -> str | None:
    """The proxy on the way, as kubectl finds it: the kubeconfig's, else that of the environment, unless NO_PROXY has
    the server; loopback is never behind one of the environment."""
    if proxy_url:
        return proxy_url
    parts = urlsplit(server)
    host = parts.hostname or ""
    said = {key.lower(): value for key, value in environment.items() if key.lower().endswith("_proxy") and value}
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return None
    if _is_excepted(host, parts.port, address, said.get("no_proxy", "")):
        return None
    proxy = said.get(f"{parts.scheme}_proxy")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


def _is_excepted(host: str, port: int | None, address: Any, no_proxy: str) -> bool:
    """Entries are names, with all below them, addresses, networks, each with or without a port, and `*`."""
    for entry in no_proxy.lower().replace(" ", "").split(","):
        name = entry.removesuffix(f":{port}").removeprefix("*").removeprefix(".")
        if entry == "*" or (name and (host == name or host.endswith(f".{name}"))):
            return True
        if address is not None and "/" in entry and _is_within(address, entry):
            return True
    return False


def _is_within(address: Any, network: str) -> bool:
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _proxy_login(proxy: str) -> Mapping[str, str] | None:
    from urllib3.util import make_headers

    parts = urlsplit(proxy)
    if parts.username is None:
        return None
    return make_headers(proxy_basic_auth=f"{unquote(parts.username)}:{unquote(parts.password or '')}")


def _context(configuration: Any) -> ssl.SSLContext:
    import ssl

    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
    # Python 3.13 asks for extensions that the authorities of older clusters lack; kubectl does not.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not configuration.verify_ssl:
        import urllib3
        import urllib3.exceptions

        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # who wrote the kubeconfig knows
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    return context


def _socket_options() -> list[tuple[int, int, int]]:
    from urllib3.connection import HTTPConnection

    keep_alive = [
        (socket.SOL_SOCKET if name.startswith("SO_") else socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in _KEEP_ALIVE
        if hasattr(socket, name)
    ]
    return [*HTTPConnection.default_socket_options, *keep_alive]
