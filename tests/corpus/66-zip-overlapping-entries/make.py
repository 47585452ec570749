import struct
import zipfile

content = bytes(1 << 20)
with zipfile.ZipFile("one.zip", "w") as archive:
    archive.writestr("weights/data/0", content)
whole = open("one.zip", "rb").read()
start = whole.index(b"PK\x01\x02")
local, entry = whole[:start], whole[start : whole.index(b"PK\x05\x06")]
directory = b"".join(entry[:46] + b"weights/data/" + b"%d" % (number % 10) for number in range(1000))
end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1000, 1000, len(directory), len(local), 0)
open("weights.pt", "wb").write(local + directory + end)
__import__("os").unlink("one.zip")
