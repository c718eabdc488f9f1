"""A process that has imported what workers need, and forks one process a command.

It starts no threads, no CUDA and no client of a server, and proves the former before it forks: a fork of a process with
threads may deadlock. Requests come and answers go as JSON over the socket whose descriptor is its first argument:

    {"start": n, "argv": [...], "env": {...}, "cwd": ..., "log": ...}    ->  {"started": n, "pid": ...}
    {"signal": number, "to": n, "group": true}
                                                                         <-  {"ended": n, "code": ...}
    first of all                                                         <-  {"ready": true} or {"refused": reason}

When the socket closes, because the driver has ended in whatever way, every group of processes is killed.
"""

import atexit
import gc
import json
import os
import runpy
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from importlib import import_module
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NoReturn

from bias_exp import lifeline
from bias_exp.matrix.executors.slots import signal_group

Message = dict[str, Any]


def unfit() -> str | None:
    """Why this process must not fork; None when it may."""
    tasks = Path("/proc/self/task")
    if not tasks.is_dir():
        return "threads cannot be counted without /proc"
    others = [(task / "comm").read_text().strip() for task in tasks.iterdir() if task.name != str(os.getpid())]
    if others:
        return f"the imports started threads ({', '.join(sorted(others))})"
    torch = sys.modules.get("torch")
    return "the imports initialised CUDA" if torch is not None and torch.cuda.is_initialized() else None


def send(link: "Connection[Any, Any]", message: Message) -> None:
    """Send one message."""
    link.send_bytes(json.dumps(message).encode())


def received(link: "Connection[Any, Any]") -> Iterator[Message]:
    """The messages that are there now.

    Raises:
        EOFError: the other side has gone.
    """
    while link.poll():
        try:
            content = link.recv_bytes()
        except OSError as error:  # a reset connection is as closed as any
            raise EOFError from error
        yield json.loads(content)


class Server:
    """The children of this process by their pid, and the numbers by which the driver knows them."""

    def __init__(self, link: "Connection[Any, Any]") -> None:
        self._link = link
        self._children: dict[int, int] = {}
        self._woken, self._waker = socket.socketpair()
        for end in (self._woken, self._waker):
            end.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def serve(self) -> Message | None:
        """Fork and reap until the driver is gone: then None. In a forked child, the request that it is to fulfil."""
        try:
            while True:
                wait([self._link, self._woken])
                self._reap()
                for message in received(self._link):
                    if "signal" in message:
                        self._signal(message)
                    elif self._fork(message) == 0:
                        return message
        except (EOFError, BrokenPipeError):
            for pid in self._children:
                signal_group(pid, signal.SIGKILL)
            return None

    def _reap(self) -> None:
        while self._woken in wait([self._woken], 0):
            self._woken.recv(4096)
        for pid in list(self._children):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                signal_group(pid, signal.SIGKILL)
                send(self._link, {"ended": self._children.pop(pid), "code": os.waitstatus_to_exitcode(status)})

    def _signal(self, message: Message) -> None:
        for pid, number in self._children.items():
            if number == message["to"]:
                if message["group"]:
                    signal_group(pid, message["signal"])
                else:
                    os.kill(pid, message["signal"])

    def _fork(self, message: Message) -> int:
        """Fork with all signals blocked, so that none meets a child that still has our handlers."""
        parent = os.getpid()
        led, leads = os.pipe()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        pid = os.fork()
        if pid == 0:
            os.setsid()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for end in (self._link, self._woken, self._waker):
                end.close()
            lifeline.hold_to(parent)
        os.close(leads)
        if pid:
            os.read(led, 1)  # returns when the child leads its group: from here on the group can be signalled
            self._children[pid] = message["start"]
            send(self._link, {"started": message["start"], "pid": pid})
        os.close(led)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return pid


def become(request: Message) -> NoReturn:
    """In a forked child: be the command that was asked for, with its folder, environment, input and output.

    A `python -m ...` of this interpreter runs here, with what is imported already; any other command, and one with
    other settings of the interpreter, is executed in this process's place.
    """
    atexit._clear()  # what the imports left to do at exit is the server's to do
    ours = _interpreter(os.environ)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    log = os.open(request["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, number in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, number)
    for descriptor in (nothing, log):
        os.close(descriptor)
    argv = request["argv"]
    if argv[:2] == [sys.executable, "-m"] and _interpreter(request["env"]) == ours:
        sys.argv = argv[2:]
        os._exit(_exit_code(argv[2]))
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and what is executed would too
        signal.signal(number, signal.SIG_DFL)
    os.execve(argv[0], argv, request["env"])  # noqa: S606 - the command is our own


def _exit_code(module: str) -> int:
    """Run a module as the program, and what it left to do at exit. Returns the exit code that Python would give.

    The interpreter itself is not torn down, as in `multiprocessing`: that takes long with so much imported.
    """
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code: Any = 0
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001 - as the interpreter does with what nobody caught
        traceback.print_exc()
        code = 1
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)  # noqa: T201 - as `sys.exit(text)` does
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return (code or 0) & 0xFF


def _interpreter(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith("PYTHON")}


def main() -> None:
    """Import the modules that the arguments name after the descriptor, and serve."""
    lifeline.hold()
    link: Connection[Any, Any] = Connection(int(sys.argv[1]))
    os.set_inheritable(link.fileno(), False)
    for name in sys.argv[2:]:
        import_module(name)
    reason = unfit()
    if reason is not None:
        send(link, {"refused": reason})
        return
    lifeline.let_go()  # from here on the driver's end is seen on the socket, and takes the children's groups along
    gc.collect()
    gc.freeze()
    server = Server(link)
    send(link, {"ready": True})
    request = server.serve()
    if request is not None:
        become(request)
    os._exit(0)  # nothing is left to do, and tearing all that down takes longer


if __name__ == "__main__":
    main()
