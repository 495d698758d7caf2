"""The sandbox: what it lets a program do, and one test for each attack."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from generation import sandbox
from generation.sandbox import Limits, _run
from generation.sandbox.command import commands
from generation.sandbox.exchange import resident
from generation.sandbox.inner import prepared
from tests.generation.sandboxed import REASON, gone, processes_with

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.sandbox, pytest.mark.skipif(bool(REASON), reason=REASON)]

# What a program prints of an attempt: "done" or the error's name.
ATTEMPT = """
def attempt(what):
    try:
        what()
    except BaseException as error:
        print(type(error).__name__)
    else:
        print("done")
"""


def outcome(program, stdin=b"", **limits):
    result = sandbox.run(ATTEMPT + program, stdin, Limits(**{"wall": 60, **limits}))
    assert (result.ended, result.code) == ("exit", 0), result
    return result.stdout.decode().split()


def test_a_program_reads_its_input_and_gives_output_and_exit_code():
    result = sandbox.run("import sys; print(sys.stdin.read()[::-1]); sys.exit(3)", b"olleh")
    assert result == ("exit", 3, b"hello\n", b"")


def test_what_a_program_writes_can_be_watched_and_ended():
    seen = []

    def watch(piece):
        seen.append(piece)
        return len(b"".join(seen)) < 1000

    program = "while True: print('x' * 99, flush=True)"
    result = sandbox.run(program, limits=Limits(output=2**30), watch=watch)
    assert result.ended == "stopped"
    assert len(b"".join(seen)) >= 1000


def test_a_large_input_arrives_whole():
    data = os.urandom(5_000_000)
    program = "import sys, zlib; print(zlib.crc32(sys.stdin.buffer.read()))"
    assert int(sandbox.run(program, data).stdout) == __import__("zlib").crc32(data)


def test_modules_can_be_imported_by_their_names():
    result = sandbox.run("from a.b import c; print(c)", modules={"a.b": "c = 7"})
    assert result.stdout == b"7\n"


def test_numpy_is_there():
    program = "import numpy; print(numpy.arange(4).sum())"
    assert sandbox.run(program, limits=Limits(wall=60, cpu=60)).stdout == b"6\n"


def test_every_way_to_start_that_works_keeps_files_and_network_away():
    program = "import os, socket; print(os.path.exists('/etc/passwd'), socket.if_nameindex())"
    results = [_run(how, program, b"", Limits(wall=60), {}, None) for how in commands()]
    printed = {result.stdout for result in results if result.code == 0}
    assert printed == {b"False [(1, 'lo')]\n"}


# Network.


def test_no_connection_to_the_machine_itself_is_possible():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        program = f"""
import socket
attempt(lambda: socket.create_connection(("127.0.0.1", {port}), 2))
attempt(lambda: socket.create_connection(("{socket.gethostbyname("localhost")}", {port}), 2))
"""
        assert outcome(program) == ["ConnectionRefusedError", "ConnectionRefusedError"]


def test_no_connection_to_the_internet_is_possible():
    program = """
import socket
attempt(lambda: socket.create_connection(("1.1.1.1", 80), 2))
attempt(lambda: socket.create_connection(("2606:4700:4700::1111", 80), 2))
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
attempt(lambda: udp.sendto(b"x", ("8.8.8.8", 53)))
attempt(lambda: socket.getaddrinfo("example.org", 80))
"""
    assert outcome(program) == ["OSError", "OSError", "OSError", "gaierror"]


def test_abstract_sockets_of_the_machine_are_not_reached():
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0passband-test")
        server.listen()
        program = """
import socket
attempt(lambda: socket.socket(socket.AF_UNIX).connect("\\0passband-test"))
"""
        assert outcome(program) == ["ConnectionRefusedError"]


# Processes, memory, time, output.


def test_a_fork_bomb_is_stopped_also_when_root_starts_it():
    program = """
import os, time
count = 0
try:
    while count < 2000:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        count += 1
except OSError:
    print(count)
"""
    assert 1 <= int(sandbox.run(program, limits=Limits(wall=60)).stdout) < 64


def test_a_fork_bomb_that_never_ends_is_killed_at_the_limit():
    program = """
import os
mark = "passband-fork-bomb"
while True:
    try:
        os.fork()
    except OSError:
        pass
"""
    assert sandbox.run(program, limits=Limits(wall=2)).ended == "wall"
    assert gone("passband-fork-bomb")


def test_threads_are_limited_as_processes_are():
    program = """
import threading, time
def start():
    for _ in range(1000):
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
attempt(start)
import os, sys
sys.stdout.flush()
os._exit(0)
"""
    assert outcome(program) == ["RuntimeError"]


def test_a_process_gets_no_more_memory_than_the_limit():
    program = "attempt(lambda: bytearray(600 * 2**20))\nattempt(lambda: bytearray(100 * 2**20))"
    assert outcome(program, memory=512 * 2**20) == ["MemoryError", "done"]


def test_many_processes_get_no_more_memory_than_the_limit_together():
    program = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        block = bytearray(b"x") * (100 * 2**20)
        time.sleep(60)
        os._exit(0)
time.sleep(60)
"""
    result = sandbox.run(program, limits=Limits(wall=60, memory=300 * 2**20))
    assert result.ended == "memory"


