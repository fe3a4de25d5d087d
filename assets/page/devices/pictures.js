// A picture of what a stream shows at a moment.

const PATIENCE = 10_000; // milliseconds for the first frame

/**
 * @param {HTMLVideoElement} video that plays
 * @param {string} name of the file
 * @returns {Promise<File | null>}
 */
export async function frameOf(video, name) {
  await hasFrame(video);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  if (!canvas.width) return null;
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  const blob = await new Promise((/** @type {(blob: Blob | null) => void} */ done) => canvas.toBlob(done, "image/png"));
  return blob && new File([blob], name, { type: "image/png" });
}

/** @param {HTMLVideoElement} video */
function hasFrame(video) {
  if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth) return Promise.resolve();
  return new Promise((done) => {
    video.addEventListener("loadeddata", done, { once: true });
    setTimeout(done, PATIENCE);
  });
}

/** @param {MediaStream | null} stream */
export const end = (stream) => stream?.getTracks().forEach((track) => track.stop());
