"""The functions of a Python file as tools. What is not tools.py runs in the sandbox, not in the app's process."""
