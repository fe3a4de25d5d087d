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
    "placeholder": "Message {name}…",
    "reply": "Reply…",
    "message": "Message",
    "send": "Send",
    "stop": "Stop",
    "queue": "Send after this answer",
    "mistakes": "{name} can make mistakes.",
    "add": "Add images",
    "upload": "Upload images",
    "url": "Paste image URL",
    "camera": "Take a photo",
    "screen": "Capture screen",
    "url_label": "Image URL",
    "url_add": "Add image",
    "photo": "Take photo",
    "photo_title": "Take a photo",
    "close": "Close",
    "camera_framed": "This frame can't use the camera. Open the app in its own tab.",
    "camera_refused": "Allow this page to use the camera in your browser's settings, then try again.",
    "camera_absent": "No camera found. Connect one, then try again.",
    "camera_taken": "The camera didn't start. Close other programs that use it, then try again.",
    "camera_insecure": "The browser gives no camera to a page without https.",
    "screen_failed": "The screen couldn't be captured.",
    "drop": "Drop images to add them",
    "images": "Images to send",
    "image": "Image {number}",
    "earlier": "Move left",
    "later": "Move right",
    "remove": "Remove",
    "remove_file": "Remove this file",
    "too_many": "You can attach up to {most} images. Remove {excess}.",
    "left_out": "You can attach up to {most} images. Not added: {excess}.",
    "files_gone": "The images of this message are gone. Add them again.",
    "folder": "Folders can't be added. Choose the images in it.",
    "upload_failed": "“{name}” couldn't be uploaded. Check your connection and try again.",
    "too_large": "“{name}” is too large. Images can have up to {limit} MB.",
    "adding": "Adding…",
    "dismiss": "Dismiss",
    "editing": "Editing an earlier message",
    "cancel_edit": "Cancel editing",
    "tools": "{count} tools",
    "tools_broken": "Custom tools have an error",
    "tools_off": "Turn off tools",
    "json": "JSON",
    "json_about": "Answers follow a JSON Schema",
    "json_off": "Turn off structured output",
    "context_off": "Send the full chat",
    "no_images": "Without earlier images",
    "last_only": "Last message only",
    "temporary": "Temporary",
    "temporary_about": "This chat is not saved",
    "temporary_off": "Turn off temporary chat",
    "took_off_tools": "Tools are off.",
    "took_off_json": "Structured output is off.",
    "took_off_context": "The full chat is sent again.",
    "undo": "Undo",
    "context": "Context used",
    "tokens": "{total} tokens",
    "used": "{total} of {limit} tokens used, {room} left for the reply",
    "part_system_prompt": "System prompt",
    "part_tools": "Tools",
    "part_history": "Earlier messages",
    "part_pictures": "Images",
    "part_text": "Message",
    "too_long": "This is too long for the model's context.",
    "may_be_too_long": "This may be too long for the model's context.",
    "almost_full": "The model's context is almost full.",
    "leave_out": "Leave out:",
    "earlier_images": "earlier images",
    "earlier_messages": "earlier messages",
    "queued": "Queued",
    "queued_held": "Not sent yet",
    "queued_images": "{count} images",
    "queued_image": "1 image",
    "queue_edit": "Edit",
    "queue_now": "Send now",
    "queue_delete": "Delete",
    "queue_deleted": "Message deleted.",
    "queue_long": "This message is too long to queue. Send it when the answer is done."
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
