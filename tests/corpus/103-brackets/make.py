with open("net.py", "w") as file:
    file.write("x = " + "(" * 90_000 + ")" * 90_000)
