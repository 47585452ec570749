with open("net.py", "wb") as file:
    file.write(b"import os\0\nclass Net: pass\n")
