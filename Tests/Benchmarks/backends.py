"""The servers behind the balancers."""

import pathlib
import sys

import balancers
import debian
import machine
from processes import until

ANSWER_BYTES = 128
START_SECONDS = 10
SEEN = ("server_port", "http_x_forwarded_for", "http_x_forwarded_proto", "http_x_forwarded_host",
        "http_x_real_ip", "http_host", "http_connection")


class SmallAnswers:
    """One nginx on two ports that answers 128 bytes, and at /seen what it was asked with."""

    def __init__(self, workshop):
        *self.ports, self._status_port = machine.free_ports(3)
        folder = workshop.subfolder("backend")
        seen = "|".join(f"${name}" for name in SEEN)
        listen = " ".join(f"listen 127.0.0.1:{port};" for port in self.ports)
        _start_nginx(workshop, folder, self.ports, f"""
    server {{
        {listen}
        location / {{ return 200 "{'x' * ANSWER_BYTES}"; }}
        location = /seen {{ return 200 "{seen}"; }}
    }}
    server {{
        listen 127.0.0.1:{self._status_port};
        location / {{ stub_status; }}
    }}""")

    def connections_accepted(self):
        """How many connections it ever accepted: shows whether upstream keep-alive works."""
        _, body = balancers.fetch(self._status_port)
        return int(body.split(b"requests")[1].split()[0])


class LargeFile:
    """One nginx that sends a file with sendfile(2)."""

    def __init__(self, workshop, size):
        self.ports = machine.free_ports(1)
        folder = workshop.subfolder("files")
        self.path = folder / "large"
        with open(self.path, "wb") as file:
            file.truncate(size)
        (folder / "index.html").write_text("ready")
        _start_nginx(workshop, workshop.subfolder("backend"), self.ports, f"""
    sendfile on;
    server {{
        listen 127.0.0.1:{self.ports[0]};
        root {folder};
    }}""")


class Sink:
    """Takes uploads and throws them away; nginx has no way to do that before it answers."""

    def __init__(self, workshop):
        self.ports = machine.free_ports(1)
        program = pathlib.Path(__file__).with_name("sink.py")
        process = workshop.start("sink", [sys.executable, "-I", program, self.ports[0]])
        _await(process, self.ports)


def _start_nginx(workshop, folder, ports, servers):
    path = folder / "nginx.conf"
    path.write_text(f"""{balancers.nginx_preamble(folder)}
    keepalive_timeout 1h;
{servers}
}}
""")
    process = workshop.start("backend", [debian.program("nginx"), "-p", folder, "-c", path,
                                         "-e", "stderr"])
    _await(process, ports)


def _await(process, ports):
    def serve():
        return process.ended or all(balancers.fetch(port)[0] == 200 for port in ports)
    if not until(serve, START_SECONDS) or process.ended:
        raise process.failure("does not serve")
