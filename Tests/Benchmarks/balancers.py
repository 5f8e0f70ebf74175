"""The balancers, each as a fast but ordinary configuration of the same job.

One worker, backends round robin, keep-alive on both sides, forwarding headers, no access log, slow
health checks. Two differences favour the others: nginx has passive health checks only, and HAProxy
adds X-Forwarded-For where the others add four headers.
"""

import http.client
import os
import subprocess

import debian
import machine
import skein
from processes import until

READY_SECONDS = 45
FOREVER = 1_000_000_000
# HAProxy closes idle upstream connections from a quarter of its descriptors on, so a low limit
# would switch off the reuse that we want to compare with.
HAPROXY_CONNECTIONS = 2000


def fetch(port, path="/"):
    """Status and body of one GET on a connection of its own; status 0 when there is no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def nginx_preamble(folder):
    """What makes an nginx keep to its folder, whoever starts it."""
    temporary = "".join(
        f"    {kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    # A worker of an nginx started by root would drop to a user who may not read our folder.
    user = "user root;\n" if os.geteuid() == 0 else ""
    return f"""{user}daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 512; }}
http {{
    access_log off;
    default_type text/plain;
    keepalive_requests {FOREVER};
{temporary}"""


class Balancer:
    """One running balancer: `port` to send to and `pid`, the process whose CPU is measured."""

    name = ""
    setup = ""
    """What the reader of a result has to know about its configuration."""
    programs = ()
    """What Debian has to provide."""
    sets_all_headers = True

    def prepare(self):
        """Builds what has to be built; before any pinning, so that a build has every core."""

    def version(self):
        raise NotImplementedError

    def start(self, workshop, backends, core):
        """Starts it in front of the ports `backends`, waits until it serves, and pins it."""
        [self.port] = machine.free_ports(1)
        folder = workshop.subfolder(f"{self.name}-{self.port}")
        self.process = workshop.start(f"{self.name}-{self.port}", self.command(folder, backends))

        def serves():
            return self.process.ended or fetch(self.port)[0] == 200
        if not until(serves, READY_SECONDS):
            raise self.process.failure(f"does not answer 200 after {READY_SECONDS} s")
        if self.process.ended:
            raise self.process.failure("ended instead of serving")
        self.pid = self.data_plane()
        machine.pin(self.pid, core)
        self._identity = machine.identity(self.pid)

    def command(self, folder, backends):
        """Writes the configuration and returns the command line."""
        raise NotImplementedError

    def data_plane(self):
        return self.process.pid

    def only_child(self, what, matches):
        found = [pid for pid in machine.children(self.process.pid)
                 if matches(machine.command_line(pid))]
        if len(found) != 1:
            raise self.process.failure(f"has {len(found)} {what} processes instead of 1")
        return found[0]

    def check_alive(self):
        """Failure if the measured process is no longer the one that was pinned."""
        if machine.identity(self.pid) != self._identity:
            raise self.process.failure("lost its data-plane process during the measurement")


class HAProxy(Balancer):
    name = "haproxy"
    setup = "nbthread 1, http-reuse always, option forwardfor"
    programs = ("haproxy",)
    sets_all_headers = False
    extra_defaults = ""

    def version(self):
        return _first_line(["haproxy", "-v"]).removeprefix("HAProxy version ").split()[0]

    def command(self, folder, backends):
        servers = "\n".join(
            f"    server b{port} 127.0.0.1:{port} check inter 30s" for port in backends)
        path = folder / "haproxy.cfg"
        path.write_text(f"""global
    nbthread 1
    maxconn {HAPROXY_CONNECTIONS}
defaults
    mode http
    timeout connect 5s
    timeout client 50s
    timeout server 50s
    option forwardfor
    http-reuse always
{self.extra_defaults}frontend web
    bind 127.0.0.1:{self.port}
    default_backend web
backend web
    balance roundrobin
    option httpchk GET /
{servers}
""")
        return [debian.program("haproxy"), "-db", "-f", path]


class SplicingHAProxy(HAProxy):
    """HAProxy told to move bodies within the kernel, which it does not do by default."""

    name = "haproxy-splice"
    setup = f"{HAProxy.setup}, option splice-request, option splice-response"
    extra_defaults = "    option splice-request\n    option splice-response\n"


class Nginx(Balancer):
    name = "nginx"
    setup = "worker_processes 1, upstream keepalive, bodies not stored in files"
    programs = ("nginx",)

    def version(self):
        return _first_line(["nginx", "-v"]).rpartition("/")[2]

    def command(self, folder, backends):
        servers = " ".join(f"server 127.0.0.1:{port};" for port in backends)
        path = folder / "nginx.conf"
        # Bodies are streamed as the others do it; small requests are not touched by that.
        path.write_text(f"""{nginx_preamble(folder)}
    client_max_body_size 0;
    proxy_request_buffering off;
    proxy_max_temp_file_size 0;
    upstream web {{ {servers} keepalive 128; keepalive_requests {FOREVER}; }}
    server {{
        listen 127.0.0.1:{self.port};
        location / {{
            proxy_pass http://web;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Real-IP $remote_addr;
        }}
    }}
}}
""")
        return [debian.program("nginx"), "-p", folder, "-c", path, "-e", "stderr"]

    def data_plane(self):
        return self.only_child("worker", lambda line: "worker process" in " ".join(line))


class Skein(Balancer):
    name = "skein"
    setup = "workers: 1"

    def __init__(self, executable=None):
        self._given = executable
        self._executable = executable

    def prepare(self):
        if not self._given:
            self._executable = skein.build()

    def version(self):
        if self._given:
            return str(self._given)
        # Without that setting git may take the lock of the index away from somebody at work.
        commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=skein.ROOT,
                                env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                text=True, check=False)
        return commit.stdout.strip() or "unknown commit"

    def command(self, folder, backends):
        addresses = ", ".join(f'{{ address: "127.0.0.1:{port}" }}' for port in backends)
        path = folder / "skein.yaml"
        path.write_text(f"""cluster: bench
node: {{ name: bench, workers: 1, admin: {{ socket: {folder}/admin.sock }}, state: {folder}/state }}
listeners:
  - {{ name: web, bind: "127.0.0.1:{self.port}", protocol: http, pool: web }}
pools:
  - name: web
    balance: round-robin
    backends: [{addresses}]
    health: {{ protocol: http, path: /, interval: 30s }}
""")
        return [self._executable, "run", "-c", path]

    def data_plane(self):
        # The supervisor and the control process stay where the load is, as an operator who
        # counts cores would place them.
        return self.only_child("worker", lambda line: "worker" in line[1:])


def _first_line(command):
    result = subprocess.run([debian.program(command[0]), *command[1:]], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, check=False)
    return (result.stdout.splitlines() or ["unknown"])[0]


KINDS = {kind.name: kind for kind in (Skein, HAProxy, SplicingHAProxy, Nginx)}
