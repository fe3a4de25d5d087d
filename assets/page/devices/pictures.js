// A picture of what a stream shows at a moment.

const PATIENCE = 10_000; // milliseconds for the first frame

/**
 * @param {HTMLVideoElement} video that plays
 * @param {string} name of the file
 * @returns {Promise<File | null>}
 */
export async function frameOf(video, name) {
  if (!(await hasFrame(video))) return null;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  const blob = await new Promise((/** @type {(blob: Blob | null) => void} */ done) => canvas.toBlob(done, "image/png"));
  return blob && new File([blob], name, { type: "image/png" });
}

/**
 * Whether it shows something, once it does or is out of patience.
 * @param {HTMLVideoElement} video
 */
export async function hasFrame(video) {
  const isThere = () => video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth > 0;
  if (!isThere())
    await new Promise((done) => {
      video.addEventListener("loadeddata", done, { once: true });
      setTimeout(done, PATIENCE);
    });
  return isThere();
}

/** @param {MediaStream | null} stream */
export const end = (stream) => stream?.getTracks().forEach((track) => track.stop());
