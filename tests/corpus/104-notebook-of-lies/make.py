import json

cells = [
    None,
    5,
    "x",
    [],
    {},
    {"cell_type": "code"},
    {"cell_type": "code", "source": 5},
    {"cell_type": "code", "source": [None, 1]},
]
with open("net.ipynb", "w") as file:
    json.dump({"nbformat": "four", "metadata": [], "cells": cells}, file)
