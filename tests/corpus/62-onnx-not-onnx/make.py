with open("model.onnx", "wb") as file:
    file.write(b"\x08\x07\x12\xff\xff\xff\xff\x0f" + b"x" * 1000)
