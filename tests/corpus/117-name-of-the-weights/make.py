with open("weights.pt", "w") as file:
    file.write("no weights")
