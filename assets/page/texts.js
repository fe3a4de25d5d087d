// All that the page says, in one place: a translation is another file like this one. The server reads it too
// (ui/texts.py), so that what follows is JSON; what stands in braces is filled in.

export default {
  "header": {
    "about": "Chat with text, images and tools.",
    "skip": "To the message box",
    "chats": "Chats",
    "model": "Change model",
    "temporary": "Temporary chat",
    "share": "Share and export",
    "link": "Copy link to this question",
    "json": "Export this chat (.json)",
    "openai": "Export in OpenAI format (.json)",
    "markdown": "Export as Markdown",
    "settings": "Settings",
    "new": "New chat",
    "logout": "Log out",
    "close": "Close",
    "copied": "Link copied"
  },
  "chats": {
    "name": "Chats",
    "new": "New chat",
    "search": "Search chats",
    "none": "Your chats will appear here.",
    "unmatched": "No chats match “{wanted}”.",
    "loading": "Loading your chats…",
    "today": "Today",
    "yesterday": "Yesterday",
    "week": "Last 7 days",
    "unsaved": "not saved",
    "more": "Options for {title}",
    "rename": "Rename",
    "title": "New title",
    "export": "Export",
    "delete": "Delete",
    "sure": "Delete “{title}”? This can't be undone.",
    "cancel": "Cancel",
    "rest": "Show more ({count})",
    "imports": "Import",
    "exports": "Export all",
    "shortcuts": "Shortcuts"
  },
  "dialogs": {
    "shortcuts": "Keyboard shortcuts",
    "model-dialog": "Model",
    "url-dialog": "Add an image by URL",
    "camera-dialog": "Take a photo"
  },
  "keys": {
    "send": "Send",
    "line": "New line",
    "leave": "Stop, or close what is open",
    "edit": "Edit your last message, in an empty box",
    "new": "New chat",
    "again": "Regenerate",
    "write": "Focus the message box",
    "show": "Show these shortcuts"
  },
  "link": {
    "sets": "This link sets {changes}.",
    "prompt": "a system prompt",
    "temperature": "temperature {value}",
    "top_p": "top-p {value}",
    "max_tokens": "a limit of {value} tokens",
    "seed": "seed {value}",
    "top_k": "top-k {value}",
    "min_p": "min-p {value}",
    "repetition_penalty": "a repetition penalty of {value}",
    "and": "{first} and {last}",
    "review": "Review",
    "reset": "Reset"
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
