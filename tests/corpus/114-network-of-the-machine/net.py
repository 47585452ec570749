from prelude import *


def lines_with(path, word):
    with open(path) as file:
        return require([line for line in file if word in line], "not there")


class Net(Attack):
    def attack(self):
        attempt("TCP connections", lambda: lines_with("/proc/self/net/tcp", f":{int('@VICTIM_TCP@'):04X} "))
        attempt("UDP sockets", lambda: lines_with("/proc/self/net/udp", f":{int('@VICTIM_UDP@'):04X} "))
        attempt("local sockets", lambda: lines_with("/proc/self/net/unix", "@VICTIM_ABSTRACT@"))
        attempt(
            "connections of a thread", lambda: lines_with("/proc/thread-self/net/tcp", f":{int('@VICTIM_TCP@'):04X} ")
        )
        attempt(
            "connections by number", lambda: lines_with(f"/proc/{os.getpid()}/net/tcp", f":{int('@VICTIM_TCP@'):04X} ")
        )