def test_processor_time_is_limited():
    result = sandbox.run("while True: pass", limits=Limits(cpu=1, wall=60))
    assert (result.ended, result.code) == ("exit", 128 + signal.SIGKILL)


def test_wall_time_is_limited():
    started = time.monotonic()
    result = sandbox.run("import time; time.sleep(60)", limits=Limits(wall=1))
    assert result.ended == "wall"
    assert time.monotonic() - started < 20


def test_silence_is_limited():
    program = "import time; print(1, flush=True); time.sleep(60)"
    assert sandbox.run(program, limits=Limits(wall=60, idle=1)).ended == "idle"


def test_closing_all_output_does_not_evade_the_wall():
    program = "import os, time\nfor fd in range(3): os.close(fd)\ntime.sleep(60)"
    assert sandbox.run(program, limits=Limits(wall=1)).ended == "wall"


def test_endless_output_is_cut_while_it_is_read():
    program = "while True: print('x' * 1000)"
    result = sandbox.run(program, limits=Limits(wall=60, cpu=60, output=50_000))
    assert result.ended == "output"
    assert len(result.stdout) <= 50_000


def test_endless_output_to_standard_error_is_not_kept():
    program = "import sys\nfor _ in range(2000): sys.stderr.write('x' * 1000)"
    result = sandbox.run(program, limits=Limits(wall=60))
    assert (result.ended, len(result.stderr)) == ("exit", 4096)


def test_limits_cannot_be_raised():
    program = """
import resource
for name in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE):
    attempt(lambda: resource.setrlimit(name, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)))
"""
    assert outcome(program) == ["ValueError"] * 4


# Files and the environment.


def test_files_of_the_user_and_the_project_cannot_be_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    paths = [
        secret,
        ROOT / "pyproject.toml",
        Path.home(),
        ROOT,
        Path("/etc/passwd"),
        "/root",
        "/proc",
    ]
    program = "import os\n" + "".join(f"attempt(lambda: os.stat({str(p)!r}))\n" for p in paths)
    assert outcome(program) == ["FileNotFoundError"] * len(paths)


def test_the_home_is_empty():
    assert outcome("import os; print(len(os.listdir(os.path.expanduser('~'))))") == ["0"]


def test_the_user_s_environment_is_not_there(monkeypatch):
    monkeypatch.setenv("PASSBAND_SECRET", "secret")
    program = "import os, sys; print('PASSBAND_SECRET' in os.environ, os.getcwd(), sys.argv)"
    assert outcome(program) == ["False", "/tmp", "['-c']"]


def test_open_files_of_the_parent_are_not_inherited(tmp_path):
    (tmp_path / "open").write_text("secret")
    with (tmp_path / "open").open() as file:
        os.set_inheritable(file.fileno(), True)
        program = f"import os\nattempt(lambda: os.read({file.fileno() + 100}, 9))\n" + "".join(
            f"attempt(lambda: os.read({number}, 9))\n" for number in range(3, 20)
        )
        assert set(outcome(program)) == {"OSError"}


@pytest.mark.parametrize(
    "path", ["/x", "/usr/x", "/dev/x", "/dev/shm/x", "/etc/x", "/python/x", "/packages/x", "/bin/x"]
)
def test_nothing_outside_the_scratch_folder_can_be_written(path):
    (ended,) = outcome(f"attempt(lambda: open({path!r}, 'w'))")
    assert ended in ("OSError", "PermissionError", "FileNotFoundError")


def test_nothing_can_be_mounted_again_for_writing():
    program = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print(libc.mount(None, b"/usr", None, 32 | 4096, None))
print(libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None))
"""
    assert outcome(program) == ["-1", "-1"]


def test_a_program_is_not_root_and_cannot_become_it():
    program = """
import os
print(os.getuid() == 0 and os.geteuid() == 0 and HAS_ROOT)
attempt(lambda: os.setuid(0))
"""
    first, second = outcome(program.replace("HAS_ROOT", str(os.getuid() == 0)))
    assert first == "False"
    assert second == "PermissionError" or os.getuid() != 0


def test_a_large_file_cannot_be_written():
    program = """
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def fill():
    with open("/tmp/x", "wb") as file:
        file.write(bytes(2**21))
attempt(fill)
"""
    assert outcome(program, file=2**20) == ["OSError"]


def test_many_files_cannot_fill_the_disk():
    program = """
def fill():
    for number in range(100):
        with open(f"/tmp/{number}", "wb") as file:
            file.write(bytes(2**20))
