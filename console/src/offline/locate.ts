/** The phone's position, if it has one within a few seconds and its owner allows it. */
import type { Position } from './queue'

export interface Located {
  position: Position
  /** How old it was when it was asked for, seconds. */
  position_age_s: number
}

export function locate(): Promise<Located | null> {
  if (!('geolocation' in navigator) || !isSecureContext) return Promise.resolve(null)
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(null), 9_000)
    const answer = (found: Located | null) => {
      clearTimeout(late)
      resolve(found)
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords, timestamp }) =>
        answer({
          position: { latitude: coords.latitude, longitude: coords.longitude, accuracy_m: coords.accuracy },
          position_age_s: Math.max(0, Math.round((Date.now() - timestamp) / 100) / 10),
        }),
      () => answer(null),
      { enableHighAccuracy: true, maximumAge: 10_000, timeout: 8_000 },
    )
  })
}
