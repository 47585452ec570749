with open("net.py", "w") as file:
    file.write("x = " + "(" * 100_000 + ")" * 100_000)
