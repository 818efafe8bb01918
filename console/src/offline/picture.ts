/** A photo made small enough for a weak network; re-drawing it also leaves the camera's notes (place, device) behind. */
const LONGEST = 1_600
const QUALITY = 0.85

/** Size of a picture whose longer side is at most `longest`. */
export function fitted(width: number, height: number, longest = LONGEST): { width: number; height: number } {
  const scale = Math.min(1, longest / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

export async function asJpeg(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file)
  try {
    const { width, height } = fitted(picture.width, picture.height)
    const canvas = document.createElement('canvas')
    canvas.width = width
    canvas.height = height
    canvas.getContext('2d')?.drawImage(picture, 0, 0, width, height)
    return await new Promise<Blob>((resolve, reject) =>
      canvas.toBlob((made) => (made === null ? reject(new Error('no picture')) : resolve(made)), 'image/jpeg', QUALITY),
    )
  } finally {
    picture.close()
  }
}
