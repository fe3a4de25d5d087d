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
    "you": "You",
    "answer": "Answer",
    "copy": "Copy",
    "edit": "Edit",
    "again": "Regenerate",
    "more": "More",
    "prompt": "View prompt",
    "compare": "Compare with…",
    "undo": "Undo last turn",
    "try_again": "Try again",
    "go_on": "Continue",
    "go_on_told": "Let the model continue this answer",
    "earlier_answer": "Previous answer",
    "later_answer": "Next answer",
    "earlier_question": "Previous version of your message",
    "later_question": "Next version of your message",
    "length": "Reached the length limit.",
    "stopped": "Stopped.",
    "time": "Reached the time limit.",
    "loop": "Stopped because the model was repeating itself.",
    "tokens": "{:,} tokens",
    "speed": "{:.0f}/s",
    "prompt_tokens": "{:,} prompt tokens",
    "of_images": "{:,} image",
    "of_cached": "{:,} cached",
    "generated": "{:,} generated",
    "first_token": "first token in {:.2f} s",
    "no_figures": "The server gave no figures.",
    "edit_answer": "Edit answer",
    "save": "Save",
    "cancel": "Cancel",
    "image": "Image {}",
    "enlarged": "Enlarged image",
    "close": "Close",
    "down": "Scroll to the latest message",
    "earlier": "Show earlier messages",
    "is_done": "Answer complete",
    "is_stopped": "Stopped",
    "needs_approval": "Approval needed for {}",
    "needs_result": "Result needed for {}",
    "done_in_title": "✓ {}"
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
