"""Chat -> token ids. Owns mistral-common; knows no torch."""
