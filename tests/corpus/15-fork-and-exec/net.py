import multiprocessing
import subprocess

from prelude import *

SIGCHLD = 17
TRUE = "/bin/true"


def clone3():
    arguments = struct.pack("=8Q", 0, 0, 0, 0, SIGCHLD, 0, 0, 0)
    return end_child(syscall(435, arguments, len(arguments)))


def exec_in_place():
    # With a program that does not exist, a filter that lets the call through answers ENOENT.
    try:
        os.execv("/nowhere/corpus", ["corpus"])
    except FileNotFoundError:
        return "execve was answered"


def system():
    return require(os.system("true") == 0)


def multiprocess():
    process = multiprocessing.get_context("fork").Process(target=print)
    process.start()
    process.join()
    return process.pid


class Net(Attack):
    def attack(self):
        attempt("fork", lambda: end_child(os.fork()))
        attempt("forkpty", lambda: end_child(os.forkpty()[0]))
        attempt("fork of the C library", lambda: end_child(checked(libc.fork())))
        attempt("clone", lambda: end_child(syscall("clone", SIGCHLD, 0, 0, 0, 0)))
        attempt("clone that is not traced", lambda: end_child(syscall("clone", SIGCHLD | 0x00800000, 0, 0, 0, 0)))
        attempt("clone3", clone3)
        attempt("subprocess", lambda: subprocess.run(["true"], check=True))
        attempt("subprocess by spawn", lambda: os.waitpid(os.posix_spawn(TRUE, ["true"], {}), 0))
        attempt("os.spawn", lambda: require(os.spawnv(os.P_WAIT, TRUE, ["true"]) == 0))
        attempt("os.system", system)
        attempt("popen", lambda: require(os.popen("echo hello").read()))
        attempt("execve", exec_in_place)
        attempt("execveat", lambda: require(exec_handle()))
        attempt("multiprocessing", multiprocess)


def exec_handle():
    try:
        syscall("execveat", -100, b"/nowhere/corpus", 0, 0, 0)
    except FileNotFoundError:
        return "execveat was answered"
