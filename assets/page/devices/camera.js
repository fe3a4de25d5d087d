// Why the camera does not start: Gradio says nothing where the browser refuses it.

import { element, find } from "../dom.js";

const FRAMED = "This frame may not use the camera: open the app in a tab of its own.";
const REFUSED = "Allow this page to use the camera in the browser's settings, then click again.";
const ABSENT = "There is no camera here: connect one, then click again.";
const TAKEN = "The camera does not start: close other programs that use it, then click again.";

export function sayWhyNoCamera() {
  const devices = navigator.mediaDevices; // none where the page is not served securely, which Gradio says
  if (!devices) return;
  const ask = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => {
    say("");
    try {
      return await ask(wanted);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      say(reason(error.name));
      return new Promise(() => {}); // never: Gradio waits for a camera, and would throw the error at nobody
    }
  };
}

/** @param {string} name of what the browser threw, see https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia */
function reason(name) {
  if (name === "NotAllowedError") return window.parent === window ? REFUSED : FRAMED;
  return name === "NotFoundError" || name === "OverconstrainedError" ? ABSENT : TAKEN;
}

/** @param {string} sentence */
function say(sentence) {
  find("#camera-refused", HTMLElement)?.remove();
  if (sentence) find("#camera", HTMLElement)?.after(element("p", { id: "camera-refused", textContent: sentence }, { role: "alert" }));
}
