with open("net.py", "wb") as file:
    file.write(b"# coding: none-such\nimport os\n")
