"""What a GPU makes of the 24B architecture with random weights, in the order in which it is worth knowing.

The weights are made where they are used, and decide nothing but the words: matrices, keys and values have their true
sizes. A smaller GPU gets the largest shape that fits. `--small` runs the same rows with a tiny shape on any machine.
"""
