"""The fields beside the conversation: presets, the tool bench, another model."""
