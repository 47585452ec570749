with open("net.py", "wb") as file:
    file.write(b"# coding: rot13\nvzcbeg bf\n")
