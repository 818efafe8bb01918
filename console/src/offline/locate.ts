/** The phone's position, if it has one within a few seconds and its owner allows it. */
import type { Position } from './queue'

export function locate(): Promise<Position | null> {
  if (!('geolocation' in navigator) || !isSecureContext) return Promise.resolve(null)
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(null), 9_000)
    const answer = (position: Position | null) => {
      clearTimeout(late)
      resolve(position)
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) =>
        answer({ latitude: coords.latitude, longitude: coords.longitude, accuracy_m: coords.accuracy }),
      () => answer(null),
      { enableHighAccuracy: true, maximumAge: 10_000, timeout: 8_000 },
    )
  })
}
