"""systemd's end of a notification socket: prints each message on a line, as JSON, with the process that wrote it.

The process is what the kernel says (unix(7), SCM_CREDENTIALS), as systemd asks it.
"""

import json
import socket
import struct
import sys

listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
listener.bind(sys.argv[1])
print("listening", flush=True)
while True:
    message, ancillary, _, _ = listener.recvmsg(4096, socket.CMSG_SPACE(12))
    (pid, _, _) = struct.unpack("3i", ancillary[0][2])
    print(json.dumps({"pid": pid, "lines": message.decode().split("\n")}), flush=True)
