with open("model.onnx", "w") as file:
    file.write("print('ESCAPED a program under another name')\n")
