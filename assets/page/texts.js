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
  "tools": {
    "allow": "Allow {name} to run?",
    "was_called": "{name} was called. Enter its result.",
    "approval_needed": "Approval needed for {name}",
    "result_needed": "Result needed for {name}",
    "place": "Call {number} of {count}",
    "arguments": "Arguments",
    "no_arguments": "No arguments",
    "no_object": "Not a JSON object:",
    "not_json": "These arguments aren't valid JSON.",
    "once": "Allow once",
    "always": "Always",
    "always_hint": "Run this tool without asking for the rest of this chat",
    "deny": "Deny",
    "deny_why": "Deny with a reason",
    "reason": "Reason (optional)",
    "result": "Result",
    "error": "Error",
    "submit": "Submit result",
    "return_error": "Return an error",
    "no_result": "Enter a result, or return an error.",
    "calls": "{count} calls",
    "running": "running…",
    "waiting": "needs approval",
    "failed": "failed",
    "skipped": "skipped",
    "canned": "canned result",
    "picture": "Image made by the tool",
    "thought": "Thought",
    "thinking": "Thinking…",
    "calculator": "Calculator",
    "clock": "Clock",
    "chart": "Chart"
  },
  "panel": {
    "prompt": "Prompt"
  },
  "compare": {
    "title": "Compare two answers",
    "open": "Compare with…",
    "from_settings": "Compare two settings…",
    "about": "Send your message twice: with the current settings (A) and with others (B).",
    "current": "Current settings",
    "this_answer": "This answer",
    "same_prompt": "Leave empty to use A's",
    "prompt": "System prompt B",
    "temperature": "Temperature B",
    "top_p": "Top-p B",
    "start": "Compare",
    "again": "Change settings",
    "stop": "Stop",
    "close": "Close comparison",
    "take_a": "Continue with A",
    "take_b": "Continue with B",
    "empty": "Type a message first, then compare two answers to it.",
    "elsewhere": "These answers belong to another chat and were discarded.",
    "own_temperature": "temperature {value}",
    "own_top_p": "top-p {value}",
    "own_prompt": "own system prompt"
  },
  "inspector": {
    "title": "Prompt sent to the model",
    "view": "View prompt",
    "show_ids": "Show token IDs",
    "copy": "Copy prompt",
    "copy_json": "Copy as JSON",
    "close": "Close",
    "copied": "Copied",
    "image": "Image {number}, as the model sees it",
    "tokens": "{count} tokens",
    "temperature": "temperature {value}",
    "seed": "seed {value}",
    "left_out": "{count} tokens are not shown here. Copy prompt has them all.",
    "unknown": "The prompt for this answer wasn't saved.",
    "external": "The exact prompt isn't available when using an external server."
  },
  "model": {
    "load": "Load model"
  }
};
