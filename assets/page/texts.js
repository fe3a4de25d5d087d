// All that the page says, in one place: a translation is another file like this one. The server reads it too
// (ui/texts.py), so that what follows is JSON; what stands in braces is filled in.

export default {
  "saving": {
    "forbidden": "This browser doesn't let this page save anything, so chats are lost when you close or reload the tab. Allow site data for this page, or export what you want to keep.",
    "full": "This browser's storage is full, so new messages aren't saved. Delete chats you no longer need, or free some disk space. Until then, export what you want to keep.",
    "newer": "This page was updated in another tab. Reload this tab: until then, new messages aren't saved.",
    "blocked": "An older version of this page is still open in another tab. Close or reload that tab: until then, chats aren't saved.",
    "unprepared": "This browser's storage for this page couldn't be prepared, so chats aren't saved. The next message tries again; to be safe, export what you want to keep.",
    "failed": "The last message couldn't be saved in this browser. The next one tries again; to be safe, export the chat.",
    "tab": "This browser doesn't let this page remember which chat a tab shows, so a reload starts a new chat. Allow site data for this page to change that.",
    "cleared": "This browser cleared the chats it had saved for this page. The open one has been saved again; earlier ones can come back only from an export.",
    "deleted": "This chat was deleted elsewhere, so new messages aren't saved. Export it, or start a new chat.",
    "unsent": "This chat couldn't be sent to the server. Check your connection, and open it again."
  },
  "transfer": {
    "none": "No chats to export yet.",
    "exporting": "Exporting {chats}…",
    "exported": "Exported {chats}.",
    "not_exported": "The chats couldn't be exported.",
    "unread": "The chats couldn't be read, so nothing was exported.",
    "importing": "Importing… {chats} so far.",
    "imported": "Imported {chats}.",
    "left_out": "Left out: {files}.",
    "missing": "Missing: {chats} that couldn't be read.",
    "parts": "Of {chats} only the newest messages could be read.",
    "images": "Missing: {images} that this browser doesn't have.",
    "unlisted": "The list couldn't be read, so others may be missing.",
    "chat": "1 chat",
    "chats": "{count} chats",
    "image": "1 image",
    "some_images": "{count} images",
    "file": "1 file that isn't a chat",
    "files": "{count} files that aren't chats",
    "no_parts": "A part of this page couldn't be loaded. Check your connection, and try again.",
    "too_many": "This zip has more than {most} files.",
    "too_large": "This zip has more than {most} MB.",
    "damaged": "This zip is damaged, so not everything in it could be read.",
    "no_zip": "This zip has no chats. Choose one that was exported here."
  },
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
