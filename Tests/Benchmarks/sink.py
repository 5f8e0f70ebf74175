"""An HTTP/1.1 server that reads bodies, keeps none of them, and answers how long they were.

Usage: sink.py PORT
"""

import socket
import sys
import threading

HEAD_BYTES_MAX = 65536
CHUNK_BYTES = 1 << 20


def serve(connection):
    buffer = bytearray(CHUNK_BYTES)
    pending = b""
    with connection:
        while True:
            while b"\r\n\r\n" not in pending:
                received = connection.recv(HEAD_BYTES_MAX)
                if not received or len(pending) > HEAD_BYTES_MAX:
                    return
                pending += received
            head, _, pending = pending.partition(b"\r\n\r\n")
            fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
            if b"100-continue" in fields.get(b"expect", b""):
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            length = int(fields.get(b"content-length", b"0"))
            taken = min(length, len(pending))
            pending = pending[taken:]
            while taken < length:
                count = connection.recv_into(buffer, min(CHUNK_BYTES, length - taken))
                if not count:
                    return
                taken += count
            body = str(taken).encode()
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def main(port):
    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]))
