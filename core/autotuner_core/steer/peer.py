"""Who is at the other end of a Unix socket."""

from __future__ import annotations

import socket
import struct

_LOCAL_PEERCRED = 0x001  # <sys/un.h> of macOS and the BSDs; Python does not name it
_XUCRED = "IIh16I"  # struct xucred: version, uid, number of groups, groups


def peer_uid(connection: socket.socket) -> int:
    """The user id of the process that connected. Raises OSError where the system does not tell."""
    if hasattr(socket, "SO_PEERCRED"):  # Linux
        size = struct.calcsize("3i")  # pid, uid, gid
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        return int(struct.unpack("3i", credentials)[1])
    credentials = connection.getsockopt(0, _LOCAL_PEERCRED, struct.calcsize(_XUCRED))
    return int(struct.unpack_from("II", credentials)[1])
