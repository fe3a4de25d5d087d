// All that the page says, in one place: a translation is another file like this one. The server reads it too
// (ui/texts.py), so that what follows is JSON; what stands in braces is filled in.

export default {
  "header": {
    "linkCopied": "Link copied"
  },
  "chats": {
    "none": "Your chats will appear here."
  },
  "start": {
    "title": "What can I help with?"
  },
  "composer": {
    "placeholder": "Message {name}…"
  },
  "transcript": {
    "copy": "Copy"
  },
  "answer": {
    "copy": "Copy",
    "copied": "Copied",
    "thought": "Thought",
    "copy_table": "Copy as CSV",
    "table": "Table",
    "preview": "Preview",
    "close": "Close preview",
    "image": "image",
    "done": "Done:",
    "todo": "To do:",
    "unformatted": "Shown as plain text, since it is very long.",
    "show_formatted": "Show formatted",
    "too_long": "This is too long to be formatted."
  },
  "tools": {
    "allow": "Allow {name} to run?"
  },
  "panel": {
    "prompt": "Prompt"
  },
  "compare": {
    "title": "Compare"
  },
  "inspector": {
    "title": "Prompt sent to the model"
  },
  "model": {
    "load": "Load model"
  }
};
