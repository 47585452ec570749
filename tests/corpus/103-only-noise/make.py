with open("net.py", "wb") as file:
    file.write(bytes(range(256)) * 100)