attempt(fill)
"""
    assert outcome(program) == ["OSError"]


def test_nothing_is_left_for_the_next_program():
    attempt_to_write = "open('/tmp/left', 'w').write('x')"
    sandbox.run(attempt_to_write)
    assert outcome("import os; print(os.path.exists('/tmp/left'))") == ["False"]


# Other processes.


def test_the_parent_and_other_processes_cannot_be_signalled():
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as other:
        numbers = [os.getpid(), other.pid, os.getppid()]
        program = "import os\n" + "".join(
            f"attempt(lambda: os.kill({number}, 9))\n" for number in numbers
        )
        result = sandbox.run(ATTEMPT + program)
        assert set(result.stdout.decode().split()) <= {"ProcessLookupError", "PermissionError"}
        assert other.poll() is None
        other.kill()


def test_killing_everything_kills_only_the_sandbox():
    result = sandbox.run("import os; os.kill(-1, 9)", limits=Limits(wall=20))
    assert result.ended == "exit"
    assert sandbox.run("print(1)").stdout == b"1\n"


DAEMON = """
import os, sys, time
mark = "MARK"
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in range(3):
            os.close(fd)
        time.sleep(600)
    os._exit(0)
"""


def test_a_daemon_does_not_outlive_its_program():
    result = sandbox.run(DAEMON.replace("MARK", "passband-daemon-one"))
    assert (result.ended, result.code) == ("exit", 0)
    assert gone("passband-daemon-one")


def test_a_daemon_does_not_outlive_the_limit():
    program = DAEMON.replace("MARK", "passband-daemon-two") + "\ntime.sleep(600)"
    assert sandbox.run(program, limits=Limits(wall=1)).ended == "wall"
    assert gone("passband-daemon-two")


def test_a_program_that_ignores_signals_does_not_survive():
    program = """
import signal, time
mark = "passband-ignores"
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    time.sleep(1)
"""
    assert sandbox.run(program, limits=Limits(wall=1)).ended == "wall"
    assert gone("passband-ignores")


def test_a_sandbox_ends_with_the_process_that_started_it():
    code = (
        "from generation import sandbox; from generation.sandbox import Limits; "
        "sandbox.run('mark = \"passband-orphan\"; import time; time.sleep(600)', "
        "limits=Limits(wall=600))"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as parent:
        end = time.monotonic() + 30
        while len(processes_with("passband-orphan")) < 4 and time.monotonic() < end:
            time.sleep(0.05)
        assert len(processes_with("passband-orphan")) >= 3
        parent.kill()
    assert gone("passband-orphan")


def test_memory_of_a_process_counts_its_children():
    hold = "block = bytearray(b'x') * 10**8; print(flush=True); input()"
    start = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", start], **pipes) as process:
        process.stdout.readline()
        assert resident(process.pid) > 10**8
        process.communicate(b"\n")


# Where it cannot start.


def test_without_bubblewrap_the_refusal_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ValueError, match=r"not installed: install it with `apt-get install bubble"):
        commands()


def test_a_sandbox_that_cannot_start_is_refused_and_nothing_is_run(tmp_path):
    """A bwrap that is forbidden to make namespaces, as in Docker: it says so and exits."""
    fake = tmp_path / "bwrap"
    fake.write_text(
        "#!/bin/sh\necho 'bwrap: No permissions to create a new namespace' >&2; exit 1\n"
    )
    fake.chmod(0o755)
    code = "from generation import sandbox; sandbox.run('print(\"ran\")')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ran" not in done.stdout
    message = done.stderr.strip().splitlines()[-1]
    assert re.search(r"ValueError: .*No permissions to create a new namespace.*: ", message)
    assert "allow user namespaces" in message or "in Docker" in message


def test_a_sandbox_that_does_not_isolate_is_refused(tmp_path):
    """A bwrap that runs the program as it is: it starts, and the probe finds it out."""
    fake = tmp_path / "bwrap"
    fake.write_text(
        '#!/bin/sh\nPATH=/usr/bin:/usr/local/bin\nfor last; do :; done\nexec python3 -c "$last"\n'
    )
    fake.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", "from generation import sandbox; sandbox.ready()"],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "cannot start one here (its program " in done.stderr
    assert "reads the user's files" in done.stderr


def test_sandboxes_can_run_at_the_same_time():
    results = []
    program = "import os, time; time.sleep(0.3); print(os.fork() >= 0)"
    threads = [
        threading.Thread(
            target=lambda: results.append(sandbox.run(program, limits=Limits(wall=60)))
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [b"True" in result.stdout for result in results] == [True] * 4


def test_the_source_that_is_run_may_hold_any_characters():
    program = 'print(repr(\'{{x}} \\\\ """ \\u20ac\'))'
    assert "ARGUMENTS" in prepared(program, {}, Limits(), None)
    assert sandbox.run(program).stdout.decode() == repr('{{x}} \\ """ \u20ac') + "\n"
