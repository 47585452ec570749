with open("net.py", "wb") as file:
    file.write(b"")
