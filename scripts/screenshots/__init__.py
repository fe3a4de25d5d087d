"""Pictures of every view of the page: `python -m scripts.screenshots FOLDER`. views.py: how each view comes about."""
