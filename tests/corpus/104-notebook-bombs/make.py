with open("net.ipynb", "w") as file:
    file.write('{"nbformat": 4, "cells": ' + "[" * 100_000 + "]" * 100_000 + "}")
