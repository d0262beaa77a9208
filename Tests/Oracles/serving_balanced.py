"""Three services behind HAProxy, one of which is killed and another drained while clients ask.

    serving_balanced.py DPU HAPROXY CONFIGURATION TLS-CONFIGURATION MODEL FOLDER

Prints what came of it as JSON: of the phases "steady", "killed" and "drained" the number of requests, of first tries that
failed and of second ones; which boards answered; and whether TLS with a token came through.
"""

import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

dpu, haproxy, configuration, tls_configuration, model, folder = sys.argv[1:7]
name = "sample"
token = "0123456789abcdef0123"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"in vain for {what}")
        time.sleep(0.05)


def status(port, path):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0


class Service:
    def __init__(self, number, *listening, options=()):
        self.words = os.path.join(folder, f"service-{number}")
        with open(self.words, "w") as words:
            self.process = subprocess.Popen(
                [dpu, "serve", os.path.join(folder, "models"), "--device", "software", "--drain", "3", *options]
                + [part for address in listening for part in ("-l", address)],
                stdout=subprocess.DEVNULL, stderr=words)


class Clients:
    """Clients that ask one after the other, each a second time where the first try fails."""

    def __init__(self, port, count):
        self.port = port
        self.lock = threading.Lock()
        self.is_running = True
        self.phase = "steady"
        self.counts = {phase: {"requests": 0, "first": 0, "second": 0} for phase in ("steady", "killed", "drained")}
        self.reasons = []
        self.threads = [threading.Thread(target=self.ask_on) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def ask(self, connection):
        try:
            connection.request("POST", f"/v2/models/{name}/infer", body, {"Inference-Header-Content-Length": "0"})
            answer = connection.getresponse()
            content = answer.read()
            if answer.status == 200 and expected_tail in content:
                return True
            self.reasons.append(f"{self.phase}: {answer.status} {content[:80]!r}")
        except (OSError, http.client.HTTPException) as error:
            self.reasons.append(f"{self.phase}: {error!r}")
            connection.close()
        return False

    def ask_on(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        while self.is_running:
            first = self.ask(connection)
            second = first or self.ask(connection)
            with self.lock:
                # A request that was begun before a phase and failed in it is the phase's.
                counts = self.counts[self.phase]
                counts["requests"] += 1
                counts["first"] += not first
                counts["second"] += not second
            time.sleep(0.005)

    def stop(self):
        self.is_running = False
        for thread in self.threads:
            thread.join()


version = os.path.join(folder, "models", name, "1")
os.makedirs(version)
os.symlink(os.path.abspath(model), os.path.join(version, "model.xmodel"))
ports = [free_port() for _ in range(3)]
services = [Service(number, f"127.0.0.1:{port}") for number, port in enumerate(ports)]
for service, port in zip(services, ports):
    wait_for(lambda: status(port, "/v2/health/ready") == 200, f"service at {port}")

# The answer that every board has to give, from one of them.
connection = http.client.HTTPConnection("127.0.0.1", ports[0], timeout=20)
connection.request("GET", f"/v2/models/{name}")
shape = json.loads(connection.getresponse().read())["inputs"][0]["shape"]
length = 1
for size in shape:
    length *= abs(size)
body = bytes(i * 7 % 251 for i in range(length))
connection.request("POST", f"/v2/models/{name}/infer", body, {"Inference-Header-Content-Length": "0"})
answer = connection.getresponse()
header = int(answer.headers["Inference-Header-Content-Length"])
expected_tail = answer.read()[header:]
assert answer.status == 200 and expected_tail, answer.status

# The example as it stands, but for its addresses.
front = free_port()
text = open(configuration).read().replace("127.0.0.1:8080", f"127.0.0.1:{front}")
for number, port in enumerate(ports):
    assert f"192.0.2.1{number + 1}:8000" in text
    text = text.replace(f"192.0.2.1{number + 1}:8000", f"127.0.0.1:{port}")
statistics = os.path.join(folder, "haproxy.sock")
text = text.replace("global\n", f"global\n    stats socket {statistics}\n")
path = os.path.join(folder, "haproxy.cfg")
open(path, "w").write(text)
balancer = subprocess.Popen([haproxy, "-q", "-db", "-f", path], stderr=subprocess.DEVNULL)


def answered():
    """How many requests each board answered with 2xx, as HAProxy counts them."""
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(statistics)
        link.sendall(b"show stat\n")
        text = b"".join(iter(lambda: link.recv(65536), b"")).decode()
    rows = [line.split(",") for line in text.lstrip("# ").splitlines() if line]
    place = rows[0].index("hrsp_2xx")
    return {row[1]: int(row[place] or 0) for row in rows[1:] if row[0] == "boards" and row[1].startswith("board")}


try:
    wait_for(lambda: status(front, "/v2/health/ready") == 200, "HAProxy")
    time.sleep(1.5)
    clients = Clients(front, 6)
    time.sleep(1.5)
    clients.phase = "killed"
    services[0].process.send_signal(signal.SIGKILL)
    time.sleep(2)
    before = answered()
    clients.phase = "drained"
    services[1].process.send_signal(signal.SIGTERM)
    code = services[1].process.wait(timeout=60)
    time.sleep(1)
    clients.stop()
    boards = answered()
finally:
    balancer.kill()
    balancer.wait()
    for service in services[:1] + services[2:]:
        service.process.terminate()
        service.process.wait()

# TLS, with a certificate of our own.
pem = os.path.join(folder, "dpu.pem")
subprocess.run(
    ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
     "-subj", "/CN=board.test", "-addext", "subjectAltName=DNS:board.test", "-keyout", pem + ".key", "-out", pem + ".crt"],
    check=True, stderr=subprocess.DEVNULL)
open(pem, "w").write(open(pem + ".crt").read() + open(pem + ".key").read())
tokens = os.path.join(folder, "tokens")
open(tokens, "w").write(token + "\n")
os.chmod(tokens, 0o600)
unix = os.path.join(folder, "dpu.sock")
secured = Service("tls", f"unix:{unix}", options=("--token-file", tokens))
front = free_port()
text = open(tls_configuration).read()
for old, new in [("0.0.0.0:8443", f"127.0.0.1:{front}"), ("/etc/haproxy/dpu.pem", pem), ("/run/dpu/dpu.sock", unix)]:
    assert old in text
    text = text.replace(old, new)
open(path, "w").write(text)
wait_for(lambda: os.path.exists(unix), "the Unix socket")
balancer = subprocess.Popen([haproxy, "-q", "-db", "-f", path], stderr=subprocess.DEVNULL)


def ask_by_tls(headers):
    context = ssl.create_default_context(cafile=pem + ".crt")
    link = socket.create_connection(("127.0.0.1", front), timeout=20)
    with context.wrap_socket(link, server_hostname="board.test") as secure:
        lines = [f"POST /v2/models/{name}/infer HTTP/1.1", "Host: board.test", "Connection: close",
                 "Inference-Header-Content-Length: 0", f"Content-Length: {len(body)}", *headers]
        secure.sendall("\r\n".join(lines + ["", ""]).encode() + body)
        answer = b"".join(iter(lambda: secure.recv(65536), b""))
    return int(re.match(rb"HTTP/1\.1 (\d+)", answer).group(1)), expected_tail in answer


try:
    def is_up():
        try:
            return ask_by_tls([f"Authorization: Bearer {token}"])[0] == 200
        except OSError:
            return False
    wait_for(is_up, "TLS")
    with_token = ask_by_tls([f"Authorization: Bearer {token}"])
    without_token = ask_by_tls([])
finally:
    balancer.kill()
    balancer.wait()
    secured.process.terminate()
    secured.process.wait()

print(json.dumps({
    "phases": clients.counts, "reasons": clients.reasons[:20], "boards": boards, "drainingCode": code,
    "answeredBySecond": boards["board2"] - before["board2"], "tls": with_token[0], "tlsAnswers": with_token[1],
    "tlsWithoutToken": without_token[0],
}))
