"""What a stranger can send, as a program: python -m scripts.attack [URL]. Each is a row that holds or does not.

Loopback only. A row is bounded in time and in what it sends, and is broken off where the app's memory runs away.
"""
