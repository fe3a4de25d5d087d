"""The demo model: synthetic data, training and evaluation."""
