/** Codes that hang at places: read by the browser where it can, else the phone's own camera opens `/tag/…`. */

/** The token in the address on a tag; null for any other code. */
export function tagIn(text: string): string | null {
  const found = /\/tag\/([A-Za-z0-9._~-]{16,512})$/.exec(text.trim())
  return found?.[1] ?? null
}

interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>
}

type DetectorClass = new (options: { formats: string[] }) => Detector

const detectorClass = (): DetectorClass | undefined => (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector

export const canScan = (): boolean => detectorClass() !== undefined && 'mediaDevices' in navigator && isSecureContext

const LOOK_MS = 200

/** Look through the camera until a tag is seen or `signal` ends it; the camera is let go in every case. */
export async function scanTag(video: HTMLVideoElement, signal: AbortSignal): Promise<string | null> {
  const Class = detectorClass()
  if (Class === undefined) return null
  const detector = new Class({ formats: ['qr_code'] })
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
  try {
    video.srcObject = stream
    await video.play()
    while (!signal.aborted) {
      for (const one of await detector.detect(video)) {
        const token = tagIn(one.rawValue)
        if (token !== null) return token
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
    return null
  } finally {
    for (const track of stream.getTracks()) track.stop()
    video.srcObject = null
  }
}
